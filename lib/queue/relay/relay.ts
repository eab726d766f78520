/**
 * The relay: joins the broker's decisions to the two ROUTER sockets. It blocks its thread, so it has one of its own
 * (`thread.ts`).
 *
 * Each turn waits for messages, reads all that the backend has, dispatches, and reads some hundreds that the frontend
 * has. A body is forwarded by handle and never enters JavaScript.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { type AccessConfig, Door } from "../access/door.ts";
import { type Demand, handshakeEvents, Handshakes } from "../access/handshakes.ts";
import { refusedPeers } from "../access/refused_peers.ts";
import { Broker } from "../broker/broker.ts";
import type { BrokerOutput, SendOutcome } from "../broker/output.ts";
import { ipcPath } from "../../endpoint.ts";
import { ExhaustedCopies } from "./exhausted_copies.ts";
import { ChosenIdentities, type ChosenIdentitiesOutput, type Origin, type Takeover } from "./chosen_identities.ts";
import {
  type ConnectionEvent,
  type FrontendMessage,
  FrontendReader,
  type FrontendSource,
  isGivenIdentity,
} from "./frontend.ts";
import { type IpcGate, listenBacklog, openIpcGate } from "./ipc_gate.ts";
import { hasSeveralIoThreads } from "./io_threads.ts";
import { LateEnds } from "../late_ends.ts";
import { LinkPipe } from "./link_pipe.ts";
import type { LogLimiter } from "../../log_limiter.ts";
import { splitEnvelope } from "../../lru.ts";
import type {
  QueueStatistics,
  RelayCommand,
  RelayConfig,
  RelayCounters,
  RelayMessage,
  RelayReport,
  RelaySnapshot,
  Side,
} from "./messages.ts";
import type { RefusedPeer } from "./relay_statistics.ts";
import { kindOf, reportLimiter } from "./reports.ts";
import { bindAll, openRouter, ROLE_OF } from "./routers.ts";
import type { Watchdog } from "../../service_state.ts";
import { encodeText } from "../../zmq/c_text.ts";
import {
  type ConnectionFd,
  connectionFd,
  endConnection,
  isConnectedTo,
  isOpen,
  shutDownFrom,
} from "../../zmq/connection_fd.ts";
import { Clock } from "../../zmq/clock.ts";
import { ContextOption, IntOption, MonitorEvent, SocketType } from "../../zmq/constants.ts";
import { countFreeDescriptors, descriptorLimit } from "../../zmq/descriptors.ts";
import { openWait } from "../../zmq/epoll.ts";
import { ZmqError } from "../../zmq/error.ts";
import type { IpcFileFacts } from "../../zmq/ipc_file.ts";
import type { Library } from "../../zmq/library.ts";
import { EMPTY_FRAME, type FrameHandle, MAX_IDENTITY_BYTES, MessagePool } from "../../zmq/message_pool.ts";
import { NO_FD } from "../../zmq/poll.ts";
import { scheduleAsBatch } from "../../zmq/scheduling.ts";
import { Context } from "../../zmq/context.ts";
import { Monitor, type SocketEvent } from "../../zmq/monitor.ts";
import type { Socket } from "../../zmq/socket.ts";

/** Messages of the frontend in one turn; in between, workers get their turn. */
const FRONTEND_MESSAGES_A_TURN = 256;
/** Messages of the backend in one turn: all there are, unless a peer sends without end. */
const BACKEND_MESSAGES_A_TURN = 4096;
/** While there are messages, the other sockets and deadlines are looked after at this interval. */
const BUSY_TURNS_MS = 2;
/**
 * How long a drained queue still reads departures. A connection that ends with a reply unread would keep libzmq from
 * closing the socket for the whole linger, if that were set before libzmq has noticed.
 */
const DEPARTURES_MS = 100;
const TOKEN_BYTES = 16;
/** How often snapshots are posted, if they are. */
const SNAPSHOT_INTERVAL_MS = 1000;
/** Properties of a message: where it came from, and through which descriptor. */
const PEER_ADDRESS = encodeText("Peer-Address");
const DESCRIPTOR = encodeText("__fd");
const ALIAS_BYTES = 12;

