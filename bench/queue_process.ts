/**
 * Starts a queue on chosen cores, waits until it listens, and ends it.
 *
 * @module
 */

import { delay } from "../lib/delay.ts";
import { type Collection, parseCollection } from "./gc_trace.ts";
import { BenchError } from "./error.ts";

/** How long a queue may take to start, and to end, in ms. */
const LIMIT_MS = 10_000;

/** How much of a queue's output is kept to explain a failure, in characters. */
const KEPT_OUTPUT = 2000;

/** What a queue speaks, as the load generators name it. */
export type Protocol = "zmtp" | "nats" | "gearman";

/** A queue as it is started: it binds free ports, says where, and ends on SIGTERM. */
export interface QueueProgram {
  /** Its name in tables and results. */
  readonly name: string;
  /** The program. */
  readonly command: string;
  /** Its arguments. */
  readonly args: readonly string[];
  readonly protocol: Protocol;
  /** For a queue that cannot choose a port: the flag, with its `=`, that is given a free one. */
  readonly portFlag?: string;
  /**
   * With which exit codes it may end on SIGTERM, if not 0 alone; 143 if the signal ends it. nats-server ends with 0 when it
   * has just started.
   */
  readonly exitCodes?: readonly number[];
}

/** A line of the queue's log. */
export type LogEntry = Readonly<Record<string, unknown>>;

/** Where clients and workers connect. */
export interface Endpoints {
  readonly frontend: string;
  readonly backend: string;
}

function firstText(value: unknown): string | undefined {
  return Array.isArray(value) && typeof value[0] === "string" ? value[0] : undefined;
}

/** Reads a line of JSON; a line that is none has no fields. */
function parseObject(line: string): LogEntry {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null ? { ...value } : {};
  } catch (error) {
    if (error instanceof SyntaxError) return {};
    throw error;
  }
}

/** Sends a signal, to nobody when the process has ended by itself: its status says how. */
function signalTo(child: Deno.ChildProcess, signal: Deno.Signal): void {
  try {
    child.kill(signal);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
  }
}

/**
 * Reads the line with which a queue says where it listens.
 *
 * @param line A line of output: `listening FRONTEND BACKEND` from the Guide's queues, a line of nats-server that says it
 * listens for client connections, from ours a JSON log line with the event `listening`.
 * @returns The first endpoints named, or undefined when it is another line.
 */
export function parseListening(line: string): Endpoints | undefined {
  const [word, frontend, backend] = line.split(" ");
  if (word === "listening" && frontend !== undefined && backend !== undefined) return { frontend, backend };
  const address = /Listening for client connections on (\d+(?:\.\d+){3}:\d+)$/.exec(line)?.[1];
  if (address !== undefined) return { frontend: `tcp://${address}`, backend: `tcp://${address}` };
  const entry = parseObject(line);
  if (entry.event !== "listening") return undefined;
  const first = firstText(entry.frontend);
  const second = firstText(entry.backend);
  return first === undefined || second === undefined ? undefined : { frontend: first, backend: second };
}

const LOOPBACK = "127.0.0.1";
/** A queue that does not say that it listens is tried again after so long. */
const RETRY_MS = 1;

function freePort(): number {
  using listener = Deno.listen({ hostname: LOOPBACK, port: 0 });
  return listener.addr.port;
}

async function accepts(port: number): Promise<boolean> {
  try {
    using _ = await Deno.connect({ hostname: LOOPBACK, port });
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.ConnectionRefused) return false;
    throw error;
  }
}

/** Waits until somebody listens, or the process has ended. */
async function waitForPort(port: number, ended: Promise<unknown>): Promise<Endpoints | undefined> {
  let isOver = false;
  ended.then(() => isOver = true);
  while (!await accepts(port)) {
    if (isOver) return undefined;
    await delay(RETRY_MS);
  }
  return { frontend: `tcp://${LOOPBACK}:${port}`, backend: `tcp://${LOOPBACK}:${port}` };
}

let hardLimit: Promise<number> | undefined;

/**
 * Asks how many descriptors a process may have at most (`ulimit -Hn`).
 *
 * @returns The number, Infinity for no limit.
 */
export function descriptorLimit(): Promise<number> {
  hardLimit ??= new Deno.Command("sh", { args: ["-c", "ulimit -Hn"], stdin: "null" }).output().then(({ stdout }) => {
    const text = new TextDecoder().decode(stdout).trim();
    return text === "unlimited" ? Infinity : Number(text);
  });
  return hardLimit;
}

/** Runs a command on these cores, with as many descriptors as it may have. */
async function pinned(cores: string, command: string, args: readonly string[]): Promise<Deno.Command> {
  const limit = await descriptorLimit();
  const raise = Number.isFinite(limit) ? [`--nofile=${limit}:${limit}`] : [];
  return new Deno.Command("prlimit", {
    args: [...raise, "taskset", "-c", cores, command, ...args],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  });
}

/** A queue that listens. Disposing ends it. */
export class QueueProcess implements AsyncDisposable {
  /** The frontend's endpoint, with its real port. */
  readonly frontend: string;
  /** The backend's endpoint, with its real port. */
  readonly backend: string;
  /** From the start of the process to the line that says that it listens. */
  readonly startSeconds: number;
  /** What it speaks. */
  readonly protocol: Protocol;
  readonly #child: Deno.ChildProcess;
  readonly #output: Output;
  readonly #exitCodes: readonly number[];
  readonly #name: string;

