/**
 * The relay: joins the broker's decisions to the two ROUTER sockets. It blocks its thread, so it has one of its own
 * (`relay_thread.ts`).
 *
 * Each turn waits for messages, takes all that the backend has, dispatches, and takes some hundreds that the frontend
 * has. A body is forwarded by handle and never enters JavaScript.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { Broker } from "../broker/broker.ts";
import type { BrokerOutput, BrokerReport, SendOutcome } from "../broker/output.ts";
import { isIpv6 } from "../../endpoint.ts";
import { LogLimiter } from "./log_limiter.ts";
import { splitEnvelope } from "../../lru.ts";
import type { QueueStatistics, RelayCommand, RelayConfig, RelayMessage } from "./messages.ts";
import {
  BytesOption,
  ContextOption,
  Int64Option,
  IntOption,
  MonitorEvent,
  NOTIFY_CONNECT,
  SocketType,
} from "../../zmq/constants.ts";
import { watchPeer } from "../../zmq/keepalive.ts";
import type { Library } from "../../zmq/library.ts";
import { EMPTY_FRAME, type FrameHandle, MessagePool } from "../../zmq/message_pool.ts";
import { BlockingPoll } from "../../zmq/poll.ts";
import { scheduleAsBatch } from "../../zmq/scheduling.ts";
import { Context } from "../../zmq/context.ts";
import { Monitor } from "../../zmq/monitor.ts";
import type { Socket } from "../../zmq/socket.ts";

/** Messages of the frontend in one turn; in between, workers get their turn. */
const FRONTEND_MESSAGES_A_TURN = 256;
/** Messages of the frontend that are read before their turn: of a connection that ended at once it may never tell. */
const MOST_MESSAGES_AHEAD = 4096;
/** Messages of the backend in one turn: all there are, unless a peer sends without end. */
const BACKEND_MESSAGES_A_TURN = 4096;
/** What peers cause is told at most once in this time, by kind. */
const REPORT_INTERVALS_MS = {
  usual: 10_000,
  // People who look at an overload want to see its end.
  // Each exhausted request is somebody's, but a broken worker can exhaust thousands a second.
  byKind: { "order changed": 1000, "redelivery limit reached": 100 } satisfies Partial<
    Record<BrokerReport["event"], number>
  >,
};
/**
 * Messages that libzmq reads ahead from a client, besides the backlog: at the bound these are memory that nobody counts.
 * Twenty connections that sent 1 MB each had 1.2 GB there with 64, and were no faster than with 8.
 */
const FRONTEND_HIGH_WATER_MARK = 8;
/**
 * As above from a worker, which has one message under way at a time. libzmq tells its I/O thread of every frame that is
 * read while the number of messages read is a multiple of half of this: with 8, one request at a time cost 3 % more.
 */
const BACKEND_HIGH_WATER_MARK = 64;
/** Connections that may wait to be accepted. */
const LISTEN_BACKLOG = 1024;
/** How many intervals a heartbeat's answer may take; the next heartbeat is an interval away, and three are promised. */
const HEARTBEAT_PATIENCE = 1.75;
/** While there are messages the other sockets are looked after so often, and so are deadlines. */
const BUSY_TURNS_MS = 2;
/** The monitor tells of a departure a moment before the frontend does, and of a new connection a moment after. */
const NEWS_LOOKOUT_MS = 100;
/**
 * A drained queue still hears of departures for so long. A connection that ends with a reply unread would keep libzmq from
 * closing the socket for the whole linger, if that were set before libzmq has noticed.
 */
const FAREWELL_MS = 100;
const TOKEN_BYTES = 16;
/**
 * An identity that libzmq gave a peer that has none of its own: a zero byte and four more. libzmq reserves them, and yet a
 * peer can choose one; the guarantees leave that out.
 */
const GIVEN_IDENTITY_BYTES = 5;

const FRONTEND = 0;
const BACKEND = 1;
const CONTROL = 2;
const MONITOR = 3;

/** What the frontend's monitor reports; a failed handshake is followed by its disconnection. */
const FRONTEND_EVENTS = [
  MonitorEvent.HANDSHAKE_SUCCEEDED,
  MonitorEvent.DISCONNECTED,
  MonitorEvent.HANDSHAKE_FAILED_NO_DETAIL,
  MonitorEvent.HANDSHAKE_FAILED_PROTOCOL,
  MonitorEvent.HANDSHAKE_FAILED_AUTH,
];

