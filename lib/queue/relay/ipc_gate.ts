/**
 * Lets newcomers in at `ipc://` endpoints as long as there are file descriptors for them. libzmq's listener on such an
 * endpoint ends the process with an assertion when it accepts a connection and there is no descriptor for it, and it
 * accepts whatever comes. There are two ways to prevent that:
 *
 * - {@linkcode ReserveGate}, where the process may have many descriptors: when few are left, the endpoints' files are hidden.
 *   Until that has been done libzmq's I/O thread goes on accepting; how far it can get is known, and so many are kept in
 *   reserve.
 * - {@linkcode LaneGate}, where that reserve would be more than half of all: libzmq gets a listener only when its path does
 *   not lead there any more, so that no more can be accepted than already wait there.
 *
 * @module
 */

import { MonitorEvent } from "../../zmq/constants.ts";
import type { IpcFile, IpcListener } from "../../zmq/ipc_file.ts";
import { MONITOR_CAPACITY, type SocketEvent } from "../../zmq/monitor.ts";
import { BlockingPoll } from "../../zmq/poll.ts";
import type { Socket } from "../../zmq/socket.ts";
import type { Symbols } from "../../zmq/symbols.ts";

/** The most connections that may wait to be accepted at an `ipc://` endpoint. */
const MAX_BACKLOG = 1024;
/** One descriptor in so many may be a connection that waits to be accepted. */
const LIMIT_PER_BACKLOG = 64;
/** Of the descriptors that are left at the start, the largest part that is kept in reserve. */
const MAX_RESERVED_PART = 0.5;
/** Descriptors for everything else that this process opens meanwhile. */
const OTHER_DESCRIPTORS = 64;
/** How much more than the reserve there must be to let newcomers in again, as a part of it. */
const MARGIN_PART = 1 / 8;
/** How often the descriptors are counted while newcomers are kept out. */
const COUNT_INTERVAL_MS = 100;

/** Connections that may wait at a lane; a Unix socket takes one more. */
const LANE_BACKLOG = 7;
/** What opening a lane can take: its connections, the next one's listener, and some of what this process opens meanwhile. */
const LANE_DESCRIPTORS = LANE_BACKLOG + 1 + 1 + 12;
/** How long to wait until libzmq has accepted what waits at the lane before. */
const LANE_PAUSE_MS = 1;
/** How often lanes whose connections have all ended are closed, and how old they are at least. */
const SWEEP_INTERVAL_MS = 100;

/** No descriptor to wait for. */
const NO_FD = -1;
/** The process, or the whole system, has no descriptor left. */
const TOO_MANY: readonly string[] = ["EMFILE", "ENFILE"];

/** Whether newcomers can connect to `ipc://` endpoints. */
export type GateState = "open" | "closed";

/** What a gate needs. */
export interface GateOptions {
  /** Counts the descriptors that are left; it may stop at `enough`. */
  readonly countFree: (enough: number) => number;
  /** How many connections may wait to be accepted at each `ipc://` endpoint. */
  readonly backlog: number;
  /** How many endpoints accept connections, whatever their transport. */
  readonly endpoints: number;
  /** Whether libzmq may get listeners later. */
  readonly canOpenLanes: boolean;
  /** Reads all that the monitors of both sockets have to report. */
  readonly readMonitors: () => void;
  /** Called when newcomers can connect again, and when they cannot any more. */
  readonly onChange: (state: GateState) => void;
  /** Called when an endpoint's file is another one. */
  readonly onReplace: () => void;
  /** Called when an endpoint's file can be neither hidden nor replaced: newcomers are let in all the same. */
  readonly onUnguarded: (endpoint: string, error: string) => void;
}

/** Lets newcomers in at `ipc://` endpoints. Both sockets of the relay have monitors while there is one. */
export interface IpcGate extends Disposable {
  /** How many descriptors it waits for. */
  readonly waits: number;
  /**
   * Binds an endpoint.
   *
   * @param socket The socket.
   * @param path The endpoint's path.
   * @param subject What the socket is to its user, for an error's sentence.
   * @returns The endpoint as bound.
   * @throws {ZmqError} As {@linkcode Socket.bind}.
   */
  bind(socket: Socket, path: string, subject: string): string;
  /** A monitor has reported an event. */
  receive(event: SocketEvent): void;
  /**
   * Does what is due.
   *
   * @param nowMs The time.
   * @param poll Gets the descriptors to wait for.
   * @param first The number of the first one there.
   * @returns In how many whole milliseconds to call this again; -1 for not before a descriptor is readable.
   */
  tick(nowMs: number, poll: BlockingPoll, first: number): number;
}

/**
 * How many connections may wait to be accepted at each `ipc://` endpoint.
 *
 * @param limit How many descriptors the process may have.
 */
export function listenBacklog(limit: number): number {
  return Math.max(1, Math.min(MAX_BACKLOG, Math.floor(limit / LIMIT_PER_BACKLOG)));
}