/** Options of a queue's context. */
const CONTEXT_OPTIONS = [
  // Otherwise each held message keeps the whole buffer it was received in: 8 KiB.
  [ContextOption.ZERO_COPY_RECV, 0],
] as const;

/** The frontend's place among the sockets that are waited for. */
const FRONTEND = 0;

/** What libzmq reports of a connection, in a message of its own. */
type Notification = "connected" | "gone";

/** A socket that ends the wait when it has something to read. */
interface PolledSocket {
  /** `ZMQ_FD` of the socket. */
  readonly fd: number;
  /** Called after a wait that found it readable. */
  onReadable(): void;
}

/** Posts to the main thread; buffers that are listed are moved there. */
export type PostToMain = (message: RelayMessage, moved?: ArrayBuffer[]) => void;

/** The two ROUTER sockets and the broker between them. */
export class Relay implements Disposable {
  readonly #library: Library;
  readonly #clock: Clock;
  readonly #post: PostToMain;
  readonly #context: Context;
  readonly #frontend: Socket;
  readonly #backend: Socket;
  readonly #control: Socket;
  readonly #monitors: Readonly<Record<Side, Monitor>>;
  readonly #handshakes: Readonly<Record<Side, Handshakes>>;
  /** There is one if the queue is linked to others. */
  readonly #link: LinkPipe | undefined;
  /** There is one if there are `ipc://` endpoints. */
  readonly #gate: IpcGate | undefined;
  readonly #pool: MessagePool;
  readonly #broker: Broker<FrameHandle>;
  readonly #limiter: LogLimiter<RelayReport>;
  readonly #frontendReader: FrontendReader<FrameHandle>;
  readonly #clients: ChosenIdentities<ConnectionFd>;
  readonly #workers: ChosenIdentities<ConnectionFd>;
  readonly #lateEnds: LateEnds<ConnectionFd>;
  readonly #door: Door | undefined;
  readonly #keyFolder: string | undefined;
  readonly #dropped: Record<Side, number> = { frontend: 0, backend: 0 };
  readonly #postsSnapshots: boolean;
  #nextSnapshotMs = 0;
  /** Copies exhausted requests, if they are kept. */
  readonly #exhausted: ExhaustedCopies | undefined;
  /** The content of the message that libzmq delivers in a peer's name when its connection ends; no peer can know it. */
  readonly #disconnectToken = makeToken();
  /** The message that is being read from the backend. */
  readonly #frames: FrameHandle[] = [];
  /** Whether a message may have come since the backend was found empty, so that a wait for it could miss that. */
  #isBackendUnsettled = true;
  #state: "serving" | "draining" | "stopped" = "serving";
  #drainDeadlineMs = Infinity;
  /** The time of this turn: what is read by it is decided by it, too. */
  #turnMs = 0;