/** Options of a queue's context. */
const CONTEXT_OPTIONS = [
  // Otherwise each held message keeps the whole buffer it was received in: 8 KiB.
  [ContextOption.ZERO_COPY_RECV, 0],
] as const;

/** libzmq's own word of a connection: that it was made, or that it has ended. */
type Notification = "connected" | "gone";

/** A message of the frontend: a client's identity, and all frames behind it. */
interface FrontendMessage {
  readonly identity: string;
  readonly frames: FrameHandle[];
  readonly notification: Notification | undefined;
}

/** The two ROUTER sockets and the broker between them. */
export class Relay implements Disposable {
  readonly #library: Library;
  readonly #post: (message: RelayMessage) => void;
  readonly #context: Context;
  readonly #frontend: Socket;
  readonly #backend: Socket;
  readonly #control: Socket;
  readonly #monitor: Monitor;
  readonly #pool: MessagePool;
  readonly #broker: Broker<FrameHandle>;
  readonly #limiter: LogLimiter<BrokerReport>;
  /** What libzmq delivers in the name of a peer whose connection has ended; no peer can know it. */
  readonly #farewell = makeToken();
  /** The message that is being read from the backend. */
  readonly #frames: FrameHandle[] = [];
  /** Whether something may have come in since a receive found the socket empty; a send may hide it from a wait. */
  #isFrontendUnsettled = true;
  /** As {@linkcode Relay.#isFrontendUnsettled}. */
  #isBackendUnsettled = true;
  /** Connections at the frontend that have ended, of which it has not told yet; below 0 where it told before its monitor did. */
  #unreadDepartures = 0;
  /** Until then one of the two has more to tell of departures, even where the frontend has been read to its end. */
  #departuresUntilMs = 0;
  /** New connections at the frontend, of which it has not told yet; below 0 where it told before its monitor did. */
  #unreadConnections = 0;
  /** Since when the frontend has told of more new connections than its monitor, if it has. */
  #connectionsAheadSinceMs = 0;
  /** Messages of the frontend that were read before their turn, in the order in which they came. */
  readonly #ahead: FrontendMessage[] = [];
  /** Connections that never were one for the frontend; their ends follow. */
  #failedHandshakes = 0;
  #state: "serving" | "draining" | "stopped" = "serving";
  #drainDeadlineMs = Infinity;