/**
 * Chooses a gate, by the descriptors that are left.
 *
 * @param symbols libzmq, and the C library with it.
 * @param options What it needs.
 */
export function openIpcGate(symbols: Symbols, options: GateOptions): IpcGate {
  // What can be accepted before the files are hidden is what the two monitors hold, and after that what waits at the ipc
  // endpoints; while these accept a connection, the others accept one at most, too.
  const unseen = 2 * (MONITOR_CAPACITY + 1) + options.endpoints * (options.backlog + 1);
  const wanted = unseen + OTHER_DESCRIPTORS;
  const free = options.countFree(wanted / MAX_RESERVED_PART);
  const reserve = Math.min(wanted, Math.floor(free * MAX_RESERVED_PART));
  return reserve === wanted || !options.canOpenLanes
    ? new ReserveGate(reserve, options)
    : new LaneGate(symbols, options);
}

/** Hides the endpoints' files when few descriptors are left, and shows them when there are enough again. */
export class ReserveGate implements IpcGate {
  readonly waits = 0;
  readonly #reserve: number;
  readonly #margin: number;
  readonly #options: GateOptions;
  readonly #files: IpcFile[] = [];
  #isClosed = false;
  /** How many connections may be accepted before the descriptors are counted again. */
  #budget: number;
  #nextCountMs = 0;

  /**
   * @param reserve How many descriptors are left when the files are hidden.
   * @param options What it needs.
   */
  constructor(reserve: number, options: GateOptions) {
    this.#reserve = reserve;
    this.#margin = Math.ceil(reserve * MARGIN_PART);
    this.#options = options;
    this.#budget = this.#count();
  }