  /**
   * Opens and binds the sockets.
   *
   * @param library libzmq, loaded on this thread.
   * @param config What to serve.
   * @param post Posts to the main thread.
   * @throws {ZmqError} When an endpoint cannot be bound.
   */
  constructor(library: Library, config: RelayConfig, post: PostToMain) {
    this.#library = library;
    this.#post = post;
    this.#keyFolder = config.access?.keys?.folder;
    this.#postsSnapshots = config.postsSnapshots ?? false;
    this.#limiter = reportLimiter((report, count) => post({ type: "report", report, count }));
    this.#clock = new Clock(library.symbols);
    this.#pool = new MessagePool(library.symbols);
    if (config.keepsExhausted) this.#exhausted = this.#exhaustedCopies();
    this.#frontendReader = new FrontendReader(this.#frontendSource(), library.hasDraftApi);
    this.#lateEnds = new LateEnds((connection) => endConnection(library.symbols, connection));
    // A client that reopens at once takes over its own identity: that is nothing to report.
    this.#clients = new ChosenIdentities(this.#identitiesOutput(() => {}));
    this.#workers = new ChosenIdentities(
      this.#identitiesOutput((takeover) => this.#report({ event: "worker identity taken over", ...takeover })),
    );
    this.#broker = new Broker({
      reader: this.#pool,
      output: this.#output(),
      config: { ...config.broker, knowsDepartures: library.hasDraftApi },
    });
    using opened = new DisposableStack();
    this.#context = opened.use(Context.open(library, [
      ...CONTEXT_OPTIONS,
      [ContextOption.IO_THREADS, config.ioThreads],
      ...scheduleAsBatch(library.symbols),
    ]));
    this.#door = config.access && opened.use(this.#openDoor(config.access, config.ioThreads));
    // Nobody else seeds the C library's random numbers. Without this, the identities that a ROUTER gives would begin at the
    // same number in every process.
    library.symbols.srand(crypto.getRandomValues(new Uint32Array(1))[0]!);
    const parts = { library, context: this.#context, config, disconnectToken: this.#disconnectToken };
    this.#frontend = opened.use(openRouter("frontend", parts));
    this.#backend = opened.use(openRouter("backend", parts));
    const hasIpc = [...config.frontend, ...config.backend].some(isIpc);
    const monitorOf = (side: Side, socket: Socket) =>
      new Monitor(this.#context, socket, handshakeEvents(this.#demandOf(side)), { withPeers: true });
    this.#monitors = {
      frontend: opened.use(monitorOf("frontend", this.#frontend)),
      backend: opened.use(monitorOf("backend", this.#backend)),
    };
    this.#handshakes = {
      frontend: this.#handshakesOf("frontend", config.ioThreads),
      backend: this.#handshakesOf("backend", config.ioThreads),
    };
    if (hasIpc) this.#gate = opened.use(this.#openGate(config));
    this.#control = opened.use(this.#context.socket(SocketType.PAIR, 0));
    const control = this.#control.bind(`inproc://control-${crypto.randomUUID()}`);
    const guards = { door: this.#door, gate: this.#gate };
    const frontend = bindAll(this.#frontend, "frontend", config.frontend, guards);
    if (config.linkId !== undefined) this.#link = opened.use(this.#openLink(config.linkId, frontend[0]!));
    post({
      type: "listening",
      frontend,
      backend: bindAll(this.#backend, "backend", config.backend, guards),
      context: this.#context.address,
      control,
      link: this.#link?.endpoints,
      ipcFiles: this.#ipcFiles,
      version: library.version,
      hasDraftApi: library.hasDraftApi,
    });
    opened.move();
  }

  get #ipcFiles(): readonly IpcFileFacts[] {
    return [...this.#frontend.ipcFiles, ...this.#backend.ipcFiles].map(({ facts }) => facts);
  }

  get #relayCounters(): RelayCounters {
    const { frontend, backend } = this.#handshakes;
    return {
      droppedMessages: this.#dropped.frontend + this.#dropped.backend,
      exhaustedNotCopied: this.#exhausted?.refused ?? 0,
      failedHandshakes: frontend.failed + backend.failed,
      excessHandshakes: frontend.excess + backend.excess,
    };
  }

  #snapshot(now: number): RelaySnapshot {
    return {
      ...this.#broker.snapshot(now),
      relayCounters: this.#relayCounters,
      dropped: { ...this.#dropped },
      refused: this.#door?.refusedByReason ?? {},
      refusedPeers: this.#refusedPeers(now),
      keys: this.#door?.needsKeys === true ? this.#door.keys : null,
      takenAtMs: Date.now(),
      clockMs: now,
      ...(this.#link === undefined ? {} : { link: this.#link.snapshot }),
    };
  }

  #refusedPeers(now: number): RefusedPeer[] {
    const { frontend, backend } = this.#handshakes;
    const failures = [...frontend.failedLately(now), ...backend.failedLately(now)];
    return refusedPeers(this.#door?.refusedLately(now) ?? [], failures, this.#keyFolder);
  }

  /** Posts a snapshot if it is time; returns the milliseconds to the next one. */
  #tickSnapshots(now: number): number {
    if (now >= this.#nextSnapshotMs) {
      this.#post({ type: "snapshot", snapshot: this.#snapshot(now) });
      this.#nextSnapshotMs = now + SNAPSHOT_INTERVAL_MS;
    }
    return Math.ceil(this.#nextSnapshotMs - now);
  }

  /** The counters and gauges. */
  get statistics(): QueueStatistics {
    return {
      ...this.#broker.counters,
      ...this.#relayCounters,
      ...this.#broker.gauges,
      ...this.#link?.snapshot.counters,
    };
  }

  /**
   * Serves until a command stops it; blocks. Then the sockets are closed.
   *
   * @param watchdog Is told in the turns that the relay is alive.
   */
  run(watchdog?: Watchdog): void {
    const polled = this.#polledSockets();
    // The gate's descriptors come after these.
    using wait = openWait(this.#library, [
      ...polled.map(({ fd }) => fd),
      ...new Array(this.#gate?.waits ?? 0).fill(NO_FD),
    ]);
    let lastWaitMs = -Infinity;
    let drainedMs = Infinity;
    // Waiting is right only for sockets that a receive has found empty. The frontend and the backend count as unsettled.
    this.#readControl();
    this.#readMonitors();
    this.#link?.attached();
    let now = this.#clock.now();
    while (this.#state !== "stopped") {
      this.#turnMs = now;
      if (this.#isBackendUnsettled) this.#readBackend(now);
      if (this.#link?.isUnsettled) this.#link.read(now);
      this.#broker.dispatch(now);
      if (this.#frontendReader.isUnsettled) this.#readFrontend(now, FRONTEND_MESSAGES_A_TURN);
      if (this.#isBusy && now - lastWaitMs < BUSY_TURNS_MS) {
        now = this.#clock.now();
        continue;
      }
      // Before the broker, which then dispatches what the link has reserved until now.
      const linkMs = this.#link?.tick(now) ?? -1;
      let timeoutMs = earlierOf(this.#broker.tick(now), this.#limiter.tick(now));
      timeoutMs = earlierOf(timeoutMs, this.#lateEnds.tick(now));
      timeoutMs = earlierOf(timeoutMs, this.#handshakes.frontend.tick(now));
      timeoutMs = earlierOf(timeoutMs, this.#handshakes.backend.tick(now));
      timeoutMs = earlierOf(timeoutMs, linkMs);
      if (this.#door !== undefined) timeoutMs = earlierOf(timeoutMs, this.#door.tick(now));
      if (this.#gate !== undefined) timeoutMs = earlierOf(timeoutMs, this.#gate.tick(now, wait, polled.length));
      if (this.#postsSnapshots) timeoutMs = earlierOf(timeoutMs, this.#tickSnapshots(now));
      if (watchdog !== undefined) timeoutMs = earlierOf(timeoutMs, watchdog.tick(now));
      if (this.#state === "draining") {
        const hasUnsent = this.#link?.hasUnsent ?? false;
        if (this.#broker.pending === 0 && !hasUnsent) drainedMs = Math.min(drainedMs, now);
        const leftMs = Math.ceil(Math.min(drainedMs + DEPARTURES_MS, this.#drainDeadlineMs) - now);
        if (leftMs <= 0) break;
        timeoutMs = earlierOf(timeoutMs, leftMs);
      }
      // While the frontend is unsettled, it need not be waited for; at the bound, it must not end the wait.
      wait.watch(FRONTEND, !this.#frontendReader.isUnsettled);
      const count = wait.wait(this.#isBusy ? 0 : timeoutMs);
      // The gate checks its own descriptors in its next tick.
      for (let position = 0; position < count; position++) polled[wait.ready(position)]?.onReadable();
      now = this.#clock.now();
      lastWaitMs = now;
    }
    this.#close();
  }

  /** Closes what is open; unsent replies are dropped. */
  [Symbol.dispose](): void {
    this.#closeSockets();
    this.#context.close();
  }

  #closeSockets(): void {
    // Monitors before their sockets.
    for (const monitor of Object.values(this.#monitors)) monitor.close();
    for (const socket of [this.#control, this.#frontend, this.#backend]) socket.close();
    this.#link?.[Symbol.dispose]();
    this.#gate?.[Symbol.dispose]();
    this.#door?.close();
  }

  /** All sockets that the wait is for, the frontend first; a further one is one more entry. */
  #polledSockets(): PolledSocket[] {
    const sockets: PolledSocket[] = [
      { fd: this.#frontend.fd, onReadable: () => this.#frontendReader.unsettle() },
      { fd: this.#backend.fd, onReadable: () => void (this.#isBackendUnsettled = true) },
      { fd: this.#control.fd, onReadable: () => this.#readControl() },
      { fd: this.#monitors.frontend.fd, onReadable: () => this.#frontendReader.readEvents() },
      { fd: this.#monitors.backend.fd, onReadable: () => this.#readBackendMonitor() },
    ];
    const link = this.#link;
    if (link !== undefined) sockets.push({ fd: link.fd, onReadable: () => link.unsettle() });
    const door = this.#door;
    for (const fd of door?.fds ?? []) sockets.push({ fd, onReadable: () => door!.read(this.#clock.now()) });
    return sockets;
  }

  #openLink(id: string, address: string): LinkPipe {
    return new LinkPipe({
      library: this.#library,
      context: this.#context,
      pool: this.#pool,
      broker: this.#broker,
      id,
      address,
      frames: this.#frames,
      onReport: (report) => this.#report(report),
    });
  }

  #openDoor(config: AccessConfig, ioThreads: number): Door {
    return new Door({
      library: this.#library,
      context: this.#context,
      ioThreads,
      config,
      onRefused: ({ count, ...refusal }) => {
        const report = { event: "peer refused", ...refusal, keyFolder: this.#keyFolder } as const;
        this.#post({ type: "report", report, count });
      },
      // Each names other keys, and is caused by whoever changes the list.
      onShownOut: (names, silent) => {
        this.#post({ type: "report", report: { event: "keys no longer permitted", names }, count: 1 });
        // A worker that is silent would otherwise be sent a request on trial.
        for (const identity of silent) this.#broker.workerGone(identity, this.#clock.now());
      },
    });
  }

  #demandOf(side: Side): Demand {
    return this.#door?.demandOf(ROLE_OF[side]) ?? "nothing";
  }

  #handshakesOf(side: Side, ioThreads: number): Handshakes {
    return new Handshakes({
      role: ROLE_OF[side],
      demand: this.#demandOf(side),
      close: (fd, port) => shutDownFrom(this.#library.symbols, fd, port),
      isOpen: hasSeveralIoThreads(side, ioThreads)
        ? (fd, port) => isConnectedTo(this.#library.symbols, fd, port)
        : undefined,
      onFailed: ({ count, ...failed }) =>
        this.#post({ type: "report", report: { event: "handshake failed", ...failed }, count }),
    });
  }

  #openGate({ frontend, backend, reservedDescriptors = 0 }: RelayConfig): IpcGate {
    const sides = [["client", frontend], ["worker", backend]] as const;
    const { symbols } = this.#library;
    return openIpcGate(symbols, {
      countFree: (enough) => countFreeDescriptors(symbols, enough + reservedDescriptors) - reservedDescriptors,
      backlog: listenBacklog(descriptorLimit(symbols)),
      endpoints: frontend.length + backend.length,
      // A listener that a guarded socket gets is guarded, and those of ipc endpoints are not.
      canOpenLanes: !sides.some(([role, endpoints]) =>
        endpoints.some(isIpc) && endpoints.some((endpoint) => this.#door?.guards(role, endpoint))
      ),
      readMonitors: () => this.#readMonitors(),
      onChange: (state) => this.#post({ type: "ipc gate", state }),
      onReplace: () => this.#post({ type: "ipc files", ipcFiles: this.#ipcFiles }),
      onFailure: (failure) => this.#post({ type: "ipc file failure", failure }),
    });
  }

  #output(): BrokerOutput<FrameHandle> {
    return {
      sendRequest: (worker, client, frames) => this.#sendRequest(worker, client, frames),
      sendReply: (client, frames, start) => {
        // The connection that the reply is owed to has ended when another has taken its identity over.
        if (this.#frontendReader.readAheadFor(client)) return "unreachable";
        return this.#sendReply(client, frames, start);
      },
      originOf: (identity, frames) => {
        const address = this.#addressOf(frames);
        const name = this.#door?.nameOf(identity);
        return { ...(address === undefined ? {} : { address }), ...(name === undefined ? {} : { name }) };
      },
      release: (frames) => {
        for (const frame of frames) this.#pool.release(frame);
      },
      digest: (frames) => {
        // Of the body alone: the envelope of a client behind a further ROUTER changes with each connection.
        const hash = createHash("sha256");
        for (const frame of splitEnvelope(frames, this.#pool).body) hash.update(this.#pool.bytes(frame));
        return hash.digest("hex").slice(0, 16);
      },
      exhausted: (request, id) => this.#exhausted?.add(request, id, this.#clock.now()),
      // From one identity that libzmq gave the others can be guessed, and whoever takes the next one ends the queue. Those that
      // the door gave name the key, which is no business of the workers.
      makeAlias: (identity) => identity === null || this.#isAssigned(identity) ? makeAlias() : identity,
      makeToken,
      report: (report) => this.#report(report),
    };
  }

  #exhaustedCopies(): ExhaustedCopies {
    return new ExhaustedCopies({
      pool: this.#pool,
      onCopy: (copy) => this.#post({ type: "exhausted", copy }, copy.body.map(({ buffer }) => buffer)),
      onRefused: (digest, reason) => this.#report({ event: "exhausted request not kept", digest, reason }),
    });
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

  /** Sends the frames from a start on, and takes them out of the message: it is {@linkcode Relay.#frames}. */
  #sendReply(client: string, frames: readonly FrameHandle[], start: number): SendOutcome {
    const socket = this.#frontend.pointer;
    this.#frontendReader.unsettle();
    const outcome = this.#pool.sendIdentity(socket, client);
    if (outcome !== "sent") return outcome;
    // With the identity libzmq chose the connection. It may have been taken over since the frontend was read.
    if (this.#frontendReader.readAheadFor(client)) {
      this.#pool.sendNothing(socket);
      return "unreachable";
    }
    const last = frames.length - 1;
    for (let i = start; i <= last; i++) {
      this.#pool.sendOwned(socket, frames[i]!, i < last);
      this.#frames[i] = EMPTY_FRAME;
    }
    return outcome;
  }

  #report(report: RelayReport): void {
    this.#limiter.add(kindOf(report), report, this.#clock.now());
  }

  #frontendSource(): FrontendSource<FrameHandle> {
    return {
      receive: () => this.#receiveFromFrontend(),
      receiveEvent: () => this.#receiveEvent("frontend"),
      isAssigned: (identity) => this.#isAssigned(identity),
      leavesUnread: () => this.#broker.leavesUnread(this.#turnMs),
      now: () => this.#clock.now(),
    };
  }

  #receiveFromFrontend(): FrontendMessage<FrameHandle> | undefined {
    const socket = this.#frontend.pointer;
    for (;;) {
      const identity = this.#pool.receiveIdentity(socket);
      if (identity === undefined) return undefined;
      const first = this.#pool.receiveFrame(socket);
      // Made with the usual two frames at once, an array has no room for fifteen more, which a backlog would keep.
      const frames = this.#pool.more ? [first, this.#pool.receiveFrame(socket)] : [first];
      while (this.#pool.more) frames.push(this.#pool.receiveFrame(socket));
      const kind = this.#notification(frames) ?? "request";
      try {
        if (this.#door === undefined || this.#passes(this.#door, identity, kind, "frontend")) {
          return { kind, identity, frames };
        }
      } catch (error) {
        this.#dropFailed("frontend", error);
      }
      for (const frame of frames) this.#pool.release(frame);
    }
  }

  /** Whether there may be something to read. */
  get #isBusy(): boolean {
    return this.#isBackendUnsettled || this.#frontendReader.mayHaveNext || (this.#link?.isUnsettled ?? false);
  }

  #readFrontend(now: number, limit: number): void {
    for (let count = 0; count < limit; count++) {
      const message = this.#frontendReader.next(now);
      if (message === undefined) return;
      try {
        if (this.#takeFrontendMessage(message, now)) continue;
      } catch (error) {
        // Its frames are not released: the broker may have them.
        this.#dropFailed("frontend", error);
        continue;
      }
      for (const frame of message.frames) this.#pool.release(frame);
    }
  }

  /** Passes a message to the broker; returns whether its frames are the broker's now. */
  #takeFrontendMessage({ kind, identity, frames }: FrontendMessage<FrameHandle>, now: number): boolean {
    if (kind === "gone") this.#door?.gone(identity);
    if (identity.length > MAX_IDENTITY_BYTES) {
      if (kind === "request") this.#drop("frontend");
      return false;
    }
    switch (kind) {
      case "connected":
        if (!this.#isAssigned(identity)) this.#clients.connected(identity);
        this.#broker.clientConnected(identity, now);
        return false;
      case "gone":
        this.#clients.gone(identity);
        this.#broker.clientGone(identity, now);
        return false;
      case "request":
        if (this.#clients.hasUnheard) this.#clients.heard(identity, () => this.#originOf(frames));
        return this.#broker.receiveRequest(identity, frames, now);
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
      try {
        const notification = this.#notification(frames);
        if (this.#door === undefined || this.#passes(this.#door, identity, notification ?? "message", "backend")) {
          this.#takeBackendMessage(identity, notification, frames, now);
        }
      } catch (error) {
        this.#dropFailed("backend", error);
      }
      for (const frame of frames) this.#pool.release(frame);
      frames.length = 0;
    }
  }

  /** Passes a message to the broker. */
  #takeBackendMessage(
    identity: string,
    notification: Notification | undefined,
    frames: readonly FrameHandle[],
    now: number,
  ): void {
    if (notification === "gone") this.#door?.gone(identity);
    if (identity.length > MAX_IDENTITY_BYTES) {
      if (notification === undefined) this.#drop("backend");
      return;
    }
    switch (notification) {
      case "connected":
        if (!this.#isAssigned(identity)) this.#workers.connected(identity);
        this.#broker.workerConnected(identity, now);
        break;
      case "gone":
        this.#workers.gone(identity);
        this.#broker.workerGone(identity, now);
        break;
      default:
        if (this.#workers.hasUnheard) this.#workers.heard(identity, () => this.#originOf(frames));
        this.#broker.receiveFromWorker(identity, frames, now);
    }
  }

  /** Shows the door a message that was just read; returns whether it may be passed on. */
  #passes(door: Door, identity: string, kind: Notification | "request" | "message", side: Side): boolean {
    switch (kind) {
      case "connected":
        return door.connected(identity);
      case "gone":
        // The door hears of it when what came before has been passed on: until then the identity counts as given.
        return true;
      default:
        return door.accepts(identity, ROLE_OF[side], (name) => this.#pool.property(name), this.#turnMs);
    }
  }

  /** Whether libzmq or the door has assigned an identity, so that it is of one connection alone. */
  #isAssigned(identity: string): boolean {
    return isGivenIdentity(identity) || this.#door?.gave(identity) === true;
  }

  /** Where a message came from. */
  #originOf(frames: readonly FrameHandle[]): Origin<ConnectionFd> {
    const frame = frames.find((frame) => frame !== EMPTY_FRAME);
    if (frame === undefined) return { address: undefined, connection: undefined };
    const fd = this.#pool.propertyOf(frame, DESCRIPTOR);
    return {
      address: this.#pool.propertyOf(frame, PEER_ADDRESS),
      connection: fd === undefined ? undefined : connectionFd(this.#library.symbols, Number(fd)),
    };
  }

  #addressOf(frames: readonly FrameHandle[]): string | undefined {
    const frame = frames.find((frame) => frame !== EMPTY_FRAME);
    return frame === undefined ? undefined : this.#pool.propertyOf(frame, PEER_ADDRESS);
  }

  #identitiesOutput(report: (takeover: Takeover) => void): ChosenIdentitiesOutput<ConnectionFd> {
    const { symbols } = this.#library;
    return {
      isOpen: (connection) => isOpen(symbols, connection),
      end: (connection) => this.#lateEnds.add(connection, this.#clock.now()),
      report,
    };
  }

  /** A message is dropped whose sender's identity is too long to be answered. */
  #drop(side: Side): void {
    this.#dropped[side]++;
    this.#report({ event: "message dropped", side });
  }

  /**
   * A message is dropped because handling it failed, so that the error of one does not end the queue for all.
   *
   * @throws {ZmqError} The error itself, if libzmq failed: then part of a message may have been sent, and the next one
   * would be taken for its rest.
   */
  #dropFailed(side: Side, error: unknown): void {
    if (error instanceof ZmqError) throw error;
    this.#dropped[side]++;
    this.#report({ event: "message failed", side, reason: String(error) });
  }

  #readFrames(socket: Deno.PointerObject, frames: FrameHandle[]): void {
    do frames.push(this.#pool.receiveFrame(socket)); while (this.#pool.more);
  }

  #notification(frames: readonly FrameHandle[]): Notification | undefined {
    if (frames.length !== 1 || !this.#library.hasDraftApi) return undefined;
    const frame = frames[0]!;
    if (frame === EMPTY_FRAME) return "connected";
    return this.#pool.size(frame) === TOKEN_BYTES && this.#pool.text(frame) === this.#disconnectToken
      ? "gone"
      : undefined;
  }

  #readMonitors(): void {
    this.#frontendReader.readEvents();
    this.#readBackendMonitor();
  }

  #readBackendMonitor(): void {
    while (this.#receiveEvent("backend") !== undefined);
  }

  #receiveEvent(side: Side): ConnectionEvent | undefined {
    const event = this.#monitors[side].receive();
    if (event === undefined) return undefined;
    this.#gate?.receive(event);
    const isHandshakesEnd = this.#handshakes[side].receive(event, this.#clock.now());
    return isHandshakesEnd ? "ended in handshake" : connectionEvent(event);
  }

  #readControl(): void {
    for (let frames = this.#control.receive(); frames !== undefined; frames = this.#control.receive()) {
      this.#obey(JSON.parse(new TextDecoder().decode(frames[0])) as RelayCommand);
    }
  }

  #obey(command: RelayCommand): void {
    switch (command.command) {
      case "drain":
        this.#startDraining(command.timeoutMs, this.#clock.now());
        break;
      case "abort":
        this.#state = "stopped";
        this.#drainDeadlineMs = 0;
        break;
      case "permit":
        this.#door?.permit(command.keys);
        break;
      case "copy written":
        this.#exhausted?.release(command.bytes);
        break;
      case "statistics":
        this.#post({ type: "statistics", statistics: this.statistics });
        break;
      case "snapshot":
        this.#post({ type: "snapshot", snapshot: this.#snapshot(this.#clock.now()) });
        break;
      case "pause":
        this.#broker.pause();
        break;
      case "resume":
        this.#broker.resume();
    }
  }

  #startDraining(timeoutMs: number, now: number): void {
    this.#state = "draining";
    this.#drainDeadlineMs = now + timeoutMs;
    // Requests that came before the signal are served, up to the bound.
    this.#readFrontend(now, Infinity);
    this.#broker.startDraining(now, timeoutMs);
  }

  #close(): void {
    this.#broker.abandon();
    if (this.#link !== undefined) {
      this.#link.leave();
      this.#post({ type: "closing link" });
    }
    this.#limiter.flush();
    const lingerMs = Math.max(0, Math.ceil(this.#drainDeadlineMs - this.#clock.now()));
    for (const socket of [this.#frontend, this.#backend]) socket.setInt(IntOption.LINGER, lingerMs);
    this.#closeSockets();
    this.#post({ type: "closing" });
    // Waits for the control socket's other end, and up to the linger for replies to leave.
    this.#context.close();
    this.#post({ type: "stopped", statistics: this.statistics });
  }
}

/** The earlier of two deadlines in milliseconds from now, of which -1 is none. */
function earlierOf(oneMs: number, otherMs: number): number {
  if (oneMs < 0) return otherMs;
  return otherMs < 0 ? oneMs : Math.min(oneMs, otherMs);
}

function isIpc(endpoint: string): boolean {
  return ipcPath(endpoint) !== undefined;
}

/** What an event of a monitor means. */
function connectionEvent({ event }: SocketEvent): ConnectionEvent {
  switch (event) {
    case MonitorEvent.ACCEPTED:
      return "accepted";
    case MonitorEvent.HANDSHAKE_SUCCEEDED:
      return "connected";
    case MonitorEvent.DISCONNECTED:
      return "ended";
    default:
      return "handshake failed";
  }
}

/** Makes a printable one, because some peers take frames for text. */
function makeAlias(): string {
  return crypto.getRandomValues(new Uint8Array(ALIAS_BYTES)).toBase64({ alphabet: "base64url" });
}

function makeToken(): string {
  return String.fromCharCode(...crypto.getRandomValues(new Uint8Array(TOKEN_BYTES)));
}
