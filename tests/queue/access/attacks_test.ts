import { assertEquals, assertMatch } from "@std/assert";
import { Door } from "../../../lib/queue/access/door.ts";
import { delay } from "../../../lib/delay.ts";
import { Context } from "../../../lib/zmq/context.ts";
import { type ClientKeys, makeKeyPair } from "../../../lib/zmq/curve.ts";
import { type Library, loadLibrary } from "../../../lib/zmq/library.ts";
import type { Queue } from "../../../queue.ts";
import { dialFd } from "../../harness/dial.ts";
import { assertAnswered, KeyedQueue } from "../../harness/keyed_queue.ts";
import { startLocalQueue, statisticsWith } from "../../harness/local_queue.ts";
import { type FrameLike, type Peer, Peers, toText } from "../../harness/peers.ts";
import { RawCurvePeer } from "../../harness/raw_curve_peer.ts";
import { greeting, GREETING_BYTES, RawPeer, readyCommand } from "../../harness/raw_peer.ts";
import { scenario } from "../../harness/scenario.ts";

const NEEDS = ["queue thread", "files"] as const;
/** Long enough for whatever comes earlier to be handled; nothing depends on it. */
const LATE_MS = 50;
const VICTIM = "victim";

/** A peer that breaks the rules, without a key or with one. */
interface Attacker extends Disposable {
  sayReady(socketType: string, identity: string): Promise<void>;
  letIn(): Promise<void>;
  send(...frames: FrameLike[]): Promise<void>;
  ended(): Promise<void>;
}

async function dial(endpoint: string, keys: ClientKeys | undefined): Promise<Attacker> {
  if (keys !== undefined) return await RawCurvePeer.dial(endpoint, keys);
  const peer = await RawPeer.dial(endpoint);
  await peer.sendBytes(greeting());
  await peer.receiveBytes(GREETING_BYTES);
  return {
    sayReady: (socketType, identity) => peer.sendBytes(readyCommand(socketType, identity)),
    letIn: async () => void await peer.receiveFrame(),
    send: (...frames) => peer.send(...frames),
    ended: () => peer.ended(),
    [Symbol.dispose]: () => peer.close(),
  };
}

/** An identity as libzmq makes them. */
function ofLibzmqsKind(): string {
  return "\0" + String.fromCharCode(...crypto.getRandomValues(new Uint8Array(4)));
}

const IDENTITIES: ReadonlyArray<readonly [name: string, make: () => string]> = [
  ["of libzmq's own kind", ofLibzmqsKind],
  ["of another peer", () => VICTIM],
  ["that is empty", () => ""],
  ["of 255 bytes", () => "i".repeat(255)],
  ["of 256 bytes", () => "i".repeat(256)],
  ["of 1,000 bytes", () => "i".repeat(1000)],
];

/** What an attacker does that has been greeted; `message` is something that its side has a use for. */
const ATTACKS: ReadonlyArray<readonly [name: string, act: (attacker: Attacker, message: string[]) => Promise<void>]> = [
  ...IDENTITIES.flatMap(([kind, make]) =>
    [
      [`takes an identity ${kind}`, async (attacker: Attacker, message: string[]) => {
        await attacker.sayReady("DEALER", make());
        await attacker.letIn();
        await attacker.send(...message);
      }],
      [`takes an identity ${kind}, late`, async (attacker: Attacker, message: string[]) => {
        await delay(LATE_MS);
        await attacker.sayReady("DEALER", make());
        await attacker.letIn();
        await attacker.send(...message);
      }],
    ] as const
  ),
  ["says READY twice, with two identities", async (attacker, message) => {
    await attacker.sayReady("DEALER", "one");
    await attacker.sayReady("DEALER", "two");
    await attacker.send(...message).catch(() => undefined);
  }],
  ["says READY again when it was let in", async (attacker, message) => {
    await attacker.sayReady("DEALER", "one");
    await attacker.letIn();
    await attacker.sayReady("DEALER", "two");
    await attacker.send(...message).catch(() => undefined);
  }],
  ["does not wait until it is let in", async (attacker, message) => {
    await attacker.sayReady("DEALER", "hasty");
    await attacker.send(...message);
  }],
  ["sends before it says READY", async (attacker, message) => {
    await attacker.send(...message);
    await attacker.sayReady("DEALER", "hasty").catch(() => undefined);
  }],
  ["claims to be a socket that does not fit", async (attacker) => {
    await attacker.sayReady("PUB", "");
    await attacker.ended();
  }],
];

/** A queue that is attacked, and others who use it meanwhile. */
interface Scene {
  readonly queue: Queue;
  readonly client: Peer;
  /** Makes another client. */
  readonly newcomer: () => Peer;
  /** The keys of an attacker that is let in. */
  readonly keys: ClientKeys | undefined;
}

/** Attacks one side of a queue in all ways, and looks after each whether it serves others, while the attacker is there and after. */
async function attackSide(scene: Scene, side: "frontend" | "backend"): Promise<void> {
  const { queue, client, newcomer, keys } = scene;
  // Neither READY nor a reply: a worker that sends it gets nothing, so that others get all requests.
  const message = side === "frontend" ? ["", "an attacker's request"] : ["neither"];
  // One of the two workers may say READY after the other has answered.
  const { clients, workers } = await statisticsWith(queue, { workers: 2 });
  for (const [name, act] of ATTACKS) {
    {
      using attacker = await dial(queue[side][0]!, keys);
      await act(attacker, message);
      await assertAnswered(client, `while it ${name}`);
    }
    await using other = newcomer();
    await assertAnswered(other, `after it ${name}`);
  }
  await statisticsWith(queue, { clients, workers });
}

