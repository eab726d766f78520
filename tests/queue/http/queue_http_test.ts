import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { Ajv } from "ajv";
import formats from "ajv-formats";
import schema from "../../../docs/status.schema.json" with { type: "json" };
import { type ProgramQueue, startProgramQueue } from "../../../lib/queue/queue.ts";
import type { QueueOptions } from "../../../lib/queue/config.ts";
import type { QueueStatus } from "../../../lib/queue/status/status.ts";
import { WAIT_MS } from "../../harness/deadline.ts";
import { Folder } from "../../harness/folder.ts";
import { type Peer, Peers } from "../../harness/peers.ts";
import { ANY_PORT } from "../../harness/programs.ts";
import { scenario } from "../../harness/scenario.ts";

const NEEDS = ["queue thread", "files", "network"] as const;
const ACTION = { "X-SPQ-Action": "1" };

async function startHttpQueue(options: QueueOptions = {}): Promise<ProgramQueue> {
  return await startProgramQueue({ frontend: ANY_PORT, backend: ANY_PORT, http: "127.0.0.1:0", ...options });
}

async function statusCodeOf(queue: ProgramQueue, path: string, headers: HeadersInit = {}): Promise<number> {
  const response = await fetch(`http://${queue.http[0]}${path}`, { headers });
  await response.body?.cancel();
  return response.status;
}

async function get(queue: ProgramQueue, path: string): Promise<Response> {
  return await fetch(`http://${queue.http[0]}${path}`);
}

async function statusWith(queue: ProgramQueue, isWanted: (status: QueueStatus) => boolean): Promise<QueueStatus> {
  const deadline = performance.now() + WAIT_MS;
  for (;;) {
    const status = await queue.status();
    if (isWanted(status)) return status;
    if (performance.now() > deadline) throw new Error(`Waited ${WAIT_MS} ms, there is ${JSON.stringify(status)}`);
  }
}

async function tell(queue: ProgramQueue, path: string, body: object = {}): Promise<string> {
  const response = await fetch(`http://${queue.http[0]}${path}`, {
    method: "POST",
    headers: ACTION,
    body: JSON.stringify(body),
  });
  return await response.text();
}

/** The next event of a stream, as its lines. */
async function nextEvent(reader: ReadableStreamDefaultReader<string>, rest: { text: string }): Promise<string[]> {
  while (!rest.text.includes("\n\n")) {
    const { value, done } = await reader.read();
    if (done) throw new Error("The events have ended");
    rest.text += value;
  }
  const end = rest.text.indexOf("\n\n");
  const event = rest.text.slice(0, end).split("\n");
  rest.text = rest.text.slice(end + 2);
  return event;
}

scenario("a queue's status shows what happened: replies, a lost worker, a client that left", NEEDS, async () => {
  await using queue = await startHttpQueue({ drainTimeout: 0 });
  await using peers = await Peers.open();
  const [front, back] = [queue.frontend[0]!, queue.backend[0]!];
  const worker: Peer = peers.worker(back, { identity: "echo" });
  assertEquals((await statusWith(queue, ({ workers }) => workers.idle === 1)).state, "serving");
  const client = peers.req({ connect: front, identity: "asker" });
  client.send("one");
  const [name, , body] = await worker.receiveText();
  worker.send(name!, "", body!);
  await client.receiveText();
  client.send("two");
  await worker.receiveText();
  const leaver = peers.req({ connect: front, identity: "leaver" });
  leaver.send("three");
  const busy = await statusWith(queue, ({ waiting }) => waiting.requests === 1);
  assertEquals(busy.workers.list.map(({ name, state, answered }) => [name, state, answered]), [["echo", "busy", 1]]);
  assertEquals(busy.clients.list.map(({ name, waiting }) => [name, waiting]), [["leaver", 1]]);
  assertMatch(busy.workers.list[0]!.address!, /^127\.0\.0\.1/);
  await leaver.close();
  await statusWith(queue, ({ account }) => account.clientLeft === 1);
  await worker.close();
  const last = await statusWith(queue, ({ workers }) => workers.total === 0);
  const { accepted, answered, clientLeft, waiting, inFlight } = last.account;
  assertEquals([accepted, answered, clientLeft, waiting, inFlight], [3, 1, 1, 1, 0]);
  // It is an orderly exit if it came within 50 ms of the dispatch.
  const { redeliveries, orderlyExits } = last.counters;
  assertEquals([last.state, redeliveries + orderlyExits, last.times.work.count], ["no workers", 1, 1]);
  assertEquals(last.departed.map(({ name, reason }) => [name, reason]).sort(), [
    ["echo", "left, with a job"],
    ["leaver", "left, with 1 waiting"],
  ]);
});

