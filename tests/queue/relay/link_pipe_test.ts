import { assertEquals } from "@std/assert";
import { Broker } from "../../../lib/queue/broker/broker.ts";
import type { BrokerOutput } from "../../../lib/queue/broker/output.ts";
import type { LinkReport } from "../../../lib/queue/link/link.ts";
import type { LinkMessage } from "../../../lib/queue/link/messages.ts";
import { type LinkEvent, LinkPipe, PIPE_MESSAGES } from "../../../lib/queue/relay/link_pipe.ts";
import { SharedBytes } from "../../../lib/queue/relay/shared_bytes.ts";
import { IntOption, SocketType } from "../../../lib/zmq/constants.ts";
import type { Context } from "../../../lib/zmq/context.ts";
import { type Library, loadLibrary } from "../../../lib/zmq/library.ts";
import { type FrameHandle, MessagePool } from "../../../lib/zmq/message_pool.ts";
import type { Socket } from "../../../lib/zmq/socket.ts";
import { toBytes, toText } from "../../harness/peers.ts";
import { scenario } from "../../harness/scenario.ts";
import { SocketPair } from "../../harness/socket_pair.ts";
import { brokerConfig } from "../broker/broker_config.ts";

const OTHER = "00000000000000aa";

/** A relay's end of a link, without the relay; the test is the main thread. */
class Scene implements Disposable {
  /** What was sent to workers and clients: who, then the frames. */
  readonly sent: string[][] = [];
  readonly reports: LinkReport[] = [];
  readonly pool: MessagePool;
  readonly broker: Broker<FrameHandle>;
  readonly pipe: LinkPipe;
  readonly #frames: FrameHandle[] = [];
  readonly held: SharedBytes;
  readonly #source: SocketPair;
  readonly #toRelay: Socket;
  readonly #fromRelay: Socket;
  #now = 1000;
  #isEnded = false;

