/**
 * The Simple Pirate queue: a ROUTER for clients, a ROUTER for workers, and between them a broker that hands each request
 * to the worker that has been idle longest.
 *
 * As a program: `deno task queue --help`. As a library: {@linkcode startQueue}.
 *
 * @module
 */

import { type BrokerOptions, DEFAULT_BROKER_OPTIONS } from "./lib/queue/broker/broker.ts";
import { ExitCode, type OptionValues } from "./lib/cli/program.ts";
import { runProgram } from "./lib/cli/run.ts";
import { MAX_DURATION_MS } from "./lib/units.ts";
import { delay } from "./lib/delay.ts";
import { DescriptorWatch } from "./lib/queue/descriptor_limit.ts";
import { isReachableFromOutside, parseEndpoint } from "./lib/endpoint.ts";
import type { EventLog } from "./lib/log.ts";
import { openLog } from "./lib/cli/log_options.ts";
import { logReport } from "./lib/queue/report_log.ts";
import {
  DEFAULT_BACKEND,
  DEFAULT_DRAIN_TIMEOUT_MS,
  DEFAULT_FRONTEND,
  DEFAULT_MAX_MESSAGE_BYTES,
  QUEUE_LIMITS,
  QUEUE_PROGRAM,
} from "./lib/queue/options.ts";
import type { QueueStatistics, RelayCommand, RelayConfig, RelayMessage } from "./lib/queue/relay/messages.ts";
import { listenForSignals } from "./lib/cli/signals.ts";
import { SocketType } from "./lib/zmq/constants.ts";
import { LibraryError, loadLibrary } from "./lib/zmq/library.ts";
import { Context } from "./lib/zmq/context.ts";
import type { Socket } from "./lib/zmq/socket.ts";

export type { QueueStatistics } from "./lib/queue/relay/messages.ts";
export type { EventLog, LogFields } from "./lib/log.ts";
export type { BrokerCounters, BrokerGauges, BrokerOptions } from "./lib/queue/broker/broker.ts";

/** How long the relay may take to close its sockets after a second signal, in milliseconds. */
const ABORT_TIMEOUT_MS = 300;

/** How a queue is to be; everything has the documented default. */
export interface QueueOptions extends Partial<Omit<BrokerOptions, "knowsDepartures">> {
  /**
   * Where clients connect, at least one endpoint.
   *
   * @default ["tcp://*:5555"]
   */
  readonly frontends?: readonly string[];
  /**
   * Where workers connect, at least one endpoint.
   *
   * @default ["tcp://*:5556"]
   */
  readonly backends?: readonly string[];
  /**
   * The largest frame that is taken, in bytes (`ZMQ_MAXMSGSIZE`).
   *
   * @default 134217728
   */
  readonly maxMessageBytes?: number;
  /**
   * The interval of ZMTP heartbeats in milliseconds (`ZMQ_HEARTBEAT_IVL`); 0: none.
   *
   * @default 0
   */
  readonly heartbeatMs?: number;
  /**
   * Where the queue tells what happens.
   *
   * @default nowhere
   */
  readonly log?: EventLog;
}

/** A queue could not go on, for instance since an endpoint could not be bound. */
export class QueueError extends Error {
  /** The class's name. */
  override readonly name = "QueueError";
  /** The name of the operating system's or libzmq's error, such as `EADDRINUSE`; empty where there is none. */
  readonly code: string;

  /**
   * Makes the error.
   *
   * @param message What went wrong.
   * @param code The error's name.
   */
  constructor(message: string, code: string) {
    super(message);
    this.code = code;
  }
}

/** A queue that serves, on a thread of its own. */
export interface Queue extends AsyncDisposable {
  /** The frontend's endpoints as bound, with real ports. */
  readonly frontends: readonly string[];
  /** The backend's endpoints as bound, with real ports. */
  readonly backends: readonly string[];
  /** libzmq's version. */
  readonly libzmqVersion: string;
  /** Whether libzmq has its draft API, without which departures and lost workers go unnoticed. */
  readonly hasDraftApi: boolean;
  /** Resolves when the queue has ended, with its last figures; rejects with a {@linkcode QueueError} if it failed. */
  readonly ended: Promise<QueueStatistics>;
  /**
   * Takes no further requests, finishes what is waiting and in flight, and ends. A second call does nothing.
   *
   * @param timeoutMs How long it may take: whole milliseconds, at most 596 hours.
   * @returns As {@linkcode Queue.ended}; `leftAtDrain` counts what was left.
   * @throws {RangeError} When the time is out of its range.
   */
  drain(timeoutMs?: number): Promise<QueueStatistics>;
  /** Ends at once; what is waiting and in flight is lost. */
  abort(): Promise<QueueStatistics>;
  /**
   * What there is now and what happened since the start, also while it drains.
   *
   * @throws {QueueError} When the queue has ended.
   */
  statistics(): Promise<QueueStatistics>;
}

