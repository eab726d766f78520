import { assertEquals } from "@std/assert";
import type { Frames } from "../../lib/lru.ts";
import { Peers } from "../harness/peers.ts";
import type { Program } from "../harness/program.ts";
import { type QueueProgram, startClient, startQueue, startWorker } from "../harness/programs.ts";
import { scenario } from "../harness/scenario.ts";

const NEEDS = ["programs", "ffi"] as const;
const FAULTLESS = ["--work", "0", "--no-faults"];

/** Ends a queue, and gives its last figures. */
async function lastFigures(queue: QueueProgram): Promise<Record<string, unknown>> {
  queue.kill();
  assertEquals((await queue.exit).code, 0);
  return await queue.event("ended");
}

scenario("queue answers each of 100 clients once, with 20 workers", NEEDS, async () => {
  const requests = 20;
  await using queue = await startQueue();
  await using peers = await Peers.open();
  await using programs = new AsyncDisposableStack();
  // Most are sockets of this process, the rest are programs.
  for (let count = 0; count < 18; count++) peers.echoWorker(queue.backend);
  const workers = [1, 2].map(() => programs.use(startWorker(queue.backend, FAULTLESS)));
  for (const worker of workers) await worker.event("worker ready");
  const clients: Program[] = [1, 2].map(() =>
    programs.use(startClient(queue.frontend, ["--count", `${requests}`, "--timeout", "30s"]))
  );
  await Promise.all(Array.from({ length: 98 }, async (_, number) => {
    const client = peers.req({ connect: queue.frontend });
    for (let sequence = 0; sequence < requests; sequence++) {
      client.send(`${number}`, `${sequence}`);
      assertEquals(await client.receiveText(), [`${number}`, `${sequence}`]);
    }
  }));
  for (const client of clients) {
    assertEquals((await client.exit).code, 0);
    assertEquals((await client.event("done")).retries, 0);
  }
  const { accepted, answered, redeliveries, lateReplies } = await lastFigures(queue);
  const all = 100 * requests;
  assertEquals({ accepted, answered, redeliveries, lateReplies }, {
    accepted: all,
    answered: all,
    redeliveries: 0,
    lateReplies: 0,
  });
});

scenario("queue returns a body of 64 MiB and a message of 1,000 frames unchanged", NEEDS, async () => {
  await using queue = await startQueue();
  await using peers = await Peers.open();
  await using worker = startWorker(queue.backend, FAULTLESS);
  const client = peers.req({ connect: queue.frontend });
  const large = new Uint8Array(64 * 1024 * 1024);
  for (let at = 0; at < large.length; at += 65536) crypto.getRandomValues(large.subarray(at, at + 65536));
  const many: Frames = Array.from({ length: 1000 }, (_, index) => new Uint8Array(index % 100).fill(index));
  for (const message of [[large], many]) {
    client.send(...message);
    const reply = await client.receive();
    assertEquals(await digests(reply), await digests(message));
  }
  await worker.events("job answered", 2);
});

scenario("client has 10,000 requests answered in sequence without a retry", [...NEEDS, "long run"], async () => {
  await using queue = await startQueue();
  await using worker = startWorker(queue.backend, FAULTLESS);
  await worker.event("worker ready");
  // It checks the number in each reply, and warns of each retry. With a line for each reply, some would be lost when this process
  // does not read as fast.
  await using client = startClient(queue.frontend, ["--count", "10000", "--log-level", "warning"]);
  const { code, stderr } = await client.exit;
  assertEquals([code, stderr], [0, ""]);
  const figures = await lastFigures(queue);
  assertEquals([figures.accepted, figures.answered, figures.redeliveries], [10_000, 10_000, 0]);
});

scenario("queue keeps the order of a DEALER's requests when it sends many ahead", NEEDS, async () => {
  await using queue = await startQueue();
  await using peers = await Peers.open();
  const client = peers.dealer({ connect: queue.frontend });
  const numbers = Array.from({ length: 900 }, (_, index) => `${index}`);
  for (const number of numbers) client.send("", number);
  peers.echoWorker(queue.backend);
  for (const number of numbers) assertEquals(await client.receiveText(), ["", number]);
});

/** By frame: its length and hash; comparing frames of many MiB byte by byte takes seconds. */
async function digests(frames: Frames): Promise<string[]> {
  return await Promise.all(frames.map(async (frame) => {
    const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", frame));
    return `${frame.length} ${hash.toHex()}`;
  }));
}
