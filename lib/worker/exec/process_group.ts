/**
 * A program that runs as its own process group, so that it can be ended together with everything that it has started.
 *
 * @module
 */

import { spawnChild } from "../../own_children.ts";
import type { Waiter } from "../../zmq/waiter.ts";
import { JobError, type JobErrorCode, notStarted } from "../job_error.ts";
import { restoreDescriptorLimit } from "./descriptor_limit.ts";
import type { Guardian } from "./guardian.ts";
import { OutputTail } from "./output_tail.ts";
import { PipeFinder, ProgramPipes } from "./program_pipes.ts";
import { type ProgramChannel, ProgramStreams, readAll } from "./program_streams.ts";

/** How much of standard error is kept. */
const STDERR_LINES = 20;
const STDERR_BYTES = 4096;

/**
 * How long a killed program may take to be gone, or its streams to end, in milliseconds. That takes longer when it is stuck in
 * the kernel, or when a process that has left the group (`setsid`) holds the streams.
 */
const LAST_WAIT_MS = 1000;

/** What a {@linkcode ProcessGroup} needs. */
export interface ProcessGroupParts {
  /**
   * Kills it when this process ends.
   *
   * @default nobody does
   */
  readonly guardian?: Guardian | undefined;
  /**
   * Waits for its output, where {@linkcode ProgramPipes} can be used. They cost less for a program that does many jobs.
   *
   * @default it has Deno's streams
   */
  readonly waiter?: Waiter | undefined;
}

/** A running program with its standard streams. */
export class ProcessGroup {
  /** Resolves when the program has ended, whatever may be left of its group. */
  readonly ended: Promise<Deno.CommandStatus>;
  /** Resolves when nothing more comes from standard output. */
  readonly outputEnded: Promise<void>;
  readonly #program: string;
  readonly #process: Deno.ChildProcess;
  readonly #channel: ProgramChannel;
  readonly #errors: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>;
  readonly #errorsEnded: Promise<void>;
  readonly #errorTail = new OutputTail(STDERR_LINES, STDERR_BYTES);
  readonly #guardian: Guardian | undefined;
  #status: Deno.CommandStatus | undefined;
  #isOver = false;

  /**
   * Starts a program in the folder of this process, with its environment and with the limit of open files that this process was
   * given.
   *
   * @param argv The program and its arguments.
   * @param onOutput Receives what it writes to standard output.
   * @param parts What else it needs.
   * @throws {JobError} `NOT_STARTED`.
   */
  constructor(
    argv: readonly string[],
    onOutput: (chunk: Uint8Array<ArrayBuffer>) => void,
    { guardian, waiter }: ProcessGroupParts,
  ) {
    const [program = "", ...args] = argv;
    this.#program = program;
    const finder = waiter && PipeFinder.open();
    try {
      this.#process = spawnChild(program, {
        args,
        stdin: "piped",
        stdout: "piped",
        stderr: "piped",
        // A session of its own, hence a process group whose number is the process id, and no signals from the terminal.
        detached: true,
      });
    } catch (error) {
      throw notStarted(program, startFailure(error as Error));
    }
    restoreDescriptorLimit(this.#process.pid);
    this.#guardian = guardian;
    guardian?.watch(this.#process.pid);
    this.ended = this.#process.status.then((status) => this.#status = status);
    const pipes = finder?.find(this.#process);
    this.#channel = waiter === undefined || pipes === undefined
      ? new ProgramStreams(this.#process, onOutput)
      : new ProgramPipes(pipes, waiter, onOutput);
    this.outputEnded = this.#channel.outputEnded;
    this.#errors = this.#process.stderr.getReader();
    this.#errorsEnded = readAll(this.#errors, (chunk) => this.#errorTail.add(chunk));
  }

  /** How it ended; `undefined` while it runs. */
  get status(): Deno.CommandStatus | undefined {
    return this.#status;
  }

  /** The last lines of standard error since this was called last; empty if there are none. */
  takeErrors(): string {
    const { text } = this.#errorTail;
    this.#errorTail.clear();
    return text;
  }

  /**
   * Makes the error of a job that the program did not do.
   *
   * @param code What went wrong.
   * @param what The same in words, such as `wrote an invalid reply`.
   * @returns The error, with the last lines of standard error.
   */
  failure(code: JobErrorCode, what: string): JobError {
    const stderr = this.#errorTail.text;
    return new JobError(code, `Program ${JSON.stringify(this.#program)} ${what}`, stderr === "" ? {} : { stderr });
  }

  /**
   * Makes the error of a job during which the program ended.
   *
   * @param owed What it should have done before, such as ` before it answered`.
   * @returns The error.
   */
  endFailure(owed: string = ""): JobError {
    // One that could not be killed has no status.
    const { code, signal } = this.#status ?? { code: 0, signal: "SIGKILL" };
    return signal === null
      ? this.failure("EXITED", `ended with exit code ${code}${owed}`)
      : this.failure("KILLED", `was ended by ${signal}${owed}`);
  }

  /**
   * Makes the error of a job for which the program was killed.
   *
   * @param signal The job's signal, which was aborted.
   * @returns The error.
   */
  abortFailure({ reason }: AbortSignal): JobError {
    return this.failure("ABORTED", `was killed: ${reason instanceof Error ? reason.message : reason}`);
  }

  /**
   * Writes to standard input. A program need not read all of it: whether it did its job shows by its end and its output.
   *
   * @param bytes What to write.
   * @returns Resolves when the program has taken it, or will not take it; `undefined`: it has been written.
   */
  write(bytes: Uint8Array<ArrayBuffer>): Promise<void> | undefined {
    return this.#channel.write(bytes);
  }

  /** Closes standard input once the program has taken everything that was written to it. */
  closeInput(): void {
    this.#channel.closeInput();
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

  /** Kills what is left of it, reads what it has written, and forgets it. Takes a second at most. */
  async end(): Promise<void> {
    this.#kill();
    await settlesWithin(Promise.all([this.ended, this.outputEnded, this.#errorsEnded]), LAST_WAIT_MS);
    this.#isOver = true;
    this.#guardian?.release(this.#process.pid);
    await Promise.all([this.#channel.close(), this.#errors.cancel()]);
    if (this.#status === undefined) this.#process.unref();
  }

  #kill(): void {
    // Once the group is known to be gone, its number may belong to another one.
    if (this.#isOver) return;
    try {
      Deno.kill(-this.#process.pid, "SIGKILL");
    } catch (error) {
      // Nothing is left of it, or what is left runs as another user (`sudo`) and stays.
      if (!(error instanceof Deno.errors.NotFound || error instanceof Deno.errors.PermissionDenied)) throw error;
    }
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

function startFailure(error: Error): string {
  if (error instanceof Deno.errors.NotFound) {
    return "there is no such program, or its interpreter does not exist; give its path, or put it in PATH";
  }
  if (error instanceof Deno.errors.PermissionDenied) return "it is not executable; see chmod(1)";
  if (error instanceof Deno.errors.NotCapable) return "Deno may not run programs; allow it by --allow-run";
  return error.message;
}
