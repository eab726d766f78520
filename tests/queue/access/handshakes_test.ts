import { assertEquals } from "@std/assert";
import {
  type Demand,
  type FailedHandshake,
  handshakeEvents,
  Handshakes,
} from "../../../lib/queue/access/handshakes.ts";
import { IntOption, MonitorEvent } from "../../../lib/zmq/constants.ts";
import { makeKeyPair } from "../../../lib/zmq/curve.ts";
import { loadLibrary } from "../../../lib/zmq/library.ts";
import type { LogFields } from "../../../lib/log.ts";
import { assertAnswered, KeyedQueue } from "../../harness/keyed_queue.ts";
import { startLocalQueue, statisticsWith } from "../../harness/local_queue.ts";
import { Peers } from "../../harness/peers.ts";
import { RawCurvePeer } from "../../harness/raw_curve_peer.ts";
import { greeting, RawPeer, readyCommand, wireFrame, wireMessage } from "../../harness/raw_peer.ts";
import { RecordingLog } from "../../harness/recording_log.ts";
import { scenario } from "../../harness/scenario.ts";
import { concatenate } from "../../../lib/lru.ts";
import { toBytes } from "../../harness/peers.ts";

const ENDPOINT = "tcp://192.0.2.1:5555";
const NEEDS = ["queue thread", "files"] as const;

/** Handshakes, with what they have done. */
class Scene {
  readonly lines: (FailedHandshake & { readonly count: number })[] = [];
  readonly closed: (readonly [fd: number, port: number])[] = [];
  readonly handshakes: Handshakes;

  /** Descriptors of connections that are open, where acceptances may be reported late. */
  readonly open = new Set<number>();

  constructor(demand: Demand, { isLate = false } = {}) {
    this.handshakes = new Handshakes({
      role: "client",
      demand,
      close: (fd, port) => this.closed.push([fd, port]),
      isOpen: isLate ? (fd) => this.open.has(fd) : undefined,
      onFailed: (line) => this.lines.push(line),
    });
  }

  on(event: MonitorEvent, peer: string, { value = 0, now = 0 } = {}): boolean {
    return this.handshakes.receive({ event, value, endpoint: ENDPOINT, peer }, now);
  }

  accept(peer: string, { fd = 7, now = 0 } = {}): void {
    this.on(MonitorEvent.ACCEPTED, peer, { value: fd, now });
  }

  get reasons(): string[] {
    return this.lines.map(({ reason }) => reason);
  }
}

const PEER = "tcp://192.0.2.9:40000";
const OTHER_MECHANISM = 0x11000002;
const MALFORMED_COMMAND = 0x10000001;

const REASONS: ReadonlyArray<readonly [Demand, error: number | undefined, reason: string]> = [
  ["key", undefined, "no key, a wrong public key of the queue, or not ZMTP 3"],
  ["address", undefined, "not ZMTP 3: another protocol, or libzmq before 4.0"],
  ["nothing", undefined, "not ZMTP"],
  ["address", OTHER_MECHANISM, "has a key, and none is asked for"],
  ["nothing", OTHER_MECHANISM, "has a key, and none is asked for"],
  ["address", MALFORMED_COMMAND, "malformed"],
];

for (const [demand, value, reason] of REASONS) {
  Deno.test(`Handshakes says "${reason}" when the endpoint asks for ${demand}`, () => {
    const scene = new Scene(demand);
    scene.accept(PEER);
    if (value !== undefined) scene.on(MonitorEvent.HANDSHAKE_FAILED_PROTOCOL, PEER, { value });
    scene.on(MonitorEvent.DISCONNECTED, PEER);
    const isGuarded = demand !== "nothing";
    assertEquals(scene.lines, [{ role: "client", address: "192.0.2.9", reason, isGuarded, count: 1 }]);
    assertEquals([scene.handshakes.failed, scene.handshakes.size], [1, 0]);
  });
}

Deno.test("Handshakes.receive() is true for an end in handshake of which nothing was reported before", () => {
  const cases: ReadonlyArray<readonly [Demand, MonitorEvent | undefined, boolean]> = [
    ["key", undefined, true],
    ["address", undefined, true],
    ["address", MonitorEvent.HANDSHAKE_FAILED_PROTOCOL, false],
    ["key", MonitorEvent.HANDSHAKE_FAILED_AUTH, false],
    ["key", MonitorEvent.HANDSHAKE_FAILED_NO_DETAIL, false],
    ["key", MonitorEvent.HANDSHAKE_SUCCEEDED, false],
    // It may be a peer of ZMTP 1 or 2, that was let in.
    ["nothing", undefined, false],
  ];
  for (const [demand, before, isEnd] of cases) {
    const scene = new Scene(demand);
    scene.accept(PEER);
    if (before !== undefined) assertEquals(scene.on(before, PEER), false);
    assertEquals(scene.on(MonitorEvent.DISCONNECTED, PEER), isEnd, `${demand} ${before}`);
  }
});