  private constructor(library: Library, source: SocketPair) {
    this.#source = source;
    const { context } = source;
    this.pool = new MessagePool(library.symbols);
    this.broker = new Broker({ reader: this.pool, output: this.#output, config: brokerConfig() });
    this.pipe = this.#openPipe(library, context);
    const { toRelay, fromRelay, held } = this.pipe.endpoints;
    this.held = new SharedBytes(held);
    this.#toRelay = context.socket(SocketType.PAIR, 0);
    this.#toRelay.connect(toRelay);
    this.#fromRelay = context.socket(SocketType.PAIR, 0);
    this.#fromRelay.setInt(IntOption.RCVHWM, PIPE_MESSAGES);
    this.#fromRelay.connect(fromRelay);
  }

  static async open(): Promise<Scene> {
    return new Scene(await loadLibrary(), await SocketPair.open(SocketType.PAIR, SocketType.PAIR));
  }

  /** The main thread tells something, without the relay reading it. */
  post(event: LinkEvent, ...frames: string[]): void {
    assertEquals(this.#toRelay.send([JSON.stringify(event), ...frames].map(toBytes)), true);
  }

  /** The main thread tells something, and the relay takes its turn. */
  tell(event: LinkEvent, ...frames: string[]): void {
    this.post(event, ...frames);
    this.pipe.read(this.#now);
    this.turn();
  }

  /** Another queue says something. */
  say(message: LinkMessage, ...frames: string[]): void {
    this.tell({ event: "message", sender: OTHER, message }, ...frames);
  }

  turn(): void {
    this.#now += 10;
    this.broker.dispatch(this.#now);
    this.pipe.tick(this.#now);
    this.broker.dispatch(this.#now);
  }

  /** What the main thread has been given: of some kinds of messages only. */
  said(...kinds: string[]): (readonly [to: string, message: LinkMessage, ...frames: string[]])[] {
    const said: (readonly [string, LinkMessage, ...string[]])[] = [];
    for (let frames = this.#fromRelay.receive(); frames !== undefined; frames = this.#fromRelay.receive()) {
      const [to, json, ...rest] = toText(frames);
      if (rest.length > 0) this.held.remove(rest.join("").length);
      const message = JSON.parse(json!) as LinkMessage;
      if (kinds.includes(message.kind)) said.push([to!, message, ...rest]);
    }
    return said;
  }

  /** The relay reads once. */
  read(): void {
    this.pipe.read(this.#now);
  }

  /** A worker sends a message. */
  fromWorker(worker: string, ...frames: string[]): void {
    this.#receive(frames, () => this.broker.receiveFromWorker(worker, this.#frames, this.#now));
  }

  /** A client sends a request. */
  fromClient(client: string, ...frames: string[]): void {
    this.#receive(frames, () => {
      if (this.broker.receiveRequest(client, this.#frames.slice(), this.#now)) this.#frames.length = 0;
    });
  }

  /** The relay ends. */
  end(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.broker.abandon();
    this.pipe.leave();
    this.pipe[Symbol.dispose]();
  }

  [Symbol.dispose](): void {
    this.end();
    this.#toRelay.close();
    this.#fromRelay.close();
    this.#source[Symbol.dispose]();
    assertEquals(this.pool.inUse, 0, "Frames were not released");
  }

  #receive(frames: readonly string[], receive: () => void): void {
    this.#source.connected.send(frames.map(toBytes));
    do this.#frames.push(this.pool.receiveFrame(this.#source.bound.pointer)); while (this.pool.more);
    receive();
    for (const frame of this.#frames) this.pool.release(frame);
    this.#frames.length = 0;
    this.turn();
  }

  #openPipe(library: Library, context: Context): LinkPipe {
    return new LinkPipe({
      library,
      context,
      pool: this.pool,
      broker: this.broker,
      id: "00000000000000bb",
      address: "tcp://here:5555",
      frames: this.#frames,
      onReport: (report) => void this.reports.push(report),
    });
  }

  get #output(): BrokerOutput<FrameHandle> {
    const send = (to: string, frames: readonly FrameHandle[]) => {
      this.sent.push([to, ...frames.map((frame) => this.pool.text(frame))]);
      return "sent" as const;
    };
    return {
      sendRequest: (worker, client, frames) => {
        this.sent.push([worker, client, ...frames.map((frame) => this.pool.text(frame))]);
        return "sent";
      },
      sendReply: (client, frames, start) => send(client, frames.slice(start)),
      originOf: () => ({}),
      release: (frames) => {
        for (const frame of frames) this.pool.release(frame);
      },
      digest: () => "",
      exhausted: () => {},
      makeAlias: (identity) => identity ?? "loan",
      makeToken: () => "token",
      report: () => {},
    };
  }
}

const WANTS_ONE: LinkMessage = {
  kind: "want",
  wanted: 1,
  workers: 0,
  hasWorkers: false,
  address: "tcp://there:5555",
  isLeaving: false,
};

scenario("LinkPipe shows the server, and the other queues as they come and go", ["ffi"], async () => {
  using scene = await Scene.open();
  assertEquals(scene.pipe.snapshot.server, null);
  scene.tell({ event: "connected", server: "nats1:4222" });
  assertEquals(scene.pipe.snapshot.server, "nats1:4222");
  scene.say(WANTS_ONE);
  const [queue] = scene.pipe.snapshot.queues;
  assertEquals([queue!.id, queue!.address, queue!.wanted], [OTHER, "tcp://there:5555", 1]);
  scene.tell({ event: "disconnected" });
  assertEquals(scene.pipe.snapshot.server, null);
  scene.say({ ...WANTS_ONE, isLeaving: true });
  assertEquals(scene.reports.map(({ event }) => event), ["queue joined", "queue left"]);
  scene.tell({ event: "malformed" });
  assertEquals(scene.pipe.snapshot.counters.malformedLinkMessages, 1);
});

scenario("LinkPipe gives a request of another queue to a worker, and its reply to the main thread", [
  "ffi",
], async () => {
  using scene = await Scene.open();
  scene.tell({ event: "connected", server: "nats1:4222" });
  scene.fromWorker("w", "", "\x01");
  scene.say(WANTS_ONE);
  assertEquals(scene.said("ready"), [[OTHER, { kind: "ready", base: 0, limit: 1 }]]);
  scene.say({ kind: "run", attempt: 7, sent: 1 }, "", "body", "x".repeat(100));
  assertEquals(scene.sent, [["w", "loan", "", "body", "x".repeat(100)]]);
  scene.fromWorker("w", "", "loan", "", "done", "y".repeat(100));
  const [[to, message, ...frames]] = scene.said("re") as [[string, LinkMessage, ...string[]]];
  assertEquals([to, message.kind === "re" && message.status], [OTHER, "ok"]);
  assertEquals(frames, ["", "done", "y".repeat(100)]);
  assertEquals(scene.pool.inUse, 0);
});

scenario("LinkPipe gives a request to the main thread, and the reply from there to the client", ["ffi"], async () => {
  using scene = await Scene.open();
  scene.tell({ event: "connected", server: "nats1:4222" });
  scene.say({ kind: "ready", base: 0, limit: 1 });
  scene.fromClient("c", "", "asked");
  assertEquals(scene.said("run"), [[OTHER, { kind: "run", attempt: 1, sent: 1 }, "", "asked"]]);
  scene.say({ kind: "re", attempt: 1, status: "ok", base: 1, limit: 1 }, "", "answered");
  assertEquals(scene.sent, [["c", "", "answered"]]);
  // Nobody listens at the next one's queue, so it waits again.
  scene.say({ kind: "ready", base: 1, limit: 2 });
  scene.fromClient("c", "", "asked again");
  scene.tell({ event: "nobody", attempt: 2 });
  assertEquals([scene.broker.gauges.waiting, scene.pipe.snapshot.counters.borrowedRefused], [1, 1]);
});

scenario("LinkPipe keeps replies while the main thread reads nothing, and sends no request then", ["ffi"], async () => {
  using scene = await Scene.open();
  scene.tell({ event: "connected", server: "nats1:4222" });
  scene.fromWorker("w", "", "\x01");
  scene.say(WANTS_ONE);
  scene.say({ kind: "run", attempt: 1, sent: 1 }, "", "body");
  for (let i = 0; i < 2 * PIPE_MESSAGES; i++) scene.say({ kind: "have", sent: 1, attempts: [] });
  scene.fromWorker("w", "", "loan", "", "kept for a while");
  assertEquals(scene.pipe.hasUnsent, true);
  scene.say({ kind: "ready", base: 0, limit: 1 });
  scene.fromClient("c", "", "for the worker here");
  scene.fromClient("c", "", "for the other queue");
  assertEquals([scene.broker.gauges.remote, scene.broker.gauges.waiting], [0, 1]);
  assertEquals(scene.said("re", "run"), []);
  scene.turn();
  const said = scene.said("re", "run").map(([, { kind }, ...frames]) => [kind, ...frames]);
  assertEquals(said, [["re", "", "kept for a while"], ["run", "", "for the other queue"]]);
  assertEquals(scene.pipe.hasUnsent, false);
});

scenario("LinkPipe sends no request and no reply while 4 MiB lie in the pipe", ["ffi"], async () => {
  using scene = await Scene.open();
  scene.tell({ event: "connected", server: "nats1:4222" });
  scene.fromWorker("w", "", "\x01");
  scene.say(WANTS_ONE);
  scene.say({ kind: "run", attempt: 1, sent: 1 }, "", "lent");
  scene.say({ kind: "ready", base: 0, limit: 2 });
  scene.fromClient("c", "", "sent");
  assertEquals(scene.held.bytes > 0, true);
  assertEquals(scene.said("run").map(([, , ...frames]) => frames), [["", "sent"]]);
  assertEquals(scene.held.bytes, 0);
  // As if others had much to say.
  scene.held.add(4 * 1024 ** 2);
  scene.fromClient("c", "", "not sent");
  scene.fromWorker("w", "", "loan", "", "kept");
  assertEquals([scene.said("run", "re"), scene.pipe.hasUnsent], [[], true]);
  scene.held.remove(4 * 1024 ** 2);
  scene.turn();
  assertEquals(scene.said("run", "re").map(([, , ...frames]) => frames), [["", "kept"]]);
});

scenario("LinkPipe reads a few messages at a time, so that a flood does not block the queue", ["ffi"], async () => {
  using scene = await Scene.open();
  for (let i = 0; i < 300; i++) scene.post({ event: "malformed" });
  const counts: [number, boolean][] = [];
  for (let i = 0; i < 2; i++) {
    scene.read();
    counts.push([scene.pipe.snapshot.counters.malformedLinkMessages, scene.pipe.isUnsettled]);
  }
  assertEquals(counts, [[256, true], [300, false]]);
  scene.pipe.unsettle();
  assertEquals(scene.pipe.isUnsettled, true);
});

scenario("LinkPipe ends when the main thread has closed its end, and obeys nothing then", ["ffi"], async () => {
  using scene = await Scene.open();
  scene.pipe.attached();
  scene.tell({ event: "connected", server: "nats1:4222" });
  scene.post({ event: "message", sender: OTHER, message: WANTS_ONE });
  scene.post({ event: "closed" });
  scene.end();
  assertEquals(scene.pipe.snapshot.queues, []);
});
