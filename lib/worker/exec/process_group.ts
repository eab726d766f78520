/**
 * A program that runs as a process group of its own, so that it can be ended with all that it has started.
 *
 * @module
 */

import { JobError, type JobErrorCode, notStarted } from "../job_error.ts";
import { OutputTail } from "./output_tail.ts";

/** What is kept of standard error. */
const STDERR_LINES = 20;
const STDERR_BYTES = 4096;

/**
 * How long a killed program may take to be gone, or its streams to end, in milliseconds. They take longer when it is
 * stuck in the kernel, or when a process that has left the group (`setsid`) holds them.
 */
const LAST_WAIT_MS = 1000;

/** A running program with its standard streams. */
export class ProcessGroup {
  /** Resolves when the program has ended, whatever may be left of its group. */
  readonly ended: Promise<Deno.CommandStatus>;
  /** Resolves when nothing more comes from standard output. */
  readonly outputEnded: Promise<void>;
  readonly #program: string;
  readonly #process: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  readonly #output: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>;
  readonly #errors: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>;
  readonly #errorsEnded: Promise<void>;
  readonly #errorTail = new OutputTail(STDERR_LINES, STDERR_BYTES);
  #status: Deno.CommandStatus | undefined;
  #isOver = false;

  /**
   * Starts a program, with the environment and the folder of this process.
   *
   * @param argv The program and its arguments.
   * @param onOutput Is given what it writes to standard output.
   * @throws {JobError} `NOT_STARTED`.
   */
  constructor(argv: readonly string[], onOutput: (chunk: Uint8Array<ArrayBuffer>) => void) {
    const [program = "", ...args] = argv;
    this.#program = program;
    try {
      this.#process = new Deno.Command(program, {
        args,
        stdin: "piped",
        stdout: "piped",
        stderr: "piped",
        // A session of its own, hence a process group whose number is the process id; and no signals of the terminal.
        detached: true,
      }).spawn();
    } catch (error) {
      throw notStarted(program, startFailure(error as Error));
    }
    this.ended = this.#process.status.then((status) => this.#status = status);
    this.#input = this.#process.stdin.getWriter();
    this.#output = this.#process.stdout.getReader();
    this.#errors = this.#process.stderr.getReader();
    this.outputEnded = readAll(this.#output, onOutput);
    this.#errorsEnded = readAll(this.#errors, (chunk) => this.#errorTail.add(chunk));
  }

  /** How it ended, or `undefined` while it runs. */
  get status(): Deno.CommandStatus | undefined {
    return this.#status;
  }

  /**
   * A failure of its.
   *
   * @param code What went wrong.
   * @param what The same in words, such as `wrote no reply`.
   * @returns The error, to be thrown, with the last lines of standard error.
   */
  failure(code: JobErrorCode, what: string): JobError {
    const stderr = this.#errorTail.text;
    return new JobError(code, `Program ${JSON.stringify(this.#program)} ${what}`, stderr === "" ? {} : { stderr });
  }

  /**
   * The failure that its end is.
   *
   * @param owed What it should have done before, such as ` before it answered`.
   * @returns The error, to be thrown.
   */
  endFailure(owed: string = ""): JobError {
    // One that could not be killed has no status.
    const { code, signal } = this.#status ?? { code: 0, signal: "SIGKILL" };
    return signal === null
      ? this.failure("EXITED", `ended with exit code ${code}${owed}`)
      : this.failure("KILLED", `was ended by ${signal}${owed}`);
  }

  /**
   * The failure that it was ended for.
   *
   * @param signal Said that its answer is no longer wanted.
   * @returns The error, to be thrown.
   */
  abortFailure({ reason }: AbortSignal): JobError {
    return this.failure("ABORTED", `was killed: ${reason instanceof Error ? reason.message : reason}`);
  }

  /**
   * Writes to standard input. That a program does not read all of it is no failure: its end and its output say whether
   * it did its job.
   *
   * @param bytes What to write.
   * @returns Resolves when the program has taken it, or will not.
   */
  async write(bytes: Uint8Array): Promise<void> {
    await this.#input.write(bytes).catch(ignoreClosedInput);
  }

  /** Ends standard input, once all that was written to it has been taken. */
  closeInput(): void {
    this.#input.close().catch(ignoreClosedInput);
  }

  /**
   * Waits until the program has ended by itself.
   *
   * @param timeoutMs How long.
   * @returns Whether it has.
   */
  async endsWithin(timeoutMs: number): Promise<boolean> {
    return await settlesWithin(this.ended, timeoutMs);
  }

  /** Kills what is left of it, reads what it has written, and lets go of it. Takes a second at most. */
  async end(): Promise<void> {
    this.#kill();
    await settlesWithin(Promise.all([this.ended, this.outputEnded, this.#errorsEnded]), LAST_WAIT_MS);
    this.#isOver = true;
    // Not awaited: a write that is under way ends when nobody has the other end any more, which may be long after.
    this.#input.abort(new Deno.errors.BrokenPipe("The program is over")).catch(ignoreClosedInput);
    await Promise.all([this.#output.cancel(), this.#errors.cancel()]);
    if (this.#status === undefined) this.#process.unref();
  }

  #kill(): void {
    // Once the group is known to be gone, its number may be another's.
    if (this.#isOver) return;
    try {
      Deno.kill(-this.#process.pid, "SIGKILL");
    } catch (error) {
      // Nothing is left of it; or what is left has another user's powers (`sudo`), and stays.
      if (!(error instanceof Deno.errors.NotFound || error instanceof Deno.errors.PermissionDenied)) throw error;
    }
  }
}

async function readAll(
  reader: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>,
  onChunk: (chunk: Uint8Array<ArrayBuffer>) => void,
): Promise<void> {
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    onChunk(value);
  }
}

async function settlesWithin(promise: Promise<unknown>, timeoutMs: number): Promise<boolean> {
  const late = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => late.resolve(false), timeoutMs);
  try {
    return await Promise.race([promise.then(() => true), late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

/** Deno 2.6.10 tells of it by a TypeError, later ones as what it is. */
function ignoreClosedInput(error: unknown): void {
  if (!(error instanceof Deno.errors.BrokenPipe || error instanceof TypeError)) throw error;
}

function startFailure(error: Error): string {
  if (error instanceof Deno.errors.NotFound) {
    return "there is no such program, or no such interpreter as its first line names; give its path, or put it in PATH";
  }
  if (error instanceof Deno.errors.PermissionDenied) return "it is not executable; see chmod(1)";
  if (error instanceof Deno.errors.NotCapable) return "Deno may not run programs; allow it by --allow-run";
  return error.message;
}
