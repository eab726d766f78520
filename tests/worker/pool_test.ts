import { assertEquals, assertRejects } from "@std/assert";
import { delay } from "../../lib/delay.ts";
import { IntOption } from "../../lib/zmq/constants.ts";
import { ZmqError } from "../../lib/zmq/error.ts";
import { work } from "../../worker.ts";
import { startLocalQueue, statisticsWith } from "../harness/local_queue.ts";
import { Peers } from "../harness/peers.ts";
import { ANY_PORT } from "../harness/programs.ts";
import { receiveReady } from "../harness/ready.ts";
import { scenario } from "../harness/scenario.ts";

scenario("work() does as many jobs at once as told, each as a separate worker", ["ffi"], async () => {
  await using peers = await Peers.open();
  const backend = peers.router({ bind: ANY_PORT });
  const end = new AbortController();
  const running: (() => void)[] = [];
  const working = work(async (request) => {
    await new Promise<void>((resolve) => running.push(resolve));
    return request;
  }, { connect: backend.endpoint, identity: "api", concurrency: 3, signal: end.signal });
  const identities = [await receiveReady(backend), await receiveReady(backend), await receiveReady(backend)];
  assertEquals(identities.toSorted(), ["api", "api-2", "api-3"]);
  for (const identity of identities) backend.send(identity, "", "client", "", identity);
  // The first job ends when all run.
  while (running.length < 3) await delay(1);
  for (const finish of running) finish();
  const replies = [await backend.receiveText(), await backend.receiveText(), await backend.receiveText()];
  assertEquals(replies.map((reply) => [reply[0], reply.at(-1)]).sort(), identities.map((name) => [name, name]).sort());
  end.abort();
  assertEquals(await working, 3);
});

scenario("work() serves a queue that is listed twice as two workers", ["queue thread"], async () => {
  await using queue = await startLocalQueue();
  const end = new AbortController();
  const backend = queue.backend[0]!;
  const working = work((request) => request, { connect: [backend, backend], signal: end.signal });
  await statisticsWith(queue, { idleWorkers: 2 });
  end.abort();
  assertEquals(await working, 0);
  assertEquals((await queue.statistics()).ready, 2);
});

scenario("work() does more jobs at once than libzmq has sockets for by default", ["ffi"], async () => {
  await using peers = await Peers.open();
  const backend = peers.router({ bind: ANY_PORT, options: [[IntOption.BACKLOG, 1024]] });
  const end = new AbortController();
  const working = work((request) => request, {
    connect: backend.endpoint,
    concurrency: 400,
    signal: end.signal,
  });
  for (let count = 0; count < 400; count++) await receiveReady(backend);
  end.abort();
  assertEquals(await working, 0);
});

scenario("work() ends by itself after maxJobs jobs, and answers them all", ["queue thread"], async () => {
  await using queue = await startLocalQueue();
  await using peers = await Peers.open();
  const clients = Array.from({ length: 10 }, () => peers.req({ connect: queue.frontend[0]! }));
  for (const [index, client] of clients.entries()) client.send(`${index}`);
  const options = { connect: queue.backend[0]!, concurrency: 3, maxJobs: 5 };
  assertEquals(await work((request) => request, options), 5);
  assertEquals(await work((request) => request, options), 5);
  for (const [index, client] of clients.entries()) assertEquals(await client.receiveText(), [`${index}`]);
});

scenario("work() goes on when its log throws", ["queue thread"], async () => {
  await using queue = await startLocalQueue();
  await using peers = await Peers.open();
  const end = new AbortController();
  const fails = () => {
    throw new Error("disk full");
  };
  const log = { debug: fails, info: fails, warning: fails, error: fails };
  const working = work((request, { number }) => number === 1 ? [] : request, {
    connect: queue.backend[0]!,
    signal: end.signal,
    log,
  });
  const client = peers.req({ connect: queue.frontend[0]! });
  client.send("once");
  assertEquals(await client.receiveText(), ["once"]);
  end.abort();
  assertEquals(await working, 1);
});

scenario("work() resolves at once when its signal was aborted before", ["ffi"], async () => {
  assertEquals(await work((request) => request, { signal: AbortSignal.abort() }), 0);
});

scenario("work() rejects and leaves nothing open when libzmq does not accept the identity", ["ffi"], async () => {
  const options = { connect: "tcp://127.0.0.1:1", identity: "x".repeat(256) };
  const error = await assertRejects(() => work((request) => request, options), ZmqError);
  assertEquals(error.code, "EINVAL");
});
