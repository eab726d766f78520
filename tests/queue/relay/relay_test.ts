import { assert, assertEquals, assertMatch } from "@std/assert";
import { queueConfig } from "../../../lib/queue/config.ts";
import type { RelayConfig, RelayMessage, RelayReport } from "../../../lib/queue/relay/messages.ts";
import { Relay } from "../../../lib/queue/relay/relay.ts";
import { SocketType } from "../../../lib/zmq/constants.ts";
import { Context } from "../../../lib/zmq/context.ts";
import { makeKeyPair } from "../../../lib/zmq/curve.ts";
import { type Library, loadLibrary } from "../../../lib/zmq/library.ts";
import type { Queue } from "../../../queue.ts";
import { ANY_PORT } from "../../harness/programs.ts";
import { statisticsWith } from "../../harness/local_queue.ts";
import { Peers, toText } from "../../harness/peers.ts";
import { type FrameKind, RawPeer, wireFrame } from "../../harness/raw_peer.ts";
import { RecordingLog } from "../../harness/recording_log.ts";
import { scenario } from "../../harness/scenario.ts";
import { onTransports } from "../../harness/transports.ts";

/** A queue and peers to try it with. */
interface Scene {
  readonly queue: Queue;
  readonly frontend: string;
  readonly backend: string;
  readonly peers: Peers;
  readonly log: RecordingLog;
}

/** Registers a test twice, with a queue on `tcp://` and with one on `ipc://`. */
function onBothTransports(name: string, test: (scene: Scene) => Promise<void>): void {
  onTransports(name, ["queue thread"], async ({ startLocalQueue }) => {
    const log = new RecordingLog();
    await using queue = await startLocalQueue({ log });
    await using peers = await Peers.open();
    await test({ queue, frontend: queue.frontend[0]!, backend: queue.backend[0]!, peers, log });
  }, "both");
}

/** Contents that libzmq passes on to a ROUTER, flag and all, when they come with ZMTP's flag of commands. */
const COMMANDS = ["\x09SUBSCRIBE", "\x09SUBSCRIBEtopic", "\x06CANCEL", `\x06CANCEL${"x".repeat(300)}`];

/** A message of which the frame at an index is flagged as a command. */
function withCommandAt(index: number, frames: readonly string[]): Uint8Array<ArrayBuffer>[] {
  return frames.map((frame, position) => {
    const [command, plain]: [FrameKind, FrameKind] = position < frames.length - 1
      ? ["command, more", "more"]
      : ["command", "last"];
    return wireFrame(frame, position === index ? command : plain);
  });
}

onBothTransports(
  "queue passes a client's frame on to workers without the command flag when libzmq let it through",
  async ({ frontend, backend, peers }) => {
    const worker = peers.worker(backend);
    using client = await RawPeer.connect(frontend, "DEALER", "raw");
    for (const command of COMMANDS) {
      for (const [index, frames] of [[1, ["", command]], [1, ["", command, "end"]], [0, [command, "end"]]] as const) {
        for (const bytes of withCommandAt(index, frames)) await client.sendBytes(bytes);
        const job = await worker.receiveText();
        assertEquals(job, ["raw", ...frames]);
        worker.send(...job);
        assertEquals(toText(await client.receive()), [...frames]);
      }
    }
  },
);

onBothTransports(
  "queue passes a worker's frame on to clients without the command flag when libzmq let it through",
  async ({ frontend, backend, peers }) => {
    const client = peers.req({ connect: frontend, identity: "me" });
    using worker = await RawPeer.connect(backend, "DEALER", "raw");
    await worker.send("", "\x01");
    for (const command of COMMANDS) {
      client.send("hello");
      assertEquals(toText(await worker.receive()), ["", "me", "", "hello"]);
      for (const bytes of withCommandAt(3, ["", "me", "", command, "end"])) await worker.sendBytes(bytes);
      assertEquals(await client.receiveText(), [command, "end"]);
    }
  },
);

onBothTransports(
  "queue passes a plain frame on unchanged when it begins as a command does",
  async ({ frontend, backend, peers }) => {
    peers.echoWorker(backend);
    const client = peers.req({ connect: frontend });
    const nearly = [
      "\x09SUBSCRIB",
      "\x09SUBSCRIBe",
      "\x06CANCE",
      "\x06Cancel",
      "\x09\x06CANCEL",
      "\x05READY",
      "\x04PING",
    ];
    for (const body of [...COMMANDS, ...nearly]) {
      client.send(body, "", body);
      assertEquals(await client.receiveText(), [body, "", body]);
    }
  },
);

