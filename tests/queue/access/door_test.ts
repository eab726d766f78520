import { assert, assertEquals, assertMatch } from "@std/assert";
import { IntOption } from "../../../lib/zmq/constants.ts";
import { Folder } from "../../harness/folder.ts";
import { assertAnswered, KeyedQueue } from "../../harness/keyed_queue.ts";
import { startLocalQueue, statisticsWith } from "../../harness/local_queue.ts";
import { Peers } from "../../harness/peers.ts";
import { RecordingLog } from "../../harness/recording_log.ts";
import { scenario } from "../../harness/scenario.ts";

/** A refused peer of libzmq's tries again after each handshake's time; here sooner than a person would wait. */
const SOON: ReadonlyArray<readonly [IntOption, number]> = [[IntOption.RECONNECT_IVL, 50]];
const NEEDS = ["queue thread", "files"] as const;

scenario("Door lets in permitted keys, each at its own side", NEEDS, async () => {
  await using queue = await KeyedQueue.start();
  queue.peers.echoWorker(queue.backend, { keys: await queue.keysOf("w") });
  const client = queue.peers.req({ connect: queue.frontend, keys: await queue.keysOf("c") });
  await assertAnswered(client, "hello");
  // A body of empty frames has its properties, too.
  await assertAnswered(client, "");
  queue.peers.worker(queue.backend, { keys: await queue.keysOf("c") });
  const [refused] = await queue.log.entriesOf("peer refused", 1);
  assertEquals([refused!.side, refused!.reason], ["backend", "key permitted for the other role"]);
  assertEquals((await queue.queue.statistics()).workers, 1);
});

scenario("Door refuses a stranger's key, says how to permit it, and lets it in then", NEEDS, async () => {
  await using queue = await KeyedQueue.start();
  queue.peers.echoWorker(queue.backend, { keys: await queue.keysOf("w") });
  const keys = await queue.stranger();
  const client = queue.peers.req({ connect: queue.frontend, keys, options: SOON });
  client.send("let me in");
  const [refused] = await queue.log.entriesOf("peer refused", 1);
  assertEquals([refused!.side, refused!.reason, refused!.publicKey], ["frontend", "key not permitted", keys.publicKey]);
  assertEquals(
    refused!.toPermit,
    `spqueue key add client NAME --public-key='${keys.publicKey}' --keys ${await Deno.realPath(queue.folder)}`,
  );
  await queue.keys.add({ name: "new", roles: ["client"], publicKey: keys.publicKey });
  assertEquals(await client.receiveText(), ["let me in"]);
});

scenario(
  "Door shuts out a key that is no longer permitted: its requests are dropped, its job goes to another worker",
  NEEDS,
  async () => {
    await using queue = await KeyedQueue.start();
    await queue.keys.add({ name: "w2", roles: ["worker"], publicKey: undefined });
    await queue.log.entriesOf("permitted keys changed", 1);
    const worker = queue.peers.worker(queue.backend, { keys: await queue.keysOf("w") });
    const client = queue.peers.req({ connect: queue.frontend, keys: await queue.keysOf("c") });
    client.send("job");
    await worker.receive();
    queue.peers.echoWorker(queue.backend, { keys: await queue.keysOf("w2") });
    await statisticsWith(queue.queue, { idleWorkers: 1 });
    const startMs = performance.now();
    await queue.keys.remove("w");
    assertEquals(await client.receiveText(), ["job"]);
    assert(performance.now() - startMs < 6000, "three times what the guarantee says");
    const [shownOut] = await queue.log.entriesOf("keys no longer permitted", 1);
    assertEquals(shownOut!.names, ["w"]);
    await statisticsWith(queue.queue, { workers: 1, redeliveries: 1 });
    // The client's own requests are dropped.
    const waiting = queue.peers.dealer({ connect: queue.frontend, keys: await queue.keysOf("c") });
    await queue.keys.remove("w2");
    await statisticsWith(queue.queue, { workers: 0 });
    waiting.send("", "waits");
    await statisticsWith(queue.queue, { waiting: 1 });
    await queue.keys.remove("c");
    await statisticsWith(queue.queue, { waiting: 0, clientLeft: 1 });
  },
);

scenario("Door drops the first message of a connection that was silent until its key was removed", NEEDS, async () => {
  await using queue = await KeyedQueue.start();
  const client = queue.peers.dealer({ connect: queue.frontend, keys: await queue.keysOf("c") });
  const other = queue.peers.dealer({ connect: queue.frontend, keys: await queue.keysOf("c") });
  other.send("", "waits");
  await statisticsWith(queue.queue, { waiting: 1 });
  await queue.keys.remove("c");
  await statisticsWith(queue.queue, { waiting: 0, clientLeft: 1 });
  client.send("", "late");
  await queue.log.entriesOf("peer refused", 1);
  assertEquals((await queue.queue.statistics()).accepted, 1);
});