Deno.test("handshakeEvents() leaves out what would keep libzmq from closing a connection with CURVE", () => {
  const has = (demand: Demand) => handshakeEvents(demand).includes(MonitorEvent.HANDSHAKE_FAILED_PROTOCOL);
  assertEquals([has("key"), has("address"), has("nothing")], [false, true, true]);
});

Deno.test("Handshakes says nothing of handshakes that succeeded, were refused, or were left by the peer", () => {
  for (
    const event of [
      MonitorEvent.HANDSHAKE_SUCCEEDED,
      MonitorEvent.HANDSHAKE_FAILED_AUTH,
      MonitorEvent.HANDSHAKE_FAILED_NO_DETAIL,
    ]
  ) {
    const scene = new Scene("key");
    scene.accept(PEER);
    scene.on(event, PEER, { now: 10 });
    scene.on(MonitorEvent.DISCONNECTED, PEER, { now: 20 });
    assertEquals([scene.reasons, scene.handshakes.size, scene.handshakes.failed], [[], 0, 0]);
  }
});

Deno.test("Handshakes reports a handshake that was not finished in time at a guarded endpoint", () => {
  for (const [demand, reasons] of [["key", ["not finished within 3 s"]], ["nothing", []]] as const) {
    const scene = new Scene(demand);
    scene.accept(PEER);
    scene.on(MonitorEvent.HANDSHAKE_FAILED_NO_DETAIL, PEER, { now: 3000 });
    scene.on(MonitorEvent.DISCONNECTED, PEER, { now: 3000 });
    assertEquals(scene.reasons, [...reasons]);
  }
});

Deno.test("Handshakes logs one line per address, reason and minute; at open endpoints, one line per minute in total", () => {
  const fail = (scene: Scene, address: string, value: number, now: number) => {
    const peer = `tcp://${address}:1`;
    scene.accept(peer, { now });
    scene.on(MonitorEvent.HANDSHAKE_FAILED_PROTOCOL, peer, { value, now });
    scene.on(MonitorEvent.DISCONNECTED, peer, { now });
  };
  for (const [demand, counts] of [["address", [1, 2, 1, 1]], ["nothing", [1, 4]]] as const) {
    const scene = new Scene(demand);
    fail(scene, "192.0.2.1", MALFORMED_COMMAND, 0);
    fail(scene, "192.0.2.1", MALFORMED_COMMAND, 1);
    fail(scene, "192.0.2.1", OTHER_MECHANISM, 2);
    fail(scene, "192.0.2.2", MALFORMED_COMMAND, 3);
    fail(scene, "192.0.2.1", MALFORMED_COMMAND, 60_001);
    assertEquals(scene.lines.map(({ count }) => count), [...counts]);
  }
});

Deno.test("Handshakes.tick() closes the connections of an address beyond 64 that are in handshake for longer than 1 s", () => {
  const scene = new Scene("key");
  const peer = (index: number) => `tcp://192.0.2.9:${index + 1}`;
  for (let index = 0; index < 100; index++) scene.accept(peer(index), { fd: 1000 + index, now: index });
  // Other addresses have their own.
  scene.accept("tcp://192.0.2.10:1", { now: 0 });
  assertEquals([scene.handshakes.tick(1000), scene.closed], [64, []]);
  // What ends makes room.
  scene.on(MonitorEvent.HANDSHAKE_SUCCEEDED, peer(0), { now: 1010 });
  scene.on(MonitorEvent.DISCONNECTED, peer(1), { now: 1010 });
  assertEquals([scene.handshakes.tick(1065), scene.closed], [1, []]);
  assertEquals([scene.handshakes.tick(1066), scene.closed], [1, [[1066, 67]]]);
  assertEquals([scene.handshakes.tick(1100), scene.closed.length], [-1, 34]);
  assertEquals(scene.reasons.at(-1), "too many connections in handshake from one address");
  assertEquals([scene.handshakes.excess, scene.handshakes.size], [34, 65]);
  // The end of one that was closed makes no room.
  scene.on(MonitorEvent.DISCONNECTED, peer(80), { now: 1100 });
  scene.accept(peer(102), { now: 1100 });
  assertEquals([scene.handshakes.tick(2100), scene.handshakes.excess], [-1, 35]);
});