  private constructor(
    { name, protocol, exitCodes = [0] }: QueueProgram,
    { child, output }: { readonly child: Deno.ChildProcess; readonly output: Output },
    endpoints: Endpoints,
    startSeconds: number,
  ) {
    this.protocol = protocol;
    this.#child = child;
    this.#output = output;
    this.#exitCodes = exitCodes;
    this.#name = name;
    this.frontend = endpoints.frontend;
    this.backend = endpoints.backend;
    this.startSeconds = startSeconds;
  }

  /**
   * Starts a queue and waits until it listens.
   *
   * @param program What to start.
   * @param cores The cores it may use, as `taskset -c` takes them, such as `0` or `0,1`.
   * @returns The queue.
   * @throws {BenchError} When it ends, or says nothing for ten seconds; the message holds its output.
   */
  static async start(program: QueueProgram, cores: string): Promise<QueueProcess> {
    const port = program.portFlag === undefined ? undefined : freePort();
    const args = port === undefined ? program.args : [...program.args, `${program.portFlag}${port}`];
    const command = await pinned(cores, program.command, args);
    const startedMs = performance.now();
    const child = command.spawn();
    const output = new Output(child);
    const timer = setTimeout(() => signalTo(child, "SIGKILL"), LIMIT_MS);
    const endpoints = await (port === undefined ? output.listening : waitForPort(port, output.ended));
    clearTimeout(timer);
    if (endpoints === undefined) {
      const { code, signal } = await child.status;
      throw new BenchError(`Cannot start the queue ${program.name}: it ended with ${signal ?? code}:\n${output.tail}`);
    }
    return new QueueProcess(program, { child, output }, endpoints, (performance.now() - startedMs) / 1000);
  }

  /** The lines of JSON that the queue has logged, oldest first; only ours logs any. */
  get log(): readonly LogEntry[] {
    return this.#output.log;
  }

  /** The lines of V8's garbage collector, oldest first; there are none unless it was asked for them. */
  get collections(): readonly Collection[] {
    return this.#output.collections;
  }

  /** The id of the queue's process. */
  get pid(): number {
    return this.#child.pid;
  }

  /**
   * Reads the queue's resident memory.
   *
   * @returns VmRSS, in bytes.
   */
  async residentBytes(): Promise<number> {
    // Deno itself may read /proc only with --allow-all.
    const { stdout } = await new Deno.Command("cat", { args: [`/proc/${this.pid}/status`], stdin: "null" }).output();
    const kib = /^VmRSS:\s*(\d+) kB$/m.exec(new TextDecoder().decode(stdout))?.[1];
    if (kib === undefined) throw new BenchError(`Cannot read the memory of process ${this.pid}`);
    return Number(kib) * 1024;
  }

  /**
   * Ends the queue with SIGTERM.
   *
   * @throws {BenchError} When it does not end within ten seconds, or not with one of its exit codes.
   */
  async [Symbol.asyncDispose](): Promise<void> {
    signalTo(this.#child, "SIGTERM");
    const timer = setTimeout(() => signalTo(this.#child, "SIGKILL"), LIMIT_MS);
    const { code, signal } = await this.#child.status;
    clearTimeout(timer);
    await this.#output.ended;
    if (this.#exitCodes.includes(code)) return;
    const wanted = this.#exitCodes.join(" or ");
    throw new BenchError(
      `The queue ${this.#name} ended with ${signal ?? code} instead of ${wanted}:\n${this.#output.tail}`,
    );
  }
}

/** Reads both streams of a queue to their end, so that it is never held up by a full pipe. */
class Output {
  /** Settles with the endpoints, or with undefined when the output ends without them. */
  readonly listening: Promise<Endpoints | undefined>;
  /** Settles when both streams have ended. */
  readonly ended: Promise<void>;
  /** The last of what the queue wrote. */
  tail = "";
  /** The lines that are JSON objects. */
  readonly log: LogEntry[] = [];
  /** The lines of V8's garbage collector. */
  readonly collections: Collection[] = [];
  readonly #found: (endpoints: Endpoints | undefined) => void;

  constructor(child: Deno.ChildProcess) {
    const { promise, resolve } = Promise.withResolvers<Endpoints | undefined>();
    this.listening = promise;
    this.#found = resolve;
    this.ended = Promise.all([this.#read(child.stdout), this.#read(child.stderr)]).then(() => resolve(undefined));
  }

  async #read(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<void> {
    let line = "";
    for await (const text of stream.pipeThrough(new TextDecoderStream())) {
      this.tail = (this.tail + text).slice(-KEPT_OUTPUT);
      const lines = (line + text).split("\n");
      line = lines.pop() ?? "";
      for (const complete of lines) {
        const entry = parseObject(complete);
        if ("event" in entry) this.log.push(entry);
        const collection = parseCollection(complete);
        if (collection !== undefined) this.collections.push(collection);
        const endpoints = parseListening(complete);
        if (endpoints !== undefined) this.#found(endpoints);
      }
    }
  }
}