scenario("Door has no request sent to a worker that was silent until its key was removed", NEEDS, async () => {
  await using queue = await KeyedQueue.start();
  const worker = queue.peers.dealer({ connect: queue.backend, keys: await queue.keysOf("w") });
  await statisticsWith(queue.queue, { workers: 1 });
  await queue.keys.remove("w");
  await statisticsWith(queue.queue, { workers: 0 });
  // An empty message looks as if it had just connected. The next one has the connection closed.
  worker.send("");
  worker.send("READY");
  await queue.log.entriesOf("peer refused", 1);
  assertEquals((await queue.queue.statistics()).workers, 0);
});

scenario("Door assigns identities, whatever a peer asks for", NEEDS, async () => {
  await using queue = await KeyedQueue.start();
  const keys = await queue.keysOf("c");
  const worker = queue.peers.worker(queue.backend, { keys: await queue.keysOf("w") });
  for (const identity of ["mine", "\0kE\x8b\x67"]) {
    const client = queue.peers.req({ connect: queue.frontend, identity, keys });
    client.send(identity);
    const [given] = await worker.receiveText();
    // Workers do not learn the name of its key.
    assertMatch(given!, /^[\w-]{16}$/);
    worker.send(given!, "", "reply");
    assertEquals(await client.receiveText(), ["reply"]);
  }
});

scenario("Door makes log lines name the key, and distinguish connections of one key", NEEDS, async () => {
  await using queue = await KeyedQueue.start({ redeliveries: 0 });
  const keys = await queue.keysOf("w");
  const client = queue.peers.dealer({ connect: queue.frontend, keys: await queue.keysOf("c") });
  const names: string[] = [];
  for (let count = 1; count <= 2; count++) {
    const worker = queue.peers.worker(queue.backend, { keys });
    client.send("", "poison");
    await worker.receive();
    await worker.close();
    const { client: from, workers } = (await queue.log.entriesOf("redelivery limit reached", count))[count - 1]!;
    assertMatch(String(from), /^c:[\w-]{16}$/);
    names.push(...workers as string[]);
  }
  for (const name of names) assertMatch(name, /^w:[\w-]{16}$/);
  assertEquals(new Set(names).size, 2);
  const [joined] = await queue.log.entriesOf("worker joined", 1);
  const [lost] = await queue.log.entriesOf("worker lost", 1);
  assertEquals([joined!.worker, lost!.worker], [names[0], names[0]]);
});

scenario("Door lets ipc in without a key", NEEDS, async () => {
  using folder = new Folder();
  const [front, back] = [`ipc://${folder.file("f")}`, `ipc://${folder.file("b")}`];
  await using queue = await KeyedQueue.start({
    frontend: [front, "tcp://127.0.0.1:*"],
    backend: [back, "tcp://127.0.0.1:*"],
  });
  queue.peers.echoWorker(back);
  await assertAnswered(queue.peers.req({ connect: front }), "by ipc");
  const keyed = queue.peers.req({ connect: queue.queue.frontend[1]!, keys: await queue.keysOf("c") });
  await assertAnswered(keyed, "by tcp");
});

scenario("Door ignores a wrong list, and names the line that is wrong", NEEDS, async () => {
  await using queue = await KeyedQueue.start();
  queue.peers.echoWorker(queue.backend, { keys: await queue.keysOf("w") });
  await Deno.writeTextFile(`${queue.folder}/permitted`, "worker nonsense w\n");
  const [problem] = await queue.log.entriesOf("permitted keys not read", 1);
  assertMatch(String(problem!.reason), /permitted": line 1: a public key has 40 characters/);
  const client = queue.peers.req({ connect: queue.frontend, keys: await queue.keysOf("c") });
  await assertAnswered(client, "still in");
});

scenario("Door lets in by address", ["queue thread"], async () => {
  const log = new RecordingLog();
  await using queue = await startLocalQueue({ allow: "10.0.0.0/8", allowWorkers: ["::1", "127.0.0.0/8"], log });
  await using peers = await Peers.open();
  peers.echoWorker(queue.backend[0]!);
  await statisticsWith(queue, { workers: 1 });
  peers.req({ connect: queue.frontend[0]! }).send("hello");
  const [refused] = await log.entriesOf("peer refused", 1);
  assertEquals([refused!.side, refused!.address, refused!.reason], ["frontend", "127.0.0.1", "address not allowed"]);
  assertEquals(refused!.publicKey, undefined);
});