  /**
   * Opens and binds the sockets.
   *
   * @param library libzmq, loaded on this thread.
   * @param config What to serve.
   * @param post Tells the main thread.
   * @throws {ZmqError} When an endpoint cannot be bound.
   */
  constructor(library: Library, config: RelayConfig, post: (message: RelayMessage) => void) {
    this.#library = library;
    this.#post = post;
    this.#limiter = new LogLimiter(REPORT_INTERVALS_MS, (report, count) => post({ type: "report", report, count }));
    this.#pool = new MessagePool(library.symbols);
    this.#broker = new Broker({
      reader: this.#pool,
      output: this.#output(),
      config: { ...config.broker, knowsDepartures: library.hasDraftApi },
    });
    using opened = new DisposableStack();
    this.#context = opened.use(Context.open(library, [...CONTEXT_OPTIONS, ...scheduleAsBatch(library.symbols)]));
    this.#frontend = opened.use(this.#router(config, FRONTEND_HIGH_WATER_MARK));
    this.#backend = opened.use(this.#router(config, BACKEND_HIGH_WATER_MARK));
    this.#monitor = opened.use(new Monitor(this.#context, this.#frontend, FRONTEND_EVENTS));
    this.#control = opened.use(this.#context.socket(SocketType.PAIR, 0));
    const control = this.#control.bind(`inproc://control-${crypto.randomUUID()}`);
    post({
      type: "listening",
      frontend: bindAll(this.#frontend, config.frontend, "frontend"),
      backend: bindAll(this.#backend, config.backend, "backend"),
      context: this.#context.address,
      control,
      ipcFiles: [...this.#frontend.ipcFiles, ...this.#backend.ipcFiles].map(({ facts }) => facts),
      version: library.version,
      hasDraftApi: library.hasDraftApi,
    });
    opened.move();
  }

  /** What there is and what happened. */
  get statistics(): QueueStatistics {
    return { ...this.#broker.counters, ...this.#broker.gauges };
  }

  /** Serves until it is told to stop; blocks. Then the sockets are closed. */
  run(): void {
    const sockets = [this.#frontend, this.#backend, this.#control, this.#monitor];
    const poll = new BlockingPoll(this.#library, sockets.map((socket) => socket.fd));
    let lastWaitMs = -Infinity;
    let farewellEndsMs = Infinity;
    // A wait is right only for sockets that a receive has found empty; the other two are known to be unsettled.
    this.#readControl();
    this.#readMonitor();
    let now = performance.now();
    while (this.#state !== "stopped") {
      if (this.#isBackendUnsettled) this.#readBackend(now);
      this.#broker.dispatch(now);
      if (this.#isFrontendUnsettled) this.#readFrontend(now, FRONTEND_MESSAGES_A_TURN);
      if (this.#isBusy && now - lastWaitMs < BUSY_TURNS_MS) {
        now = performance.now();
        continue;
      }
      let timeoutMs = earlierOf(this.#broker.tick(now), this.#limiter.tick(now));
      if (this.#state === "draining") {
        if (this.#broker.pending === 0) farewellEndsMs = Math.min(farewellEndsMs, now + FAREWELL_MS);
        const leftMs = Math.ceil(Math.min(farewellEndsMs, this.#drainDeadlineMs) - now);
        if (leftMs <= 0) break;
        timeoutMs = earlierOf(timeoutMs, leftMs);
      }
      // What is known to be unsettled need not be waited for; and at the bound the frontend must not be. What was due may
      // have made room there.
      poll.watch(FRONTEND, !this.#isFrontendUnsettled);
      poll.wait(this.#isBusy ? 0 : timeoutMs);
      now = performance.now();
      lastWaitMs = now;
      if (poll.readable(FRONTEND)) this.#isFrontendUnsettled = true;
      if (poll.readable(BACKEND)) this.#isBackendUnsettled = true;
      if (poll.readable(CONTROL)) {
        this.#readControl();
        // It may have told the broker of a later time.
        now = performance.now();
      }
      if (poll.readable(MONITOR)) this.#readMonitor();
    }
    this.#close();
  }

  /** Closes what is open; unsent replies are dropped. */
  [Symbol.dispose](): void {
    for (const socket of [this.#control, this.#monitor, this.#frontend, this.#backend]) socket.close();
    this.#context.close();
  }

  #router(config: RelayConfig, receiveHighWaterMark: number): Socket {
    // A socket that is left open would keep its context from ending, and the caller from hearing of the error.
    using opened = new DisposableStack();
    const socket = opened.use(this.#context.socket(SocketType.ROUTER, 0));
    socket.setInt(IntOption.ROUTER_MANDATORY, 1);
    socket.setInt(IntOption.ROUTER_HANDOVER, 1);
    socket.setInt(IntOption.RCVHWM, receiveHighWaterMark);
    socket.setInt(IntOption.BACKLOG, LISTEN_BACKLOG);
    socket.setInt64(Int64Option.MAXMSGSIZE, config.maxMessageBytes);
    watchPeer(socket);
    if (config.heartbeatMs > 0) {
      socket.setInt(IntOption.HEARTBEAT_IVL, config.heartbeatMs);
      socket.setInt(IntOption.HEARTBEAT_TIMEOUT, Math.ceil(config.heartbeatMs * HEARTBEAT_PATIENCE));
    }
    if (this.#library.hasDraftApi) {
      socket.setInt(IntOption.ROUTER_NOTIFY, NOTIFY_CONNECT);
      socket.setBytes(BytesOption.DISCONNECT_MSG, Uint8Array.from(this.#farewell, (char) => char.charCodeAt(0)));
    }
    opened.move();
    return socket;
  }

  #output(): BrokerOutput<FrameHandle> {
    return {
      sendRequest: (worker, client, frames) => this.#sendRequest(worker, client, frames),
      sendReply: (client, frames, start) => this.#sendReply(client, frames, start),
      release: (frames) => {
        for (const frame of frames) this.#pool.release(frame);
      },
      digest: (frames) => {
        // Of the body alone: the envelope of a client behind a further ROUTER changes with each connection.
        const hash = createHash("sha256");
        for (const frame of splitEnvelope(frames, this.#pool).body) hash.update(this.#pool.bytes(frame));
        return hash.digest("hex").slice(0, 16);
      },
      makeToken,
      report: (report) => this.#report(report),
    };
  }

  #sendRequest(worker: string, client: string, frames: readonly FrameHandle[]): SendOutcome {
    const socket = this.#backend.pointer;
    this.#isBackendUnsettled = true;
    const outcome = this.#pool.sendIdentity(socket, worker);
    if (outcome !== "sent") return outcome;
    this.#pool.sendShared(socket, EMPTY_FRAME, true);
    this.#pool.sendText(socket, client, true);
    const last = frames.length - 1;
    for (let i = 0; i <= last; i++) this.#pool.sendShared(socket, frames[i]!, i < last);
    return outcome;
  }

  #sendReply(client: string, frames: readonly FrameHandle[], start: number): SendOutcome {
    const socket = this.#frontend.pointer;
    this.#isFrontendUnsettled = true;
    if (this.#library.hasDraftApi && !isGivenIdentity(client) && this.#isTakenOver(client)) return "unreachable";
    const outcome = this.#pool.sendIdentity(socket, client);
    if (outcome !== "sent") return outcome;
    const last = frames.length - 1;
    for (let i = start; i <= last; i++) {
      this.#pool.sendOwned(socket, frames[i]!, i < last);
      this.#frames[i] = EMPTY_FRAME;
    }
    return outcome;
  }

  #report(report: BrokerReport): void {
    const kind = report.event === "request refused" ? report.reason : report.event;
    this.#limiter.add(kind, report, performance.now());
  }

  /**
   * Whether an identity that a client chose has a new connection. Any call on the frontend may hand the identity to that
   * one, long before its notification is read in its turn: a reply that is owed to the connection before would reach it.
   */
  #isTakenOver(client: string): boolean {
    for (;;) {
      // At the bound, or where requests come without end, no more is read than tells of the new connections there are.
      if (this.#broker.isFull || this.#ahead.length >= FRONTEND_MESSAGES_A_TURN) {
        this.#readMonitor();
        if (this.#unreadConnections <= 0) break;
        if (this.#ahead.length >= MOST_MESSAGES_AHEAD) {
          this.#unreadConnections = 0;
          break;
        }
      }
      const message = this.#receiveFromFrontend();
      if (message === undefined) break;
      this.#ahead.push(message);
    }
    return this.#ahead.some(({ identity, notification }) => notification === "connected" && identity === client);
  }

  #receiveFromFrontend(): FrontendMessage | undefined {
    const socket = this.#frontend.pointer;
    const identity = this.#pool.receiveIdentity(socket);
    if (identity === undefined) {
      if (this.#unreadConnections !== 0) this.#settleConnections();
      return undefined;
    }
    const first = this.#pool.receiveFrame(socket);
    // Made with the usual two frames at once, an array has no room for fifteen more, which a backlog would keep.
    const frames = this.#pool.more ? [first, this.#pool.receiveFrame(socket)] : [first];
    while (this.#pool.more) frames.push(this.#pool.receiveFrame(socket));
    const notification = this.#notification(frames);
    if (notification === "connected" && this.#unreadConnections-- === 0) {
      this.#connectionsAheadSinceMs = performance.now();
    }
    return { identity, frames, notification };
  }

  /** The frontend has told all, so nothing is unread; what the monitor is behind with, it will tell soon. */
  #settleConnections(): void {
    const isBehind = this.#unreadConnections < 0 &&
      performance.now() - this.#connectionsAheadSinceMs < NEWS_LOOKOUT_MS;
    if (!isBehind) this.#unreadConnections = 0;
  }

  /** Whether there may be something to read. */
  get #isBusy(): boolean {
    return this.#isBackendUnsettled || (this.#isFrontendUnsettled && this.#readsFrontend);
  }

  /** At the bound the frontend is left unread, unless somebody has left: departures lie behind requests. */
  get #readsFrontend(): boolean {
    return !this.#broker.isFull || this.#unreadDepartures > 0 || this.#ahead.length > 0;
  }

  #readFrontend(now: number, limit: number): void {
    for (let count = 0; count < limit && this.#readsFrontend; count++) {
      const message = this.#ahead.shift() ?? this.#receiveFromFrontend();
      if (message === undefined) {
        this.#isFrontendUnsettled = false;
        if (now >= this.#departuresUntilMs) this.#unreadDepartures = 0;
        return;
      }
      const { identity, frames, notification } = message;
      switch (notification) {
        case "connected":
          this.#broker.clientConnected(identity, now);
          break;
        case "gone":
          if (this.#unreadDepartures-- <= 0) this.#departuresUntilMs = now + NEWS_LOOKOUT_MS;
          this.#broker.clientGone(identity, now);
          break;
        default:
          if (this.#broker.receiveRequest(identity, frames, now)) continue;
      }
      for (const frame of frames) this.#pool.release(frame);
    }
  }

  #readBackend(now: number): void {
    const socket = this.#backend.pointer;
    const frames = this.#frames;
    for (let count = 0; count < BACKEND_MESSAGES_A_TURN; count++) {
      const identity = this.#pool.receiveIdentity(socket);
      if (identity === undefined) {
        this.#isBackendUnsettled = false;
        return;
      }
      this.#readFrames(socket, frames);
      switch (this.#notification(frames)) {
        case "connected":
          this.#broker.workerConnected(identity, now);
          break;
        case "gone":
          this.#broker.workerGone(identity, now);
          break;
        default:
          this.#broker.receiveFromWorker(identity, frames, now);
      }
      for (const frame of frames) this.#pool.release(frame);
      frames.length = 0;
    }
  }

  #readFrames(socket: Deno.PointerObject, frames: FrameHandle[]): void {
    do frames.push(this.#pool.receiveFrame(socket)); while (this.#pool.more);
  }

  #notification(frames: readonly FrameHandle[]): Notification | undefined {
    if (frames.length !== 1 || !this.#library.hasDraftApi) return undefined;
    const frame = frames[0]!;
    if (frame === EMPTY_FRAME) return "connected";
    return this.#pool.size(frame) === TOKEN_BYTES && this.#pool.text(frame) === this.#farewell ? "gone" : undefined;
  }

  #readMonitor(): void {
    for (let event = this.#monitor.receive(); event !== undefined; event = this.#monitor.receive()) {
      if (event.event === MonitorEvent.HANDSHAKE_SUCCEEDED) this.#unreadConnections++;
      else if (event.event !== MonitorEvent.DISCONNECTED) this.#failedHandshakes++;
      else if (this.#failedHandshakes > 0) this.#failedHandshakes--;
      else if (this.#library.hasDraftApi) {
        // Without the draft API the frontend never tells, and looking for its word would read past the bound.
        this.#unreadDepartures++;
        this.#departuresUntilMs = performance.now() + NEWS_LOOKOUT_MS;
      }
    }
  }

  #readControl(): void {
    for (let frames = this.#control.receive(); frames !== undefined; frames = this.#control.receive()) {
      this.#obey(JSON.parse(new TextDecoder().decode(frames[0])) as RelayCommand);
    }
  }

  #obey(command: RelayCommand): void {
    switch (command.command) {
      case "drain":
        this.#state = "draining";
        this.#drainDeadlineMs = performance.now() + command.timeoutMs;
        // Who sent before the signal is served, up to the bound.
        this.#readFrontend(performance.now(), Infinity);
        this.#broker.startDraining();
        break;
      case "abort":
        this.#state = "stopped";
        this.#drainDeadlineMs = 0;
        break;
      case "statistics":
        this.#post({ type: "statistics", statistics: this.statistics });
    }
  }

  #close(): void {
    this.#broker.abandon();
    this.#limiter.flush();
    const lingerMs = Math.max(0, Math.ceil(this.#drainDeadlineMs - performance.now()));
    for (const socket of [this.#frontend, this.#backend]) socket.setInt(IntOption.LINGER, lingerMs);
    for (const socket of [this.#control, this.#monitor, this.#frontend, this.#backend]) socket.close();
    this.#post({ type: "closing" });
    // Waits for the control socket's other end, and up to the linger for replies to leave.
    this.#context.close();
    this.#post({ type: "stopped", statistics: this.statistics });
  }
}

function bindAll(socket: Socket, endpoints: readonly string[], side: "frontend" | "backend"): string[] {
  return endpoints.map((endpoint) => {
    socket.setInt(IntOption.IPV6, isIpv6(endpoint) ? 1 : 0);
    return socket.bind(endpoint, side);
  });
}

/** The earlier of two deadlines in milliseconds from now, of which -1 is none. */
function earlierOf(oneMs: number, otherMs: number): number {
  if (oneMs < 0) return otherMs;
  return otherMs < 0 ? oneMs : Math.min(oneMs, otherMs);
}

function isGivenIdentity(identity: string): boolean {
  return identity.length === GIVEN_IDENTITY_BYTES && identity.charCodeAt(0) === 0;
}

function makeToken(): string {
  return String.fromCharCode(...crypto.getRandomValues(new Uint8Array(TOKEN_BYTES)));
}
