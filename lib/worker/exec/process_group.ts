/**
 * A program that runs in its own process group, so that it can be killed together with everything that it has started.
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

/** How many lines of standard error are kept. */
const STDERR_LINES = 20;
const STDERR_BYTES = 4096;

/**
 * How long to wait for a killed program to end, or for its streams to close, in milliseconds. This may never happen if
 * the program is stuck in the kernel, or if a process that has left the group (`setsid`) holds the streams open.
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
   * @default Deno's streams are used
   */
  readonly waiter?: Waiter | undefined;
}

/** A running program with its standard streams. */
export class ProcessGroup {
  /** Resolves when the program has ended, even if other processes of its group are left. */
  readonly ended: Promise<Deno.CommandStatus>;
  /** Resolves when standard output has ended. */
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
   * Starts a program in this process's working directory, with its environment and with the limit on open files that
   * this process was started with.
   *
   * @param argv The program and its arguments.
   * @param onOutput Receives what the program writes to standard output.
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
        // A new session: this makes a process group whose id is the process id, and keeps the terminal's signals away.
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

  /** How the program ended; `undefined` while it is running. */
  get status(): Deno.CommandStatus | undefined {
    return this.#status;
  }

  /** The last lines of standard error since the previous call; empty if there are none. */
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
   * @param owed What it had not done yet, such as ` before it answered`.
   * @returns The error.
   */
  endFailure(owed: string = ""): JobError {
    // A program that could not be killed has no status.
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
   * Writes to standard input. A program need not read all of it: its exit and its output show whether it did the job.
   *
   * @param bytes What to write.
   * @returns A promise that resolves when the program has taken the bytes or never will; `undefined` if they are
   * already written.
   */
  write(bytes: Uint8Array<ArrayBuffer>): Promise<void> | undefined {
    return this.#channel.write(bytes);
  }

  /** Closes standard input once the program has taken everything that was written to it. */
  closeInput(): void {
    this.#channel.closeInput();
  }

  /**
   * Waits for the program to end by itself.
   *
   * @param timeoutMs How long to wait, in milliseconds.
   * @returns Whether it has.
   */
  async endsWithin(timeoutMs: number): Promise<boolean> {
    return await settlesWithin(this.ended, timeoutMs);
  }

  /**
   * Kills what is left of the group, reads its remaining output, and releases its resources. Takes a second at most.
   */
  async end(): Promise<void> {
    this.#kill();
    await settlesWithin(Promise.all([this.ended, this.outputEnded, this.#errorsEnded]), LAST_WAIT_MS);
    this.#isOver = true;
    this.#guardian?.release(this.#process.pid);
    await Promise.all([this.#channel.close(), this.#errors.cancel()]);
    if (this.#status === undefined) this.#process.unref();
  }

  #kill(): void {
    // Once the group has ended, its id may belong to another group.
    if (this.#isOver) return;
    try {
      Deno.kill(-this.#process.pid, "SIGKILL");
    } catch (error) {
      // Nothing is left of the group, or what is left runs as another user (`sudo`) and cannot be killed.
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
  if (error instanceof Deno.errors.NotCapable) return "Deno may not run programs; allow it with --allow-run";
  return error.message;
}
