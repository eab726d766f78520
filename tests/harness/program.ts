/**
 * A program that runs as a process, with its output and its log.
 *
 * @module
 */

import { concatenate, type Frames } from "../../lib/lru.ts";
import { WAIT_MS, within } from "./deadline.ts";

/** One line of a program's log. */
export interface LogLine {
  /** What happened: a fixed text. */
  readonly event: string;
  /** The other fields. */
  readonly [field: string]: unknown;
}

/** How a program ended. */
export interface Exit {
  /** Its exit code; 128 plus the signal's number if a signal ended it. */
  readonly code: number;
  /** The signal that ended it. */
  readonly signal: Deno.Signal | null;
  /** Everything it wrote to standard output. */
  readonly stdout: string;
  /** Everything it wrote to standard error. */
  readonly stderr: string;
}

/** Options for starting a program. */
export interface ProgramOptions {
  /** Its arguments. */
  readonly args: readonly string[];
  /** The whole environment. By default it inherits this process's. */
  readonly env?: Readonly<Record<string, string>>;
  /** Its folder. */
  readonly cwd?: string | URL;
  /** The stream to which it writes its log, as lines of JSON. */
  readonly logOn?: "stdout" | "stderr";
  /**
   * Its standard input, written through a pipe as far as the program reads it.
   *
   * @default standard input is `/dev/null`
   */
  readonly input?: ReadableStream<Uint8Array>;
}

/**
 * A program that runs as a process. Leaving the scope of `await using` kills it if it is still running, and waits for
 * its end.
 */
export class Program implements AsyncDisposable {
  readonly #title: string;
  readonly #child: Deno.ChildProcess;
  readonly #texts = { stdout: "", stderr: "" };
  readonly #output: Frames = [];
  readonly #lines: LogLine[] = [];
  readonly #ended: Promise<Exit>;
  #exit: Exit | undefined;
  #isStopped = false;
  /** Resolved, and replaced, on every new line and at the end. */
  #change = Promise.withResolvers<void>();

  /**
   * Starts a program.
   *
   * @param command A file, or a name to look up in `PATH`.
   * @param options Its arguments, environment and so on.
   */
  constructor(command: string, options: ProgramOptions) {
    this.#title = [command.split("/").at(-1), ...options.args].join(" ");
    this.#child = new Deno.Command(command, {
      args: [...options.args],
      ...(options.env === undefined ? {} : { env: { ...options.env }, clearEnv: true }),
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      stdin: options.input === undefined ? "null" : "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const feeding = options.input === undefined ? Promise.resolve() : this.#feed(options.input);
    this.#ended = this.#run(options.logOn ?? "stderr", feeding);
  }

  /** Its process id. */
  get pid(): number {
    return this.#child.pid;
  }

  /** Its log so far. */
  get lines(): readonly LogLine[] {
    return this.#lines;
  }

  /** What it wrote to standard output so far. */
  get stdout(): string {
    return this.#texts.stdout;
  }

  /** What it wrote to standard output so far, as bytes. */
  get output(): Uint8Array<ArrayBuffer> {
    return concatenate(this.#output);
  }

  /** What it wrote to standard error so far. */
  get stderr(): string {
    return this.#texts.stderr;
  }

  /** Whether it is still running. */
  get isRunning(): boolean {
    return this.#exit === undefined;
  }

  /** Waits for its end. */
  get exit(): Promise<Exit> {
    return within(this.#ended, () => `the end of ${this.#report()}`);
  }

  /**
   * Waits for a line of its log. Lines that have already come count, too.
   *
   * @param event Its event.
   * @param fields Fields that the line must have.
   * @returns The first such line.
   * @throws {Error} When the line does not come in time, or the program ends without it.
   */
  async event(event: string, fields: Readonly<Record<string, unknown>> = {}): Promise<LogLine> {
    const [line] = await this.events(event, 1, fields);
    return line!;
  }

  /**
   * Waits until its log has a number of lines with an event.
   *
   * @param event Their event.
   * @param count How many.
   * @param fields Fields that these lines must have.
   * @returns The first `count` of them.
   * @throws {Error} When they do not come in time, or the program ends without them.
   */
  async events(event: string, count: number, fields: Readonly<Record<string, unknown>> = {}): Promise<LogLine[]> {
    return await this.#until(() => {
      const found = this.#lines.filter((line) => matches(line, event, fields));
      return found.length < count ? undefined : found.slice(0, count);
    }, `${count} x "${event}" ${JSON.stringify(fields)}`);
  }