/**
 * Starts a queue.
 *
 * @param options How it is to be.
 * @returns The queue, when it listens; leaving `await using`'s scope drains it.
 * @throws {QueueError} When an endpoint cannot be bound.
 * @throws {LibraryError} When libzmq cannot be loaded.
 * @throws {RangeError} When an endpoint is none, a side has no endpoint, or a number is out of its range.
 *
 * @example
 * ```ts
 * import { startQueue } from "@spqueue/spqueue/queue";
 * import { assertEquals } from "@std/assert";
 *
 * await using queue = await startQueue({ frontends: ["tcp://127.0.0.1:*"], backends: ["tcp://127.0.0.1:*"] });
 * assertEquals((await queue.statistics()).accepted, 0);
 * ```
 */
export async function startQueue(options: QueueOptions = {}): Promise<Queue> {
  const { frontends = [DEFAULT_FRONTEND], backends = [DEFAULT_BACKEND], log } = options;
  for (const [name, endpoints] of Object.entries({ frontends, backends })) {
    if (endpoints.length === 0) {
      throw new RangeError(`Cannot start a queue without ${name}: name at least one endpoint`);
    }
    for (const endpoint of endpoints) parseEndpoint(endpoint, "bind");
  }
  for (const [name, [min, max]] of Object.entries(QUEUE_LIMITS)) {
    const value = options[name as keyof typeof QUEUE_LIMITS] ?? min;
    const isWhole = name === "clientShare" || Number.isInteger(value);
    if (!(value >= min && value <= max && isWhole)) {
      const kind = name === "clientShare" ? "a number" : "a whole number";
      throw new RangeError(`Cannot start a queue with ${name} ${value}: it must be ${kind} between ${min} and ${max}`);
    }
  }
  const library = await loadLibrary();
  const { maxMessageBytes = DEFAULT_MAX_MESSAGE_BYTES, heartbeatMs = 0 } = options;
  const { knowsDepartures: _, ...brokerDefaults } = DEFAULT_BROKER_OPTIONS;
  const broker = overridden(brokerDefaults, options);
  const config: RelayConfig = { frontends, backends, maxMessageBytes, heartbeatMs, broker };
  const thread = new Worker(new URL("./lib/queue/relay/thread.ts", import.meta.url), { type: "module" });
  const relay = new RelayHandle(thread, (address) => Context.borrow(library, address), log);
  thread.postMessage(config);
  return await relay.listening;
}

/** The defaults, with what the options say for the same names. */
function overridden<T extends object>(defaults: T, options: Partial<T>): T {
  const names = Object.keys(defaults) as (keyof T)[];
  const given = names.filter((name) => options[name] !== undefined).map((name) => [name, options[name]]);
  return { ...defaults, ...Object.fromEntries(given) };
}

/** The main thread's end of a relay. */
class RelayHandle {
  readonly listening: Promise<Queue>;
  readonly #thread: Worker;
  readonly #borrow: (address: bigint) => Context;
  readonly #log: EventLog | undefined;
  readonly #listening = Promise.withResolvers<Queue>();
  readonly #ended = Promise.withResolvers<QueueStatistics>();
  #control: Socket | undefined;
  #descriptorWatch: DescriptorWatch | undefined;
  #isEnding = false;
  /** Whether the relay takes no further command. */
  #isDetached = false;
  #statistics: PromiseWithResolvers<QueueStatistics> | undefined;

  constructor(thread: Worker, borrow: (address: bigint) => Context, log: EventLog | undefined) {
    this.#thread = thread;
    this.#borrow = borrow;
    this.#log = log;
    this.listening = this.#listening.promise;
    thread.onmessage = ({ data }: MessageEvent<RelayMessage>) => this.#receive(data);
    thread.onerror = (event) => {
      event.preventDefault();
      this.#fail(new QueueError(`The relay thread failed: ${event.message}`, ""));
    };
  }