for (const side of ["frontend", "backend"] as const) {
  scenario(`queue serves others whatever a peer does at an open ${side}`, NEEDS, async () => {
    await using queue = await startLocalQueue();
    await using peers = await Peers.open();
    const [frontend, backend] = [queue.frontend[0]!, queue.backend[0]!];
    for (let count = 0; count < 2; count++) peers.echoWorker(backend);
    const client = peers.req({ connect: frontend });
    await assertAnswered(client, "before");
    await attackSide({ queue, client, newcomer: () => peers.req({ connect: frontend }), keys: undefined }, side);
  });

  scenario(`queue serves others whatever a permitted peer does at a keyed ${side}`, NEEDS, async () => {
    await using queue = await KeyedQueue.start();
    const { peers } = queue;
    const keys = await queue.keysOf("c");
    for (let count = 0; count < 2; count++) peers.echoWorker(queue.backend, { keys: await queue.keysOf("w") });
    const client = peers.req({ connect: queue.frontend, keys });
    await assertAnswered(client, "before");
    await attackSide({
      queue: queue.queue,
      client,
      newcomer: () => peers.req({ connect: queue.frontend, keys }),
      keys: await queue.keysOf(side === "frontend" ? "c" : "w"),
    }, side);
    const { droppedMessages } = await queue.queue.statistics();
    assertEquals(droppedMessages, 0, "every attacker was given an identity that others can be answered under");
  });
}

scenario("queue gives a keyed peer its own identity when it asks for that of another", NEEDS, async () => {
  await using queue = await KeyedQueue.start();
  const { peers, log } = queue;
  const keys = await queue.keysOf("c");
  const victim = peers.dealer({ connect: queue.frontend, keys });
  // The log names the connection that sends this.
  victim.send("", "READY");
  const [{ client: identity } = {}] = await log.entriesOf("a worker seems to be connected to the frontend", 1);
  assertMatch(String(identity), /^c:[\w-]{16}$/);
  for (let count = 0; count < 20; count++) {
    using attacker = await RawCurvePeer.dial(queue.frontend, keys);
    await attacker.sayReady("DEALER", String(identity));
    await attacker.letIn();
    await attacker.send("", `attacker ${count}`);
  }
  peers.echoWorker(queue.backend, { keys: await queue.keysOf("w") });
  assertEquals(await victim.receiveText(), ["", "READY"]);
});

scenario(
  "queue answers a keyed peer that was late to say READY, under the identity that it was given",
  NEEDS,
  async () => {
    await using queue = await KeyedQueue.start();
    const worker = queue.peers.worker(queue.backend, { keys: await queue.keysOf("w") });
    using client = await RawCurvePeer.dial(queue.frontend, await queue.keysOf("c"));
    await delay(LATE_MS);
    await client.sayReady("DEALER", ofLibzmqsKind());
    await client.letIn();
    await client.send("", "hello");
    const [alias, ...rest] = await worker.receiveText();
    assertMatch(alias!, /^[\w-]{16}$/);
    worker.send(alias!, ...rest);
    assertEquals(toText(await client.receive()), ["", "hello"]);
  },
);

scenario(
  "Door.accepts() drops a first message under another identity than the given one, and closes",
  ["ffi"],
  async () => {
    const library = await loadLibrary();
    using context = Context.open(library);
    const keys = { ...makeKeyPair(library), folder: "", permitted: [] };
    const ended: number[] = [];
    const shutdown = (fd: number, how: number) => {
      ended.push(fd);
      return library.symbols.shutdown(fd, how);
    };
    using door = new Door({
      library: { ...library, symbols: { ...library.symbols, shutdown } } satisfies Library,
      context,
      ioThreads: 1,
      config: { keys, allow: { client: undefined, worker: undefined } },
      onRefused: () => {},
      onShownOut: () => {},
    });
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const fd = dialFd(library.symbols, listener.addr.port);
    using connection = await listener.accept();
    // What libzmq tells of a peer whose own identity has won: it knows the given one as its user.
    const properties: Readonly<Record<string, string>> = { "User-Id": "c:given", "__fd": `${fd}` };
    const read = (name: Uint8Array) => properties[new TextDecoder().decode(name.subarray(0, -1))];
    // It ends by itself: its descriptor may be a newcomer's a moment later, and is left alone.
    assertEquals(door.accepts("mine", "client", read, 0), false);
    door.gone("mine");
    assertEquals([door.tick(1000), ended], [-1, []]);
    // It stays.
    assertEquals([2000, 2001].map((now) => door.accepts("mine", "client", read, now)), [false, false]);
    assertEquals([door.tick(2001), ended], [199, []]);
    assertEquals([door.tick(2200), ended], [-1, [fd]]);
    assertEquals(await connection.read(new Uint8Array(1)), null);
    library.symbols.close(fd);
  },
);
