/**
 * Keeps new peers out of `ipc://` endpoints while there are no file descriptors for them. libzmq accepts every connection,
 * and if an `ipc://` endpoint has no descriptor for one, an assertion ends the process. There are two ways to prevent that:
 *
 * - {@linkcode ReserveGate}, for processes with many descriptors, hides the endpoints' files when few are left. Until they
 *   are hidden, libzmq's I/O thread keeps accepting. It can accept only so many connections in that time, and that many
 *   descriptors are kept in reserve.
 * - {@linkcode LaneGate}, if that reserve would be more than half of all descriptors, hands a listener to libzmq only after
 *   the path has been given to a new listener. So libzmq accepts only the connections that already wait at the old one.
 *
 * @module
 */

import { MonitorEvent } from "../../zmq/constants.ts";
import type { IpcFile, IpcListener } from "../../zmq/ipc_file.ts";
import { MONITOR_CAPACITY, type SocketEvent } from "../../zmq/monitor.ts";
import { BlockingPoll, type BlockingWait, NO_FD } from "../../zmq/poll.ts";
import type { Socket } from "../../zmq/socket.ts";
import type { Symbols } from "../../zmq/symbols.ts";

/** The most connections that may wait to be accepted at an `ipc://` endpoint. */
const MAX_BACKLOG = 1024;
/** That backlog is at most this fraction of the limit of descriptors: one in 64. */
const LIMIT_PER_BACKLOG = 64;
/** The largest fraction of the free descriptors to keep in reserve. */
const MAX_RESERVED_PART = 0.5;
/** Descriptors for whatever else the process opens meanwhile. */
const OTHER_DESCRIPTORS = 64;
/**
 * How many descriptors beyond the reserve must be free, as a fraction of it, so that the gate does not keep opening and
 * closing.
 */
const MARGIN_PART = 1 / 8;
/** How often the descriptors are counted while the gate is closed. */
const COUNT_INTERVAL_MS = 100;

/** How many connections may wait at a lane; a Unix socket takes one more. */
const LANE_BACKLOG = 7;
/** The descriptors that a lane can take: its connections, the next listener, and some for what the process opens meanwhile. */
const LANE_DESCRIPTORS = LANE_BACKLOG + 1 + 1 + 12;
/** While a lane is opened, other endpoints may take up to this fraction of the descriptors that were free at the start. */
const OTHERS_PART = 1 / 4;
/** How long to wait while libzmq has not yet accepted what waits at the last lane. */
const LANE_PAUSE_MS = 1;
/** How often lanes without connections are closed, and their minimum age. */
const SWEEP_INTERVAL_MS = 100;

/** The process, or the whole system, has no descriptors left. */
const TOO_MANY: readonly string[] = ["EMFILE", "ENFILE"];

/** Whether new peers can connect to `ipc://` endpoints. */
export type GateState = "open" | "closed";

/** A failed operation on the file of an endpoint. */
export interface FileFailure {
  /** The endpoint. */
  readonly endpoint: string;
  /**
   * The operation. If a file cannot be hidden or replaced, new peers cannot be kept out; if it cannot be shown, they cannot
   * get in.
   */
  readonly action: "hide" | "show" | "replace";
  /** The name of the error. */
  readonly error: string;
}

/** What a gate needs. */
export interface GateOptions {
  /** Counts the free descriptors; it may stop at `enough`. */
  readonly countFree: (enough: number) => number;
  /** How many connections may wait to be accepted at each `ipc://` endpoint. */
  readonly backlog: number;
  /** How many endpoints accept connections, whatever their transport. */
  readonly endpoints: number;
  /** Whether listeners can be handed to libzmq later. */
  readonly canOpenLanes: boolean;
  /** Reads all pending events from the monitors of both sockets. */
  readonly readMonitors: () => void;
  /** Called when the gate closes or opens. */
  readonly onChange: (state: GateState) => void;
  /** Called when an endpoint's file has been replaced. */
  readonly onReplace: () => void;
  /** Called when an operation on an endpoint's file fails. */
  readonly onFailure: (failure: FileFailure) => void;
}