Deno.test("Handshakes does not count a connection as in handshake whose acceptance is reported after its handshake", () => {
  for (
    const events of [
      [MonitorEvent.HANDSHAKE_SUCCEEDED],
      [MonitorEvent.HANDSHAKE_SUCCEEDED, MonitorEvent.DISCONNECTED],
      [MonitorEvent.HANDSHAKE_FAILED_NO_DETAIL, MonitorEvent.DISCONNECTED],
      [MonitorEvent.DISCONNECTED],
    ]
  ) {
    const scene = new Scene("key", { isLate: true });
    for (let index = 0; index < 100; index++) {
      const peer = `tcp://192.0.2.9:${index + 1}`;
      for (const event of events) scene.on(event, peer, { now: index });
      scene.accept(peer, { now: index + 10 });
    }
    assertEquals([scene.handshakes.size, scene.handshakes.tick(2000), scene.closed], [0, -1, []]);
  }
});

Deno.test("Handshakes says why a handshake failed whose connection's acceptance is reported afterwards", () => {
  const scene = new Scene("nothing", { isLate: true });
  scene.on(MonitorEvent.HANDSHAKE_FAILED_PROTOCOL, PEER, { value: OTHER_MECHANISM });
  scene.accept(PEER);
  assertEquals(scene.reasons, ["has a key, and none is asked for"]);
});

Deno.test("Handshakes knows a connection that a peer makes from the port of one that has just ended", () => {
  const scene = new Scene("key", { isLate: true });
  scene.on(MonitorEvent.DISCONNECTED, PEER);
  scene.open.add(7);
  scene.accept(PEER, { fd: 7, now: 10 });
  assertEquals(scene.handshakes.size, 1);
  // What was reported longer ago is of another one in any case.
  scene.on(MonitorEvent.HANDSHAKE_SUCCEEDED, PEER, { now: 20 });
  scene.on(MonitorEvent.DISCONNECTED, PEER, { now: 30 });
  scene.open.clear();
  scene.accept(PEER, { fd: 7, now: 1030 });
  assertEquals(scene.handshakes.size, 1);
});

Deno.test("Handshakes forgets a connection in time of which nothing more is reported, where acceptances may come late", () => {
  const scene = new Scene("key", { isLate: true });
  for (let index = 0; index < 64; index++) scene.accept(`tcp://192.0.2.9:${index + 1}`);
  scene.accept(PEER, { now: 5999 });
  assertEquals([scene.handshakes.tick(6000), scene.handshakes.size, scene.closed], [-1, 1, []]);
});

Deno.test("Handshakes closes at once the connections of an address beyond 1,024 in handshake", () => {
  const scene = new Scene("address");
  for (let index = 0; index < 1030; index++) scene.accept(`tcp://192.0.2.9:${index + 1}`);
  assertEquals([scene.closed.length, scene.handshakes.size, scene.handshakes.excess], [6, 1024, 6]);
});

Deno.test("Handshakes treats the addresses of an IPv6 network as one", () => {
  const scene = new Scene("address");
  for (let index = 0; index < 70; index++) scene.accept(`tcp://[2001:db8::${index}]:1`);
  scene.accept("tcp://[2001:db8:0:1::1]:1");
  for (let index = 0; index < 70; index++) scene.accept(`tcp://[::ffff:192.0.2.${index}]:1`);
  scene.handshakes.tick(1000);
  assertEquals(scene.closed.length, 6);
});

Deno.test("Handshakes closes no connection at an open endpoint, and ignores ipc", () => {
  const scene = new Scene("nothing");
  for (let index = 0; index < 600; index++) scene.accept(`tcp://192.0.2.9:${index + 1}`);
  assertEquals([scene.handshakes.tick(1000), scene.closed], [-1, []]);
  const guarded = new Scene("key");
  for (let index = 0; index < 100; index++) guarded.accept("ipc://");
  assertEquals([guarded.closed, guarded.handshakes.size], [[], 0]);
});

/** Connects, sends bytes, and waits for the end of the connection. */
async function dialAndSend(endpoint: string, ...pieces: Uint8Array<ArrayBuffer>[]): Promise<void> {
  using peer = await RawPeer.dial(endpoint);
  await peer.sendBytes(concatenate(pieces));
  await peer.ended();
}

function fieldsOf({ side, address, reason }: LogFields): unknown[] {
  return [side, address, reason];
}