onBothTransports(
  "queue drops and counts the messages of peers whose identity is too long, and serves the others",
  async ({ queue, frontend, backend, peers, log }) => {
    peers.echoWorker(backend);
    const client = peers.req({ connect: frontend });
    using longClient = await RawPeer.connect(frontend, "DEALER", "c".repeat(300));
    using longWorker = await RawPeer.connect(backend, "DEALER", "w".repeat(256));
    await longClient.send("", "x", "y");
    await longWorker.send("", "\x01");
    await statisticsWith(queue, { droppedMessages: 2, accepted: 0 });
    // Another such client takes the first one's identity over; both leave.
    using successor = await RawPeer.connect(frontend, "DEALER", "c".repeat(300));
    await successor.send("", "z");
    await statisticsWith(queue, { droppedMessages: 3, accepted: 0 });
    for (const peer of [longClient, longWorker, successor]) peer.close();
    for (const body of ["one", "two"]) {
      client.send(body);
      assertEquals(await client.receiveText(), [body]);
    }
    // The longest that is allowed.
    using longest = await RawPeer.connect(frontend, "REQ", "l".repeat(255));
    await longest.send("", "served");
    assertEquals(toText(await longest.receive()), ["", "served"]);
    const dropped = log.entries.filter(({ level }) => level !== "info").map(({ level, event, fields }) =>
      `${level}: ${event}, ${fields.side}, ${fields.reason}`
    );
    assertEquals(dropped.sort(), [
      "warning: message dropped, backend, identity over 255 bytes",
      "warning: message dropped, frontend, identity over 255 bytes",
    ]);
  },
);

onBothTransports(
  "queue logs both addresses when a worker's identity is taken over",
  async ({ queue, backend, peers, log }) => {
    peers.worker(backend, { identity: "double" });
    await statisticsWith(queue, { ready: 1 });
    peers.worker(backend, { identity: "double" });
    const [fields] = await log.entriesOf("worker identity taken over", 1);
    const { worker, previousAddress, address } = fields!;
    assertEquals([worker, previousAddress], ["double", address]);
    // Of an ipc connection libzmq gives user, group and process.
    assertMatch(
      `${address}`,
      backend.startsWith("tcp") ? /^127\.0\.0\.1$/ : RegExp(`^localhost:\\d+:\\d+:${Deno.pid}$`),
    );
  },
);

for (const side of ["frontend", "backend"] as const) {
  onBothTransports(
    `queue closes a connection at the ${side} whose identity was taken over once the other has left`,
    async (scene) => {
      const { queue } = scene;
      const [heard, known] = side === "frontend" ? ["accepted", "clients"] : ["ready", "workers"];
      using old = await RawPeer.connect(scene[side], "DEALER", "mine");
      await old.send("", "\x01");
      await statisticsWith(queue, { [heard]: 1 });
      using other = await RawPeer.connect(scene[side], "DEALER", "mine");
      await other.send("", "\x01");
      await statisticsWith(queue, { [heard]: 2 });
      other.close();
      await old.ended();
      await statisticsWith(queue, { [known]: 0 });
    },
  );
}

onBothTransports("queue has a worker back whose identity was taken over for a time", async (scene) => {
  const { queue, frontend, backend, peers } = scene;
  peers.echoWorker(backend, { identity: "mine" });
  await statisticsWith(queue, { ready: 1 });
  using other = await RawPeer.connect(backend, "DEALER", "mine");
  await other.send("", "\x01");
  await statisticsWith(queue, { ready: 2 });
  other.close();
  const client = peers.req({ connect: frontend });
  client.send("back?");
  assertEquals(await client.receiveText(), ["back?"]);
});

onBothTransports("queue logs no takeover when a worker comes again after it has left", async (scene) => {
  const { queue, backend, peers, log } = scene;
  for (let round = 1; round <= 3; round++) {
    const worker = peers.worker(backend, { identity: "regular" });
    await statisticsWith(queue, { ready: round });
    await worker.close();
    await statisticsWith(queue, { workers: 0 });
  }
  assertEquals(log.entries.filter(({ level }) => level !== "info"), []);
});

onBothTransports("queue logs a likely mistake when a client is connected to the backend", async (scene) => {
  const { backend, peers, log } = scene;
  peers.req({ connect: backend, identity: "lost" }).send("hello");
  const [fields] = await log.entriesOf("a client seems to be connected to the backend", 1);
  assertEquals(fields, { client: "lost" });
});

onBothTransports("queue logs a likely mistake when a worker is connected to the frontend", async (scene) => {
  const { frontend, peers, log } = scene;
  peers.worker(frontend, { identity: "lost" });
  const [fields] = await log.entriesOf("a worker seems to be connected to the frontend", 1);
  assertEquals(fields, { client: "lost" });
});

