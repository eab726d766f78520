/**
 * A worker of the Simple Pirate pattern: says READY to the queue, and answers one request after another.
 *
 * As a program it is the Guide's worker, which echoes and misbehaves on purpose: `deno task worker --help`. As a library:
 * {@linkcode work}.
 *
 * @module
 */

import { delay } from "./lib/delay.ts";
import { ExitCode, type OptionValues, runProgram } from "./lib/command_line.ts";
import { isIpv6, parseEndpoint } from "./lib/endpoint.ts";
import { chooseFault, seededRandom } from "./lib/faults.ts";
import { makeIdentity } from "./lib/identity.ts";
import { type EventLog, Log, standardError } from "./lib/log.ts";
import { BYTES_READER, READY_BYTE, splitEnvelope } from "./lib/lru.ts";
import { listenForSignals } from "./lib/signals.ts";
import { DEFAULT_CONNECT, WORKER_PROGRAM } from "./lib/worker_options.ts";
import { BytesOption, IntOption, MonitorEvent, SocketType } from "./lib/zmq/constants.ts";
import { loadLibrary } from "./lib/zmq/library.ts";
import { Context, type Socket } from "./lib/zmq/socket.ts";
import { Waiter } from "./lib/zmq/waiter.ts";

export type { EventLog, LogFields } from "./lib/log.ts";

/** How long the last reply may take to leave when the worker ends, in milliseconds. */
const LAST_REPLY_LINGER_MS = 1000;

/** A message's frames. */
export type Frames = Uint8Array<ArrayBuffer>[];

/** One job. */
export interface Job {
  /** Its number, from 1. */
  readonly number: number;
  /** Aborted when the worker is asked to end; the job may finish all the same. */
  readonly signal: AbortSignal;
}

/**
 * Does a job.
 *
 * @param request The request's body frames.
 * @param job The job.
 * @returns The reply's body frames. An error hands the request back to the queue, for another worker.
 */
export type Handler = (request: Frames, job: Job) => Frames | Promise<Frames>;

/** How a worker is to be. */
export interface WorkOptions {
  /**
   * The queue's backend.
   *
   * @default "tcp://localhost:5556"
   */
  readonly endpoint?: string;
  /**
   * The worker's identity, 1 to 255 bytes of ASCII that no other worker has.
   *
   * @default random, as `%04X-%04X`
   */
  readonly identity?: string;
  /** Aborted: the job that runs is finished and answered, and the worker ends. */
  readonly signal?: AbortSignal;
  /**
   * Where the worker tells what it does.
   *
   * @default nowhere
   */
  readonly log?: EventLog;
}

/**
 * Works: says READY and answers requests until it is told to end. When the connection is lost, it connects anew and says
 * READY again, so that a restarted queue has it back at once.
 *
 * @param handler Does the jobs, one at a time.
 * @param options How the worker is to be.
 * @returns Resolves to the number of jobs answered when the signal was aborted and the last job is done.
 * @throws {LibraryError} When libzmq cannot be loaded.
 * @throws {RangeError} When the endpoint is none.
 *
 * @example
 * ```ts
 * import { work } from "@spqueue/spqueue/worker";
 *
 * const end = new AbortController();
 * const working = work((request) => request, { endpoint: "tcp://localhost:5556", signal: end.signal });
 * end.abort(); // when it is time to go
 * await working;
 * ```
 */