  bind(socket: Socket, path: string, subject: string): string {
    const listener = socket.listen(path, subject, this.#options.backlog);
    socket.adopt(listener);
    if (listener.file !== undefined) this.#files.push(listener.file);
    return listener.endpoint;
  }

  receive({ event }: SocketEvent): void {
    if (event !== MonitorEvent.ACCEPTED || --this.#budget > 0 || this.#isClosed) return;
    this.#budget = this.#count();
    // Otherwise they would be counted again soon, for few newcomers.
    if (this.#budget >= this.#margin) return;
    this.#isClosed = true;
    for (const file of this.#files) {
      const error = file.hide();
      if (error !== undefined && error !== "ENOENT") this.#options.onUnguarded(`ipc://${file.facts.path}`, error);
    }
    this.#options.onChange("closed");
  }

  tick(nowMs: number): number {
    if (!this.#isClosed) return -1;
    if (nowMs < this.#nextCountMs) return Math.ceil(this.#nextCountMs - nowMs);
    this.#nextCountMs = nowMs + COUNT_INTERVAL_MS;
    this.#budget = this.#count();
    if (this.#budget < 2 * this.#margin) return COUNT_INTERVAL_MS;
    this.#isClosed = false;
    for (const file of this.#files) file.show();
    this.#options.onChange("open");
    return -1;
  }

  [Symbol.dispose](): void {}

  #count(): number {
    return this.#options.countFree(this.#reserve + 2 * this.#margin) - this.#reserve;
  }
}

/** A listener that libzmq has, to which no path leads any more. */
interface Lane {
  readonly socket: Socket;
  readonly listener: IpcListener;
  readonly openedMs: number;
  /** How many of its connections have not ended. */
  connections: number;
}

/** An endpoint at which newcomers wait until a lane is opened for them. */
interface Entrance {
  readonly socket: Socket;
  readonly file: IpcFile;
  /** Where its path leads to, unless libzmq has that. */
  waiting: IpcListener | undefined;
  /** Whether the last look found nobody there. */
  isEmpty: boolean;
}

/** What came of looking at a entrance. */
type Look = "empty" | "pause" | "short";

/**
 * Lets newcomers in by lanes. An endpoint's path leads to a listener that libzmq does not have. When somebody waits there, and
 * there are enough descriptors, the path is led to a new listener, and libzmq gets the old one: the lane.
 */
export class LaneGate implements IpcGate {
  readonly #symbols: Symbols;
  readonly #options: GateOptions;
  readonly #entrances: Entrance[] = [];
  /** By their endpoints. */
  readonly #lanes = new Map<string, Lane>();
  /** Those without connections. */
  readonly #emptyLanes = new Set<Lane>();
  /** By the descriptors of their connections. */
  readonly #lanesByFd = new Map<number, Lane>();
  /** The lane that was opened last. */
  #lastLane: Lane | undefined;
  #state: GateState = "open";
  #nextCountMs = 0;
  #nextSweepMs = 0;
  readonly #probe: BlockingPoll;

  /**
   * @param symbols libzmq, and the C library with it.
   * @param options What it needs.
   */
  constructor(symbols: Symbols, options: GateOptions) {
    this.#symbols = symbols;
    this.#probe = new BlockingPoll({ symbols }, [NO_FD]);
    this.#options = options;
  }

  get waits(): number {
    return this.#entrances.length;
  }

  bind(socket: Socket, path: string, subject: string): string {
    const listener = socket.listen(path, subject, LANE_BACKLOG);
    const { endpoint, file } = listener;
    // Nothing else can lead to an abstract socket.
    if (file === undefined) socket.adopt(listener);
    else this.#entrances.push({ socket, file, waiting: listener, isEmpty: false });
    return endpoint;
  }

  receive({ event, value: fd, endpoint }: SocketEvent): void {
    if (event !== MonitorEvent.ACCEPTED && event !== MonitorEvent.DISCONNECTED) return;
    // A connection whose identity was taken over ends without an event; then its descriptor is given to another one.
    const before = this.#lanesByFd.get(fd);
    if (before !== undefined && --before.connections === 0) this.#emptyLanes.add(before);
    this.#lanesByFd.delete(fd);
    const lane = event === MonitorEvent.ACCEPTED ? this.#lanes.get(endpoint) : undefined;
    if (lane === undefined) return;
    lane.connections++;
    this.#emptyLanes.delete(lane);
    this.#lanesByFd.set(fd, lane);
  }

  tick(nowMs: number, poll: BlockingPoll, first: number): number {
    if (nowMs >= this.#nextSweepMs) this.#sweep(nowMs);
    let waitMs = this.#emptyLanes.size > 0 ? Math.ceil(this.#nextSweepMs - nowMs) : Infinity;
    let isShort = false;
    for (const [index, entrance] of this.#entrances.entries()) {
      if (entrance.isEmpty && !poll.readable(first + index)) continue;
      const look = this.#look(entrance, nowMs);
      entrance.isEmpty = look === "empty";
      poll.setDescriptor(first + index, entrance.isEmpty ? entrance.waiting?.fd ?? NO_FD : NO_FD);
      if (look === "pause") waitMs = Math.min(waitMs, LANE_PAUSE_MS);
      if (look === "short") waitMs = Math.min(waitMs, Math.ceil(this.#nextCountMs - nowMs));
      isShort ||= look === "short";
    }
    this.#setState(isShort ? "closed" : "open");
    return waitMs === Infinity ? -1 : waitMs;
  }

  [Symbol.dispose](): void {
    for (const { waiting } of this.#entrances.splice(0)) if (waiting !== undefined) this.#symbols.close(waiting.fd);
  }

  /** Opens a lane if somebody waits at the entrance and it can be opened. */
  #look(entrance: Entrance, nowMs: number): Look {
    if (entrance.waiting === undefined || !this.#isReadable(entrance.waiting)) return "empty";
    // What waits at the lane before is not among the descriptors in use yet.
    if (this.#lastLane !== undefined && this.#isReadable(this.#lastLane.listener)) return "pause";
    if (nowMs < this.#nextCountMs) return "short";
    if (this.#options.countFree(LANE_DESCRIPTORS) < LANE_DESCRIPTORS) {
      this.#nextCountMs = nowMs + COUNT_INTERVAL_MS;
      return "short";
    }
    const { waiting, file } = entrance;
    const next = file.replace(LANE_BACKLOG);
    if (typeof next === "string" && TOO_MANY.includes(next)) {
      this.#nextCountMs = nowMs + COUNT_INTERVAL_MS;
      return "short";
    }
    // A full monitor would block what follows.
    this.#options.readMonitors();
    entrance.socket.adopt(waiting);
    this.#lastLane = { socket: entrance.socket, listener: waiting, openedMs: nowMs, connections: 0 };
    if (typeof next === "string") {
      entrance.waiting = undefined;
      if (next !== "ENOENT") this.#options.onUnguarded(waiting.endpoint, next);
      return "empty";
    }
    entrance.waiting = next;
    this.#lanes.set(waiting.endpoint, this.#lastLane);
    this.#emptyLanes.add(this.#lastLane);
    this.#options.onReplace();
    return "pause";
  }

  /** Closes lanes whose connections have all ended. */
  #sweep(nowMs: number): void {
    this.#nextSweepMs = nowMs + SWEEP_INTERVAL_MS;
    if (this.#emptyLanes.size === 0) return;
    // A full monitor would block what follows, and a connection may have been accepted just now.
    this.#options.readMonitors();
    for (const lane of this.#emptyLanes) {
      if (nowMs - lane.openedMs < SWEEP_INTERVAL_MS || this.#isReadable(lane.listener)) continue;
      this.#emptyLanes.delete(lane);
      this.#lanes.delete(lane.listener.endpoint);
      if (lane === this.#lastLane) this.#lastLane = undefined;
      lane.socket.unbind(lane.listener.endpoint);
    }
  }

  /** Whether connections wait at a listener. */
  #isReadable({ fd }: IpcListener): boolean {
    this.#probe.setDescriptor(0, fd);
    this.#probe.wait(0);
    return this.#probe.readable(0);
  }

  #setState(state: GateState): void {
    if (state === this.#state) return;
    this.#state = state;
    this.#options.onChange(state);
  }
}