scenario("queue logs failed handshakes at a keyed endpoint, and serves others", NEEDS, async () => {
  await using queue = await KeyedQueue.start();
  const { peers, log } = queue;
  const library = await loadLibrary();
  peers.echoWorker(queue.backend, { keys: await queue.keysOf("w") });
  const client = peers.req({ connect: queue.frontend, keys: await queue.keysOf("c") });
  await assertAnswered(client, "before");
  let count = 0;
  for (const endpoint of [queue.frontend, queue.backend]) {
    await dialAndSend(endpoint, greeting("NULL"), readyCommand("DEALER", ""));
    await dialAndSend(endpoint, toBytes("GET / HTTP/1.1\r\nHost: queue.example\r\n\r\n"));
    await dialAndSend(endpoint, greeting("CURVE"), wireFrame("\x05HELLO", "command"));
    await statisticsWith(queue.queue, { failedHandshakes: count += 3 });
  }
  const { publicKey, secretKey } = await queue.keysOf("c");
  await using other = peers.dealer({
    connect: queue.frontend,
    keys: { publicKey, secretKey, serverKey: makeKeyPair(library).publicKey },
    options: [[IntOption.RECONNECT_IVL, 60_000]],
  });
  await statisticsWith(queue.queue, { failedHandshakes: count + 1 });
  await other.close();
  await assertAnswered(client, "after");
  const failed = log.entries.filter(({ event }) => event === "handshake failed");
  const reason = "no key, a wrong public key of the queue, or not ZMTP 3";
  assertEquals(failed.map(({ level, fields }) => [level, ...fieldsOf(fields)]), [
    ["warning", "frontend", "127.0.0.1", reason],
    ["warning", "backend", "127.0.0.1", reason],
  ]);
});

scenario("queue logs why a handshake failed where addresses are allowed", ["queue thread"], async () => {
  const log = new RecordingLog();
  await using queue = await startLocalQueue({ allow: "127.0.0.1", log });
  await using peers = await Peers.open();
  peers.echoWorker(queue.backend[0]!);
  const reasons = async (bytes: Uint8Array<ArrayBuffer>[], count: number) => {
    await dialAndSend(queue.backend[0]!, ...bytes);
    return fieldsOf((await log.entriesOf("handshake failed", count)).at(-1)!);
  };
  const who = ["backend", "127.0.0.1"];
  assertEquals(await reasons([greeting("CURVE")], 1), [...who, "has a key, and none is asked for"]);
  assertEquals(await reasons([greeting(), wireFrame("\x04WHAT", "command")], 2), [...who, "malformed"]);
  assertEquals(await reasons([toBytes("GET / HTTP/1.1\r\n\r\n")], 3), [
    ...who,
    "not ZMTP 3: another protocol, or libzmq before 4.0",
  ]);
  await assertAnswered(peers.req({ connect: queue.frontend[0]! }), "after");
});

/** What breaks CURVE's encryption after the handshake. */
const BREAKS: ReadonlyArray<(peer: RawCurvePeer) => Promise<void>> = [
  (peer) => peer.sayReady("DEALER", "again"),
  (peer) => peer.sendBytes(wireMessage("", "not encrypted")),
  (peer) => peer.sendBytes(wireMessage("\x07MESSAGE")),
  // A nonce that is large enough, and a box that nobody has made.
  (peer) => peer.sendBytes(wireMessage("\x07MESSAGE\0\0\0\x01\0\0\0\0" + "x".repeat(40))),
];

scenario("queue closes a connection that breaks CURVE's encryption after its handshake", NEEDS, async () => {
  await using queue = await KeyedQueue.start();
  for (const [endpoint, name] of [[queue.frontend, "c"], [queue.backend, "w"]] as const) {
    for (const breakRules of BREAKS) {
      using peer = await RawCurvePeer.dial(endpoint, await queue.keysOf(name));
      await peer.sayReady("DEALER", "");
      await peer.letIn();
      await peer.send("", "\x01");
      await breakRules(peer);
      await peer.ended();
    }
  }
  await statisticsWith(queue.queue, { workers: 0, clients: 0 });
});

scenario(
  "queue logs failed handshakes at an open endpoint once a minute, as information",
  ["queue thread"],
  async () => {
    const log = new RecordingLog();
    await using queue = await startLocalQueue({ log });
    await using peers = await Peers.open();
    peers.echoWorker(queue.backend[0]!);
    await dialAndSend(queue.frontend[0]!, greeting("CURVE"));
    for (let count = 0; count < 20; count++) await dialAndSend(queue.frontend[0]!, toBytes("\xffgarbage".repeat(20)));
    await statisticsWith(queue, { failedHandshakes: 21 });
    await assertAnswered(peers.req({ connect: queue.frontend[0]! }), "hello");
    const failed = log.entries.filter(({ event }) => event === "handshake failed");
    assertEquals(failed.map(({ level, fields }) => [level, ...fieldsOf(fields)]), [
      ["info", "frontend", "127.0.0.1", "has a key, and none is asked for"],
    ]);
  },
);
