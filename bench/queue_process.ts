/**
 * Starts a queue, ours or C's, on chosen cores, waits until it listens, and ends it.
 *
 * @module
 */

import { BenchError } from "./error.ts";

/** How long a queue may take to start, and to end, in ms. */
const LIMIT_MS = 10_000;

/** How much of a queue's output is kept to explain a failure, in characters. */
const KEPT_OUTPUT = 2000;

/** A queue as it is started: it binds free ports, says where, and ends on SIGTERM with exit code 0. */
export interface QueueProgram {
  /** Its name in tables and results. */
  readonly name: string;
  /** The program. */
  readonly command: string;
  /** Its arguments. */
  readonly args: readonly string[];
}

/** A line of the queue's log. */
export type LogEntry = Readonly<Record<string, unknown>>;

interface Endpoints {
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
 * @param line A line of output: `listening FRONTEND BACKEND` from the C queue, from ours a JSON log line with the event
 * `listening`.
 * @returns The first endpoints named, or undefined when it is another line.
 */
export function parseListening(line: string): Endpoints | undefined {
  const [word, frontend, backend] = line.split(" ");
  if (word === "listening" && frontend !== undefined && backend !== undefined) return { frontend, backend };
  const entry = parseObject(line);
  if (entry.event !== "listening") return undefined;
  const first = firstText(entry.frontend);
  const second = firstText(entry.backend);
  return first === undefined || second === undefined ? undefined : { frontend: first, backend: second };
}

/** A queue that listens. Disposing ends it. */
export class QueueProcess implements AsyncDisposable {
  /** The frontend's endpoint, with its real port. */
  readonly frontend: string;
  /** The backend's endpoint, with its real port. */
  readonly backend: string;
  /** From the start of the process to the line that says that it listens. */
  readonly startSeconds: number;
  readonly #child: Deno.ChildProcess;
  readonly #output: Output;

  private constructor(child: Deno.ChildProcess, output: Output, endpoints: Endpoints, startSeconds: number) {
    this.#child = child;
    this.#output = output;
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
    const startedMs = performance.now();
    const child = new Deno.Command("taskset", {
      args: ["-c", cores, program.command, ...program.args],
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const output = new Output(child);
    const timer = setTimeout(() => signalTo(child, "SIGKILL"), LIMIT_MS);
    const endpoints = await output.listening;
    clearTimeout(timer);
    if (endpoints === undefined) {
      const { code, signal } = await child.status;
      throw new BenchError(`Cannot start the queue ${program.name}: it ended with ${signal ?? code}:\n${output.tail}`);
    }
    return new QueueProcess(child, output, endpoints, (performance.now() - startedMs) / 1000);
  }

  /** The lines of JSON that the queue has logged, oldest first; the C queue logs none. */
  get log(): readonly LogEntry[] {
    return this.#output.log;
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
   * @throws {BenchError} When it does not end within ten seconds, or not with exit code 0.
   */
  async [Symbol.asyncDispose](): Promise<void> {
    signalTo(this.#child, "SIGTERM");
    const timer = setTimeout(() => signalTo(this.#child, "SIGKILL"), LIMIT_MS);
    const { success, code, signal } = await this.#child.status;
    clearTimeout(timer);
    await this.#output.ended;
    if (!success) throw new BenchError(`The queue ended with ${signal ?? code} instead of 0:\n${this.#output.tail}`);
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
        const endpoints = parseListening(complete);
        if (endpoints !== undefined) this.#found(endpoints);
      }
    }
  }
}