export async function work(handler: Handler, options: WorkOptions = {}): Promise<number> {
  const { endpoint = DEFAULT_CONNECT, identity = makeIdentity(), signal = new AbortController().signal } = options;
  parseEndpoint(endpoint, "connect");
  const library = await loadLibrary();
  using context = Context.open(library);
  using waiter = new Waiter(library, context);
  const wake = () => waiter.wake();
  signal.addEventListener("abort", wake);
  let connection: WorkerConnection | undefined;
  let answered = 0;
  let jobs = 0;
  try {
    while (!signal.aborted) {
      if (connection === undefined) {
        connection = new WorkerConnection(context, endpoint, identity);
        options.log?.info("worker ready", { identity, connect: endpoint });
      }
      const message = await connection.receive(waiter);
      if (connection.isLost) {
        options.log?.info("connection lost", { endpoint });
        connection.close(0);
        connection = undefined;
        continue;
      }
      if (message === undefined) continue;
      const { envelope, body } = splitEnvelope(message, BYTES_READER);
      try {
        const reply = await handler(body, { number: ++jobs, signal });
        connection.send([...envelope, ...reply]);
        answered++;
      } catch (error) {
        // Without a connection the worker has no request, as far as the queue is concerned: another one gets it.
        options.log?.error("job failed", { job: jobs, reason: (error as Error).message });
        connection.close(0);
        connection = undefined;
      }
    }
  } finally {
    signal.removeEventListener("abort", wake);
    connection?.close(connection.hasReplied ? LAST_REPLY_LINGER_MS : 0);
  }
  return answered;
}

/** A REQ socket that has said READY, and its monitor. */
class WorkerConnection {
  readonly #socket: Socket;
  readonly #monitor: Socket;
  /** Whether the queue has gone, which libzmq itself would hide by connecting anew. */
  isLost = false;
  /** Whether it has sent a reply, which must not be lost with it. */
  hasReplied = false;

  constructor(context: Context, endpoint: string, identity: string) {
    // A socket that is left open would keep its context from ending, and the caller from hearing of the error.
    using opened = new DisposableStack();
    this.#socket = opened.use(context.socket(SocketType.REQ, 0));
    this.#socket.setBytes(BytesOption.ROUTING_ID, new TextEncoder().encode(identity));
    this.#socket.setInt(IntOption.IPV6, isIpv6(endpoint) ? 1 : 0);
    this.#monitor = opened.use(this.#socket.monitor(context, MonitorEvent.DISCONNECTED));
    this.#socket.connect(endpoint);
    this.#socket.send([new TextEncoder().encode(READY_BYTE)]);
    opened.move();
  }

  /** Waits for a request; `undefined` when there is none since the connection was lost or the waiter was woken. */
  async receive(waiter: Waiter): Promise<Frames | undefined> {
    await waiter.wait([this.#socket, this.#monitor], -1);
    if (this.#monitor.receive() !== undefined) this.isLost = true;
    return this.isLost ? undefined : this.#socket.receive();
  }

  /** Sends a reply; it is of no use when the connection was lost meanwhile, and is dropped then. */
  send(reply: Frames): void {
    this.hasReplied = this.#socket.send(reply);
  }

  close(lingerMs: number): void {
    this.#socket.setInt(IntOption.LINGER, lingerMs);
    this.#monitor.close();
    this.#socket.close();
  }
}

async function main(options: OptionValues<typeof WORKER_PROGRAM.options>): Promise<number> {
  const log = new Log(standardError(), options["log-format"]);
  const end = new AbortController();
  listenForSignals({
    onFirst: (signal) => {
      log.info("ending", { signal });
      end.abort();
    },
  });
  const random = options.seed === undefined ? Math.random : seededRandom(options.seed);
  const identity = makeIdentity();
  const faults = options["no-faults"] ? { healthyJobs: 0, crashOdds: 0, overloadOdds: 0 } : {
    healthyJobs: options["healthy-jobs"],
    crashOdds: options["crash-odds"],
    overloadOdds: options["overload-odds"],
  };
  const answered = await work(async (request, { number }) => {
    const fault = chooseFault(number, faults, random);
    if (fault === "crash") {
      log.warning("simulated crash", { identity, job: number });
      Deno.exit(ExitCode.FAILED);
    }
    if (fault === "overload") {
      log.warning("simulated CPU overload", { identity, job: number, ms: options.overload });
      await delay(options.overload);
    }
    await delay(options.work);
    log.info("job answered", { identity, job: number });
    return request;
  }, { endpoint: options.connect, identity, signal: end.signal, log });
  log.info("worker ended", { identity, answered });
  return ExitCode.DONE;
}

if (import.meta.main) await runProgram(WORKER_PROGRAM, main);