  #receive(message: RelayMessage): void {
    switch (message.type) {
      case "listening":
        this.#attach(this.#borrow(message.context), message.control);
        this.#listening.resolve(this.#queue(message));
        break;
      case "report":
        if (this.#log !== undefined) logReport(this.#log, message.report, message.count);
        break;
      case "statistics":
        this.#statistics?.resolve(message.statistics);
        this.#statistics = undefined;
        break;
      case "closing":
        this.#detach();
        break;
      case "stopped":
        this.#ended.resolve(message.statistics);
        this.#statistics?.resolve(message.statistics);
        break;
      case "failed":
        this.#fail(
          message.name === "LibraryError"
            ? new LibraryError(message.message)
            : new QueueError(message.message, message.code),
        );
    }
  }

  /** Uses the relay's context, which stays open until {@linkcode RelayHandle.#detach}. */
  #attach(context: Context, control: string): void {
    this.#control = context.socket(SocketType.PAIR, 0);
    this.#control.connect(control);
    if (this.#log !== undefined) this.#descriptorWatch = new DescriptorWatch(context, this.#log);
  }

  #detach(): void {
    this.#isDetached = true;
    this.#descriptorWatch?.[Symbol.dispose]();
    this.#control?.close();
  }

  #fail(error: Error): void {
    this.#detach();
    this.#statistics?.reject(error);
    // Until it listened, nobody has been given the promise of its end.
    if (this.#control === undefined) this.#listening.reject(error);
    else this.#ended.reject(error);
  }

  #queue(message: RelayMessage & { type: "listening" }): Queue {
    const end = (command: RelayCommand): Promise<QueueStatistics> => {
      if (!this.#isDetached && (!this.#isEnding || command.command === "abort")) this.#command(command);
      this.#isEnding = true;
      return this.#ended.promise;
    };
    const drain = (timeoutMs = DEFAULT_DRAIN_TIMEOUT_MS) => {
      if (Number.isInteger(timeoutMs) && timeoutMs >= 0 && timeoutMs <= MAX_DURATION_MS) {
        return end({ command: "drain", timeoutMs });
      }
      const range = `it must be a whole number between 0 and ${MAX_DURATION_MS}`;
      return Promise.reject(new RangeError(`Cannot drain a queue with timeoutMs ${timeoutMs}: ${range}`));
    };
    return {
      frontends: message.frontends,
      backends: message.backends,
      libzmqVersion: message.version,
      hasDraftApi: message.hasDraftApi,
      ended: this.#ended.promise,
      drain,
      abort: () => end({ command: "abort" }),
      statistics: async () => {
        if (this.#isDetached) throw new QueueError("Cannot read the statistics of a queue that has ended", "");
        this.#statistics ??= Promise.withResolvers();
        this.#command({ command: "statistics" });
        return await this.#statistics.promise;
      },
      [Symbol.asyncDispose]: async () => {
        await drain();
      },
    };
  }

  #command(command: RelayCommand): void {
    try {
      this.#control?.send([new TextEncoder().encode(JSON.stringify(command))]);
    } catch (error) {
      // It closed its end meanwhile; then it has no use for a command.
      this.#log?.warning("command not delivered", { command: command.command, reason: (error as Error).message });
    }
  }
}

async function main(options: OptionValues<typeof QUEUE_PROGRAM.options>): Promise<number> {
  const log = openLog(options);
  const queue = await startQueue({
    frontends: options.frontend,
    backends: options.backend,
    redeliveries: options.redeliveries,
    jobTimeoutMs: options["job-timeout"],
    keepOrphans: options["keep-orphans"],
    order: options.order,
    maxBacklog: options["max-backlog"],
    maxBacklogBytes: options["max-backlog-bytes"],
    clientShare: options["client-share"],
    maxMessageBytes: options["max-message-size"],
    heartbeatMs: options.heartbeat,
    log,
  });
  const exposed = [...queue.frontends, ...queue.backends].filter(isReachableFromOutside);
  if (exposed.length > 0) log.warning("reachable from other hosts without access control", { endpoints: exposed });
  if (!queue.hasDraftApi) {
    log.warning("libzmq has no draft API: departed clients, lost workers and taken-over identities go unnoticed", {
      version: queue.libzmqVersion,
      // By their numbers in docs/guarantees.md.
      off: [
        "1: redelivery after a lost connection",
        "2 across a takeover: a client that reopens with the same identity can get the answer to what it asked before",
        "4: dropping requests of departed clients",
        "5: newest first in overload",
        "6: seeing departures at the bound",
        "7: trying silent workers",
      ],
    });
  }
  const signals = listenForSignals({
    onFirst: (signal) => {
      log.info("draining", { signal, timeoutMs: options["drain-timeout"] });
      queue.drain(options["drain-timeout"]);
    },
    // Replies that still leave are not waited for; what the sockets would leave behind is gone by then.
    onSecond: async () => {
      await Promise.race([queue.abort(), delay(ABORT_TIMEOUT_MS)]);
    },
  });
  log.info("listening", { frontend: queue.frontends, backend: queue.backends });
  const statistics = await queue.ended;
  const { newestFirst: _, ...figures } = statistics;
  log.info("ended", figures);
  return signals.exitCode(statistics.leftAtDrain === 0 ? ExitCode.DONE : ExitCode.FAILED);
}

if (import.meta.main) await runProgram(QUEUE_PROGRAM, main);