/** A libzmq some of whose functions are others. */
function withSymbols(library: Library, symbols: Partial<Library["symbols"]>): Library {
  return { ...library, symbols: { ...library.symbols, ...symbols } };
}

/** What a relay is to do on this thread. */
interface RelayRun {
  /** How it runs. */
  readonly config: RelayConfig;
  /** Has peers send what it handles. */
  readonly send: (endpoints: { readonly frontend: string; readonly backend: string }) => void;
  /** How many reports of these events end it. */
  readonly until: readonly RelayReport["event"][];
}

/** Runs a relay on this thread, which it blocks, until all reports have come; returns what it posted. */
function runRelay(library: Library, { config, send, until }: RelayRun): RelayMessage[] {
  const messages: RelayMessage[] = [];
  const awaited = [...until];
  const post = (message: RelayMessage) => {
    messages.push(message);
    if (message.type === "closing") control.dispose();
    const index = message.type === "report" ? awaited.indexOf(message.report.event) : -1;
    if (index < 0) return;
    awaited.splice(index, 1);
    if (awaited.length === 0) commands.send([new TextEncoder().encode(JSON.stringify({ command: "abort" }))]);
  };
  using relay = new Relay(library, config, post);
  // Its context cannot be closed before this.
  using control = new DisposableStack();
  const [listening] = messages;
  assert(listening?.type === "listening");
  const commands = control.use(Context.borrow(library, listening.context).socket(SocketType.PAIR, 0));
  commands.connect(listening.control);
  send({ frontend: listening.frontend[0]!, backend: listening.backend[0]! });
  relay.run();
  return messages;
}

/** Which messages failed, and how many were dropped. */
function failuresOf(messages: readonly RelayMessage[]): { failures: string[]; droppedMessages: number } {
  const failures = messages.flatMap((message) =>
    message.type === "report" && message.report.event === "message failed"
      ? [`${message.report.side}: ${message.report.reason}`]
      : []
  );
  const end = messages.at(-1)!;
  assert(end.type === "stopped");
  return { failures: failures.sort(), droppedMessages: end.statistics.droppedMessages };
}

scenario("Relay counts and reports a message when handling it fails, and handles the next one", ["ffi"], async () => {
  const library = await loadLibrary();
  await using peers = await Peers.open();
  // A frame of five bytes cannot be read as text.
  const memcpy: Library["symbols"]["memcpy"] = (target, source, count) => {
    if (count === 5n) throw new TypeError("a defect");
    library.symbols.memcpy(target, source, count);
  };
  const messages = runRelay(withSymbols(library, { memcpy }), {
    config: queueConfig({ frontend: ANY_PORT, backend: ANY_PORT }).relay,
    send: ({ frontend, backend }) => {
      const client = peers.dealer({ connect: frontend });
      client.send("", "12345");
      client.send("", "\x01");
      const worker = peers.dealer({ connect: backend });
      worker.send("", "12345", "", "reply");
      worker.send("neither");
    },
    until: ["malformed message", "ready at the frontend"],
  });
  assertEquals(failuresOf(messages), {
    failures: ["backend: TypeError: a defect", "frontend: TypeError: a defect"],
    droppedMessages: 2,
  });
});

scenario("Relay drops a message when it cannot tell who sent it, and looks at the next one", ["ffi"], async () => {
  const library = await loadLibrary();
  await using peers = await Peers.open();
  const [queue, client] = [makeKeyPair(library), makeKeyPair(library)];
  // The properties of the first message cannot be read.
  let defects = 1;
  const zmq_msg_gets: Library["symbols"]["zmq_msg_gets"] = (...message) => {
    if (defects-- > 0) throw new TypeError("a defect");
    return library.symbols.zmq_msg_gets(...message);
  };
  const permitted = [{ publicKey: client.publicKey, roles: ["client"], name: "c" }] as const;
  const messages = runRelay(withSymbols(library, { zmq_msg_gets }), {
    config: {
      ...queueConfig({ frontend: ANY_PORT, backend: ANY_PORT }).relay,
      access: { keys: { ...queue, folder: "", permitted }, allow: { client: undefined, worker: undefined } },
    },
    send: ({ frontend }) => {
      const peer = peers.dealer({ connect: frontend, keys: { ...client, serverKey: queue.publicKey } });
      for (let count = 0; count < 2; count++) peer.send("", "\x01");
    },
    until: ["ready at the frontend"],
  });
  assertEquals(failuresOf(messages), { failures: ["frontend: TypeError: a defect"], droppedMessages: 1 });
});