/** Lets new peers in at `ipc://` endpoints, or keeps them out. It needs monitors on both of the relay's sockets. */
export interface IpcGate extends Disposable {
  /** The most descriptors that it waits for. */
  readonly waits: number;
  /**
   * Binds an endpoint.
   *
   * @param socket The socket.
   * @param path The endpoint's path.
   * @param subject What users call the socket, for error messages.
   * @returns The endpoint as bound.
   * @throws {ZmqError} Like {@linkcode Socket.bind}.
   */
  bind(socket: Socket, path: string, subject: string): string;
  /** A monitor reported an event. */
  receive(event: SocketEvent): void;
  /**
   * Handles everything that is due.
   *
   * @param nowMs The time.
   * @param wait Where it sets the descriptors to wait for.
   * @param first The index in `poll` of its first descriptor.
   * @returns After how many whole milliseconds to call this again; -1: only when a descriptor is readable.
   */
  tick(nowMs: number, wait: BlockingWait, first: number): number;
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
 * Chooses a gate by the number of free descriptors.
 *
 * @param symbols libzmq, and the C library with it.
 * @param options What it needs.
 */
export function openIpcGate(symbols: Symbols, options: GateOptions): IpcGate {
  // Before the files are hidden, as many connections can be accepted as the two monitors hold. After that, those that wait
  // at the ipc endpoints; for each connection that these accept, the others accept at most one as well.
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
  #hidden: IpcFile[] = [];
  #isClosed = false;
  /** How many connections may be accepted before the descriptors are counted again. */
  #budget: number;
  #nextCountMs = 0;

  /**
   * @param reserve How many descriptors must be left when the files are hidden.
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
    // With a smaller budget it would have to count again after a few new peers.
    if (this.#budget >= this.#margin) return;
    this.#isClosed = true;
    this.#hidden = this.#files.filter((file) => {
      const error = file.hide();
      if (error !== undefined && error !== "ENOENT") this.#options.onFailure(failureOf(file, "hide", error));
      return error === undefined;
    });
    this.#options.onChange("closed");
  }

  tick(nowMs: number): number {
    if (!this.#isClosed) return -1;
    if (nowMs < this.#nextCountMs) return Math.ceil(this.#nextCountMs - nowMs);
    this.#nextCountMs = nowMs + COUNT_INTERVAL_MS;
    this.#budget = this.#count();
    if (this.#budget < 2 * this.#margin) return COUNT_INTERVAL_MS;
    this.#isClosed = false;
    for (const file of this.#hidden.splice(0)) {
      const error = file.show();
      if (error !== undefined) this.#options.onFailure(failureOf(file, "show", error));
    }
    this.#options.onChange("open");
    return -1;
  }

  [Symbol.dispose](): void {}

  #count(): number {
    return this.#options.countFree(this.#reserve + 2 * this.#margin) - this.#reserve;
  }
}

/** A listener that libzmq has, and whose path has been given to another listener. */
interface Lane {
  readonly socket: Socket;
  readonly listener: IpcListener;
  readonly openedMs: number;
  /** How many of its connections have not ended. */
  connections: number;
}

/** An endpoint at which new peers wait until a lane is opened. */
interface Entrance {
  readonly socket: Socket;
  readonly file: IpcFile;
  /** The listener at its path; `undefined` if libzmq has that listener. */
  waiting: IpcListener | undefined;
  /** Whether nobody was waiting at the last check. */
  isEmpty: boolean;
}

/** The result of checking an entrance. */
type Look = "empty" | "pause" | "short";

/**
 * Lets new peers in by lanes. The listener at an endpoint's path is not libzmq's. When somebody waits there and enough
 * descriptors are free, a new listener gets the path, and libzmq gets the old one: the lane.
 */
export class LaneGate implements IpcGate {
  readonly #symbols: Symbols;
  readonly #options: GateOptions;
  readonly #entrances: Entrance[] = [];
  /** Lanes by endpoint. */
  readonly #lanes = new Map<string, Lane>();
  /** Lanes without connections. */
  readonly #emptyLanes = new Set<Lane>();
  /** Lanes by the descriptors of their connections. */
  readonly #lanesByFd = new Map<number, Lane>();
  /** The lane that was opened last. */
  #lastLane: Lane | undefined;
  /** How many descriptors other endpoints may take while a lane is opened. */
  readonly #others: number;
  readonly #probe: BlockingPoll;
  #state: GateState = "open";
  #nextCountMs = 0;
  #nextSweepMs = 0;

  /**
   * @param symbols libzmq, and the C library with it.
   * @param options What it needs.
   */
  constructor(symbols: Symbols, options: GateOptions) {
    this.#symbols = symbols;
    this.#probe = new BlockingPoll({ symbols }, [NO_FD]);
    this.#options = options;
    this.#others = Math.floor(options.countFree(Infinity) * OTHERS_PART);
  }

  get waits(): number {
    return this.#entrances.length;
  }

  bind(socket: Socket, path: string, subject: string): string {
    const listener = socket.listen(path, subject, LANE_BACKLOG);
    const { endpoint, file } = listener;
    // An abstract socket has no path that another listener could get.
    if (file === undefined) socket.adopt(listener);
    else this.#entrances.push({ socket, file, waiting: listener, isEmpty: false });
    return endpoint;
  }

  receive({ event, value: fd, endpoint }: SocketEvent): void {
    if (event !== MonitorEvent.ACCEPTED && event !== MonitorEvent.DISCONNECTED) return;
    // A connection whose identity was taken over ends without an event. That shows only when its descriptor is reused.
    const before = this.#lanesByFd.get(fd);
    // The other socket's monitor may have been read first, and may have reported a new connection with this descriptor.
    if (event === MonitorEvent.DISCONNECTED && before?.listener.endpoint !== endpoint) return;
    if (before !== undefined && --before.connections === 0) this.#emptyLanes.add(before);
    this.#lanesByFd.delete(fd);
    const lane = event === MonitorEvent.ACCEPTED ? this.#lanes.get(endpoint) : undefined;
    if (lane === undefined) return;
    lane.connections++;
    this.#emptyLanes.delete(lane);
    this.#lanesByFd.set(fd, lane);
  }

  tick(nowMs: number, wait: BlockingWait, first: number): number {
    if (nowMs >= this.#nextSweepMs) this.#sweep(nowMs);
    let waitMs = this.#emptyLanes.size > 0 ? Math.ceil(this.#nextSweepMs - nowMs) : Infinity;
    let isShort = false;
    for (const [index, entrance] of this.#entrances.entries()) {
      if (entrance.isEmpty && !wait.readable(first + index)) continue;
      const look = this.#look(entrance, nowMs);
      entrance.isEmpty = look === "empty";
      wait.setDescriptor(first + index, entrance.isEmpty ? entrance.waiting?.fd ?? NO_FD : NO_FD);
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
    // Connections that still wait at the last lane have no descriptors yet, so they would not be counted.
    if (this.#lastLane !== undefined && this.#isReadable(this.#lastLane.listener)) return "pause";
    if (nowMs < this.#nextCountMs) return "short";
    const hasOthers = this.#options.endpoints > this.#entrances.length;
    const needed = LANE_DESCRIPTORS + (hasOthers ? this.#others : 0);
    if (this.#options.countFree(needed) < needed) {
      this.#nextCountMs = nowMs + COUNT_INTERVAL_MS;
      return "short";
    }
    const { waiting, file } = entrance;
    const next = file.replace(LANE_BACKLOG, (endpoint) => this.#lanes.has(endpoint));
    if (typeof next === "string" && TOO_MANY.includes(next)) {
      this.#nextCountMs = nowMs + COUNT_INTERVAL_MS;
      return "short";
    }
    // If a monitor were full, the call below would block in libzmq.
    this.#options.readMonitors();
    entrance.socket.adopt(waiting);
    this.#lastLane = { socket: entrance.socket, listener: waiting, openedMs: nowMs, connections: 0 };
    if (typeof next === "string") {
      entrance.waiting = undefined;
      if (next !== "ENOENT") this.#options.onFailure(failureOf(file, "replace", next));
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
    // If a monitor were full, the calls below would block in libzmq. Also, a connection may just have been accepted.
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

function failureOf({ facts }: IpcFile, action: FileFailure["action"], error: string): FileFailure {
  return { endpoint: `ipc://${facts.path}`, action, error };
}