  /**
   * Waits until its output matches a pattern. For output other than log lines.
   *
   * @param stream The stream to look at.
   * @param pattern The pattern.
   * @throws {Error} When the line does not come in time, or the program ends without it.
   */
  async text(stream: "stdout" | "stderr", pattern: RegExp): Promise<RegExpExecArray> {
    return await this.#until(() => pattern.exec(this.#texts[stream]) ?? undefined, `${pattern}`);
  }

  /** Its log, line by line, from the start until the program ends. */
  async *log(): AsyncGenerator<LogLine> {
    for (let next = 0;; next++) {
      while (next >= this.#lines.length) {
        if (this.#exit !== undefined) return;
        await within(this.#change.promise, () => `a further line from ${this.#report()}`);
      }
      yield this.#lines[next]!;
    }
  }

  /** How many lines with an event and certain fields have come. */
  count(event: string, fields: Readonly<Record<string, unknown>> = {}): number {
    return this.#lines.filter((line) => matches(line, event, fields)).length;
  }

  /**
   * Sends it a signal. Does nothing if it has ended.
   *
   * @param signal The signal.
   */
  kill(signal: Deno.Signal = "SIGTERM"): void {
    this.#isStopped = signal === "SIGSTOP" || (this.#isStopped && signal !== "SIGCONT");
    if (this.#exit !== undefined) return;
    try {
      this.#child.kill(signal);
    } catch (error) {
      // It has ended, but the rest of its output is still being read.
      if (!(error instanceof TypeError || error instanceof Deno.errors.NotFound)) throw error;
    }
  }

  /** Kills it if it is still running, and waits for its end. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.kill("SIGKILL");
    await this.exit;
  }

  /** Waits until a search finds something. */
  async #until<T>(find: () => T | undefined, wanted: string): Promise<T> {
    const deadline = performance.now() + WAIT_MS;
    for (;;) {
      const found = find();
      if (found !== undefined) return found;
      if (this.#exit !== undefined) throw new Error(`Missed ${wanted} from ${this.#report()}`);
      const leftMs = Math.max(1, deadline - performance.now());
      await within(this.#change.promise, () => `${wanted} from ${this.#report()}`, leftMs);
    }
  }

  async #feed(input: ReadableStream<Uint8Array>): Promise<void> {
    try {
      await input.pipeTo(this.#child.stdin);
    } catch (error) {
      // It ended, or closed its standard input, before it had read everything.
      if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
    }
  }

  async #run(logOn: "stdout" | "stderr", feeding: Promise<void>): Promise<Exit> {
    const [status] = await Promise.all([
      this.#child.status,
      feeding,
      this.#read("stdout", logOn === "stdout"),
      this.#read("stderr", logOn === "stderr"),
    ]);
    this.#exit = { code: status.code, signal: status.signal, ...this.#texts };
    this.#announce();
    return this.#exit;
  }

  async #read(stream: "stdout" | "stderr", isLog: boolean): Promise<void> {
    let rest = "";
    const decoder = new TextDecoder();
    for await (const bytes of this.#child[stream]) {
      const text = decoder.decode(bytes, { stream: true });
      if (stream === "stdout") this.#output.push(bytes);
      this.#texts[stream] += text;
      if (isLog) {
        const lines = (rest + text).split("\n");
        rest = lines.pop()!;
        // Other lines, such as a usage error, can be read from `stderr`.
        for (const line of lines) if (line.startsWith("{")) this.#lines.push(this.#parse(line));
      }
      this.#announce();
    }
  }

  #parse(line: string): LogLine {
    try {
      return JSON.parse(line) as LogLine;
    } catch (error) {
      throw new Error(`"${this.#title}" wrote a line that is not JSON: ${line}`, { cause: error });
    }
  }

  #announce(): void {
    const { resolve } = this.#change;
    this.#change = Promise.withResolvers();
    resolve();
  }

  #report(): string {
    const state = this.#exit === undefined
      ? this.#isStopped ? "stopped" : "running"
      : `ended with code ${this.#exit.code}`;
    return `"${this.#title}" (${state})\nstdout: ${lastOf(this.stdout)}\nstderr: ${lastOf(this.stderr)}`;
  }
}

function matches(line: LogLine, event: string, fields: Readonly<Record<string, unknown>>): boolean {
  return line.event === event && Object.entries(fields).every(([name, value]) => line[name] === value);
}

/** The end of a long text, for error messages. */
function lastOf(text: string): string {
  return text.length > 4000 ? `... ${text.slice(-4000)}` : text;
}