scenario("/status.json has the shape of docs/status.schema.json, and /metrics the same numbers", NEEDS, async () => {
  await using queue = await startHttpQueue();
  await using peers = await Peers.open();
  peers.echoWorker(queue.backend[0]!);
  const client = peers.req({ connect: queue.frontend[0]! });
  for (let n = 0; n < 5; n++) {
    client.send("x");
    await client.receiveText();
  }
  await queue.status();
  const status = await (await get(queue, "/status.json")).json();
  const ajv = new Ajv({ allErrors: true });
  formats.default(ajv);
  const validate = ajv.compile(schema);
  validate(status);
  assertEquals(validate.errors, null);
  assertEquals(status.account.answered, 5);
  assertEquals(status.settings.find(({ name }: { readonly name: string }) => name === "frontend").from, "option");
  const metrics = await (await get(queue, "/metrics")).text();
  assertEquals(metrics.includes('\nspq_requests_ended_total{how="answered"} 5\n'), true);
  const history = await (await get(queue, "/history.json")).json();
  assertEquals(history.numbers.workers.length > 0, true);
});

scenario("/events has the numbers each second, and rows where they changed", NEEDS, async () => {
  await using queue = await startHttpQueue();
  await using peers = await Peers.open();
  await queue.status();
  const response = await get(queue, "/events");
  assertEquals(response.headers.get("x-accel-buffering"), "no");
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  const rest = { text: "" };
  const [numbers, data] = await nextEvent(reader, rest);
  assertEquals([numbers, JSON.parse(data!.slice("data: ".length)).workers.list], ["event: numbers", undefined]);
  const [rows, whole] = await nextEvent(reader, rest);
  assertEquals([rows, JSON.parse(whole!.slice("data: ".length)).isWhole], ["event: rows", true]);
  peers.worker(queue.backend[0]!, { identity: "newcomer" });
  for (;;) {
    const [name, text] = await nextEvent(reader, rest);
    if (name !== "event: rows") continue;
    const { isWhole, workers } = JSON.parse(text!.slice("data: ".length));
    assertEquals([isWhole, workers.changed[0].name], [false, "newcomer"]);
    break;
  }
  await reader.cancel();
});

scenario("/events refuses readers when there are so many that others would find no connection", NEEDS, async () => {
  await using queue = await startHttpQueue();
  await queue.status();
  const responses = await Promise.all(Array.from({ length: 80 }, () => get(queue, "/events").catch(() => undefined)));
  const reading = responses.filter((response) => response?.status === 200);
  assertEquals(reading.length, 32);
  assertEquals(await (await get(queue, "/events")).text(), "There are 32 readers already; ask for /status.json\n");
  assertEquals([await statusCodeOf(queue, "/alive"), await statusCodeOf(queue, "/status.json")], [200, 200]);
  for (const response of responses) await response?.body?.cancel();
  // Their places are free when the queue has seen that they left.
  const deadline = performance.now() + WAIT_MS;
  while (await statusCodeOf(queue, "/events") !== 200 && performance.now() < deadline);
  assertEquals(await statusCodeOf(queue, "/events"), 200);
});

scenario("a paused queue accepts requests and sends none to workers, until it is resumed", NEEDS, async () => {
  await using queue = await startHttpQueue({ httpActions: true });
  await using peers = await Peers.open();
  const worker = peers.worker(queue.backend[0]!);
  await statusWith(queue, ({ workers }) => workers.idle === 1);
  assertEquals(await tell(queue, "/pause", { by: "ops@host", reason: "new disks" }), '{"done":"paused"}');
  assertEquals([await statusCodeOf(queue, "/ready"), await statusCodeOf(queue, "/alive")], [503, 200]);
  const client = peers.req({ connect: queue.frontend[0]! });
  client.send("patience");
  const paused = await statusWith(queue, ({ waiting }) => waiting.requests === 1);
  assertMatch(paused.sentence, /^paused by ops@host since .*: new disks; 1 waiting/);
  assertEquals([paused.workers.idle, worker.poll()], [1, undefined]);
  assertEquals(await tell(queue, "/resume", { by: "ops@host" }), '{"done":"resumed"}');
  const [name] = await worker.receiveText();
  worker.send(name!, "", "at last");
  assertEquals(await client.receiveText(), ["at last"]);
});

scenario("a pause with a time limit ends by itself", NEEDS, async () => {
  await using queue = await startHttpQueue({ httpActions: true });
  await tell(queue, "/pause", { reason: "a moment", for: "50ms" });
  const { state } = await statusWith(queue, ({ paused }) => paused === null);
  assertEquals(state, "no workers");
});

scenario("/drain drains the queue", NEEDS, async () => {
  const queue = await startHttpQueue({ httpActions: true });
  assertEquals(await tell(queue, "/drain"), '{"done":"draining"}');
  assertEquals((await queue.ended).leftAtDrain, 0);
  await assertRejects(() => get(queue, "/alive"), TypeError);
});

scenario("a drain shows at once, and the status says who asked for it first", NEEDS, async () => {
  await using queue = await startHttpQueue({ httpActions: true, drainTimeout: 0 });
  await using peers = await Peers.open();
  peers.req({ connect: queue.frontend[0]! }).send("the drain waits for it");
  await statusWith(queue, ({ waiting }) => waiting.requests === 1);
  assertEquals(await statusCodeOf(queue, "/ready"), 200);
  const ended = queue.drain("1h", { by: "ops@host", address: "127.0.0.1" });
  assertEquals(await statusCodeOf(queue, "/ready"), 503);
  assertEquals(await tell(queue, "/drain", { by: "somebody else" }), '{"done":"draining"}');
  const { drain, sentence } = await statusWith(queue, ({ draining }) => draining);
  assertEquals([drain?.by, drain?.address], ["ops@host", "127.0.0.1"]);
  assertMatch(sentence, /^draining: 1 left, 0 of them with workers; asked for by ops@host at \S+Z$/);
  await queue.abort();
  assertEquals((await ended).leftAtDrain, 1);
});

scenario(
  "a queue does not start where it cannot listen for HTTP, or would be open to other machines",
  NEEDS,
  async () => {
    await using queue = await startHttpQueue();
    await assertRejects(() => startHttpQueue({ http: queue.http }), Error, "the port is taken");
    await assertRejects(
      () => startHttpQueue({ http: "0.0.0.0:0" }),
      Error,
      "without a token, since other machines can reach",
    );
  },
);

scenario(
  "with a token file, requests over TCP need the token, and those over a unix socket do not",
  NEEDS,
  async () => {
    using folder = new Folder();
    const token = "a-token-that-nobody-guesses";
    await Deno.writeTextFile(folder.file("token"), token, { mode: 0o600 });
    const path = folder.file("http.sock");
    await using queue = await startHttpQueue({
      http: ["127.0.0.1:0", `unix:${path}`],
      httpTokenFile: folder.file("token"),
    });
    await queue.status();
    assertEquals(await statusCodeOf(queue, "/status.json"), 401);
    assertEquals(await statusCodeOf(queue, "/status.json", { Authorization: `Bearer ${token}` }), 200);
    const conn = await Deno.connect({ transport: "unix", path });
    await conn.write(new TextEncoder().encode("GET /ready HTTP/1.1\r\n\r\n"));
    assertMatch(await new Response(conn.readable).text(), /^HTTP\/1\.1 200 OK/);
  },
);

scenario("the status says what a drain waits for", NEEDS, async () => {
  await using queue = await startHttpQueue();
  await using peers = await Peers.open();
  const worker = peers.worker(queue.backend[0]!);
  const client = peers.req({ connect: queue.frontend[0]! });
  client.send("last");
  const [name] = await worker.receiveText();
  const ended = queue.drain();
  const { sentence } = await statusWith(queue, ({ state }) => state === "draining");
  assertMatch(sentence, /^draining: 1 left, 1 of them with workers; asked for by the program at /);
  assertEquals(await statusCodeOf(queue, "/ready"), 503);
  worker.send(name!, "", "done");
  assertEquals(await client.receiveText(), ["done"]);
  assertEquals((await ended).answered, 1);
});

scenario("the status says that the backlog is full, and how long the oldest request has waited", NEEDS, async () => {
  await using queue = await startHttpQueue({ maxBacklog: 2, drainTimeout: 0 });
  await using peers = await Peers.open();
  peers.worker(queue.backend[0]!);
  await statusWith(queue, ({ workers }) => workers.idle === 1);
  for (let n = 0; n < 4; n++) peers.req({ connect: queue.frontend[0]! }).send("more");
  const { sentence, waiting, inFlight } = await statusWith(queue, ({ state }) => state === "backlog full");
  assertEquals(sentence, "backlog full: 2 of 2 requests, clients are held back");
  assertEquals([waiting.requests, inFlight.requests, waiting.oldestMs! < WAIT_MS], [1, 1, true]);
});
