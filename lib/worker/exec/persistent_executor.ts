/**
 * Executes jobs with a persistent program: each request is a line on its standard input, each reply a line on its
 * standard output. docs/programs.md describes the protocol.
 *
 * @module
 */

import { Backoff } from "../../backoff.ts";
import { delay } from "../../delay.ts";
import type { Frames } from "../../lru.ts";
import { formatSize } from "../../units.ts";
import type { Waiter } from "../../zmq/waiter.ts";
import type { Executor, Job } from "../executor.ts";
import { JobError, type JobErrorCode } from "../job_error.ts";
import { BoundedBytes } from "./bounded_bytes.ts";
import { decodeFrames, encodeFrames, parseJson } from "../../frame_json.ts";
import type { Guardian } from "./guardian.ts";
import { DEFAULT_MAX_REPLY_BYTES } from "./process_executor.ts";
import { ProcessGroup } from "./process_group.ts";
import { checkProgram } from "./program_check.ts";

const LINE_FEED = 0x0a;

/** The longest reason for a refusal that is kept, in UTF-16 code units. */
const MAX_REASON_LENGTH = 1000;

/**
 * How long a program may take to end after it has closed its output, or after its input was closed, in milliseconds.
 */
const END_WAIT_MS = 1000;

/** Pauses before a program that keeps exiting by itself is restarted. */
const RESTART_BACKOFF = { firstMs: 100, maxMs: 5000 };

/** How long a program must run before it gets its first request, in milliseconds. */
const PROOF_MS = 300;
/**
 * A program that ended before it had answered anything must run for twice as long the next time, so that a program that
 * fails while it loads does not use up further requests. The limit is lower the first time, since that may have been
 * the request's fault.
 */
const MAX_PROOF_MS = { first: 10_000, further: 600_000 };

/** How a program may end without the worker ending it. */
const OWN_ENDS: readonly JobErrorCode[] = ["EXITED", "KILLED"];

/** Options of {@linkcode PersistentExecutor}. */
export interface PersistentExecutorOptions {
  /**
   * The longest line that the program may write as a reply, in bytes.
   *
   * @default {DEFAULT_MAX_REPLY_BYTES}
   */
  readonly maxReplyBytes?: number;
  /**
   * Called when the program ended or had to be killed while it had no job, and when it could not be restarted.
   *
   * @default nothing happens
   */
  readonly onIdleEnd?: (reason: JobError) => void;
  /**
   * Called when the program is restarted.
   *
   * @default nothing happens
   */
  readonly onRestart?: () => void;
  /**
   * Called after a job that the program did, if it has written to standard error since the last call. Receives the last
   * lines of that.
   *
   * @default they are dropped
   */
  readonly onErrors?: ((job: number, lines: string) => void) | undefined;
  /**
   * Abort it to kill the program at once, with everything that it has started, whether it has a job or not. It is not
   * restarted.
   *
   * @default never
   */
  readonly kill?: AbortSignal;
  /**
   * Kills the program when this process ends.
   *
   * @default nobody does
   */
  readonly guardian?: Guardian;
  /**
   * Waits for the program's output.
   *
   * @default Deno waits, which costs more
   */
  readonly waiter?: Waiter;
  /**
   * How long a program must run until it counts as able to do jobs, in milliseconds. Only tests set it, because they
   * must not depend on how fast a machine starts programs.
   *
   * @default 300
   */
  readonly proofMs?: number;
}

/** Keeps a program running, and gives it one job after another. */
export class PersistentExecutor implements Executor {
  /** @see Executor.onUnready */
  onUnready?: () => void;
  /** @see Executor.isSlow */
  readonly isSlow = true;
  readonly #argv: readonly string[];
  readonly #options: PersistentExecutorOptions;
  readonly #backoff = new Backoff(RESTART_BACKOFF);
  #program: PersistentProgram | undefined;
  #restartTimer: ReturnType<typeof setTimeout> | undefined;
  readonly #minProofMs: number;
  #proofMs: number;
  /** How many runs of the program in a row have ended without an answer. */
  #fruitlessRuns = 0;
  /** Whether {@linkcode PersistentExecutor.ready} is waiting for the program, and so will notice its end. */
  #isProving = false;

  /**
   * @param argv The program and its arguments.
   * @param options How to run it.
   */
  constructor(argv: readonly string[], options: PersistentExecutorOptions = {}) {
    this.#argv = argv;
    this.#options = options;
    this.#minProofMs = options.proofMs ?? PROOF_MS;
    this.#proofMs = this.#minProofMs;
  }

  /**
   * Starts the program unless it is running, and waits until it has run for a while. It may still be loading then; its
   * first request waits for it.
   *
   * @throws {JobError} `NOT_STARTED`, or why it ended.
   */
  async ready(end?: AbortSignal): Promise<void> {
    if (this.#program?.isUsable !== true) checkProgram(this.#argv[0] ?? "");
    const waiting = new AbortController();
    const stop = () => waiting.abort();
    end?.addEventListener("abort", stop);
    if (end?.aborted) stop();
    this.#isProving = true;
    try {
      const program = this.#start();
      await Promise.race([program.idleEnd, delay(this.#proofMs - program.ageMs, waiting.signal)]);
      const reason = program.isUsable ? undefined : await program.idleEnd;
      if (reason !== undefined) throw reason;
    } finally {
      this.#isProving = false;
      end?.removeEventListener("abort", stop);
      stop();
    }
  }

  /**
   * Gives the program a request and waits for its reply. If the program has ended since the last request, it is
   * restarted at once. If it ends with exit code 0 instead of replying, it is restarted too, once per job: it chose to
   * exit between two jobs.
   *
   * @throws {JobError} With any code but `BAD_REQUEST`. After `REFUSED` the program keeps running; after all others it
   * has ended.
   */
  async execute(request: Frames, { number, signal }: Job): Promise<Frames> {
    const line = encodeFrames(request, "\n");
    let program = this.#start();
    try {
      let reply = await program.exchange(line, signal);
      if (reply === undefined) {
        program = this.#start();
        reply = await program.exchange(line, signal);
        if (reply === undefined) throw program.endFailure(" before it answered, twice");
      }
      const lines = this.#options.onErrors === undefined ? "" : program.takeErrors();
      if (lines !== "") this.#options.onErrors?.(number, lines);
      return reply;
    } catch (error) {
      this.#learnFrom(program, error);
      throw error;
    } finally {
      if (program.hasAnswered) {
        this.#backoff.succeeded();
        this.#proofMs = this.#minProofMs;
        this.#fruitlessRuns = 0;
      }
    }
  }

  /** Closes the program's input, and kills the program if it has not ended within a second. */
  async [Symbol.asyncDispose](): Promise<void> {
    clearTimeout(this.#restartTimer);
    const program = this.#program;
    // Its end is no longer a reason to restart it.
    this.#program = undefined;
    await program?.leave();
  }

  #start(): PersistentProgram {
    clearTimeout(this.#restartTimer);
    if (this.#program?.isUsable) return this.#program;
    const program = new PersistentProgram(this.#argv, this.#options);
    if (this.#program !== undefined) this.#options.onRestart?.();
    this.#program = program;
    program.idleEnd.then((reason) => {
      // Once another program runs, this one's end does not matter.
      if (reason !== undefined && this.#program === program) this.#endedIdle(program, reason);
    });
    return program;
  }

  #endedIdle(program: PersistentProgram, reason: JobError): void {
    // A program may exit on its own, for instance to free memory. One that exits before it could have had a job cannot
    // do any.
    const hasLeft = program.hasLeft && (program.hasAnswered || program.ageMs >= this.#proofMs);
    this.#learnFrom(program, reason);
    if (this.#isProving) return;
    this.#options.onIdleEnd?.(reason);
    if (hasLeft) this.#startLater();
    else this.onUnready?.();
  }

  /** Starts the program before the next job comes, since loading it may take long. */
  #startLater(): void {
    this.#restartTimer = setTimeout(() => {
      if (this.#options.kill?.aborted) return;
      try {
        this.#start();
      } catch (error) {
        if (!(error instanceof JobError)) throw error;
        this.#options.onIdleEnd?.(error);
        this.onUnready?.();
      }
    }, this.#backoff.failed());
  }

  /**
   * Adapts how long the next program must run before its first request to how long this one ran before it failed by
   * itself.
   */
  #learnFrom(program: PersistentProgram, error: unknown): void {
    if (program.hasAnswered || !(error instanceof JobError) || !OWN_ENDS.includes(error.code)) return;
    const maxMs = this.#fruitlessRuns++ === 0 ? MAX_PROOF_MS.first : MAX_PROOF_MS.further;
    this.#proofMs = Math.min(maxMs, Math.max(this.#minProofMs, 2 * program.ageMs));
  }
}

/** A request that the program has not answered yet. */
interface Exchange {
  /** The part of the reply's line that has come. */
  readonly line: BoundedBytes;
  /** Called when the line is complete, or too long. */
  readonly settle: () => void;
}

/** One run of the program. */
class PersistentProgram {
  /**
   * Resolves when the run is over: to the reason if the program ended by itself while it had no request, otherwise to
   * `undefined`.
   */
  readonly idleEnd: Promise<JobError | undefined>;
  /** Whether it can take a request. */
  isUsable = true;
  /** Whether it has answered or refused a request. */
  hasAnswered = false;
  readonly #startedAtMs = performance.now();
  readonly #group: ProcessGroup;
  readonly #maxReplyBytes: number;
  readonly #strayed = Promise.withResolvers<"strayed">();
  #exchange: Exchange | undefined;
  #isDismissed = false;
  #hasClosedOutput = false;
  #hasStrayed = false;
  #endedAtMs: number | undefined;

  constructor(argv: readonly string[], { maxReplyBytes, kill, guardian, waiter }: PersistentExecutorOptions) {
    this.#maxReplyBytes = maxReplyBytes ?? DEFAULT_MAX_REPLY_BYTES;
    this.#group = new ProcessGroup(argv, (chunk) => this.#receive(chunk), { guardian, waiter });
    this.idleEnd = this.#watch(kill).finally(() => this.#exchange?.settle());
  }

  /** How long it has been running, or ran, in milliseconds. */
  get ageMs(): number {
    return (this.#endedAtMs ?? performance.now()) - this.#startedAtMs;
  }

  /** Whether it chose to exit. */
  get hasLeft(): boolean {
    return !this.#isDismissed && !this.#hasStrayed && this.#group.status?.success === true;
  }

  /** Sends a request; resolves to the reply, or `undefined` when the program ended with exit code 0 instead. */
  async exchange(request: Uint8Array<ArrayBuffer>, signal: AbortSignal): Promise<Frames | undefined> {
    const line = new BoundedBytes(this.#maxReplyBytes);
    const settled = Promise.withResolvers<void>();
    const settle = () => settled.resolve();
    this.#exchange = { line, settle };
    signal.addEventListener("abort", settle);
    if (signal.aborted) settle();
    // Not awaited: the reply may come before the program has read the whole request.
    this.#group.write(request);
    await settled.promise;
    signal.removeEventListener("abort", settle);
    const isAnswered = this.#exchange === undefined;
    this.#exchange = undefined;
    if (isAnswered) return await this.#read(line.join());
    const hasLeft = this.hasLeft && line.length === 0;
    await this.#dismiss();
    if (signal.aborted) throw this.#group.abortFailure(signal);
    if (line.isOverLimit) {
      throw this.#group.failure("REPLY_TOO_LONG", `wrote a line of more than ${formatSize(this.#maxReplyBytes)}`);
    }
    if (hasLeft) return undefined;
    throw this.endFailure(" before it answered");
  }

  /** The last lines of standard error since the previous call; empty if there are none. */
  takeErrors(): string {
    return this.#group.takeErrors();
  }

  /** Ends it in the documented way, by closing its input. */
  async leave(): Promise<void> {
    this.isUsable = false;
    this.#isDismissed = true;
    this.#group.closeInput();
    await this.#group.endsWithin(END_WAIT_MS);
    await this.#group.end();
  }

  /** Makes the error for its end, during a job or without one. */
  endFailure(when: string): JobError {
    return this.#hasClosedOutput
      ? this.#group.failure("EXITED", `closed its standard output${when}`)
      : this.#group.endFailure(when);
  }

  #receive(chunk: Uint8Array<ArrayBuffer>): void {
    if (this.#exchange === undefined) return this.#stray();
    const { line, settle } = this.#exchange;
    const end = chunk.indexOf(LINE_FEED);
    line.add(end < 0 ? chunk : chunk.subarray(0, end));
    if (line.isOverLimit) return settle();
    if (end < 0) return;
    this.#exchange = undefined;
    settle();
    if (end + 1 < chunk.length) this.#stray();
  }

  /** Output without a request would be mistaken for the reply to the next one. */
  #stray(): void {
    this.isUsable = false;
    this.#hasStrayed = true;
    this.#strayed.resolve("strayed");
  }

  async #read(line: Uint8Array): Promise<Frames> {
    let reply: unknown;
    try {
      reply = parseJson(line);
      const frames = isRefusal(reply) ? undefined : decodeFrames(reply);
      this.hasAnswered = true;
      if (frames !== undefined) return frames;
    } catch (error) {
      await this.#dismiss();
      throw this.#group.failure("BAD_REPLY", `wrote an invalid reply: ${(error as Error).message}`);
    }
    const reason = (reply as Refusal).error.slice(0, MAX_REASON_LENGTH);
    throw this.#group.failure("REFUSED", `refused the job: ${reason}`);
  }

  async #dismiss(): Promise<void> {
    this.isUsable = false;
    this.#isDismissed = true;
    await this.#group.end();
  }

  async #watch(kill: AbortSignal | undefined): Promise<JobError | undefined> {
    const { ended, outputEnded } = this.#group;
    // Also kills the program when no job's signal would do that: while it is idle, or has been asked to exit, for which
    // it has a second.
    const dismiss = () => void this.#dismiss();
    kill?.addEventListener("abort", dismiss);
    const end = await Promise.race([ended, outputEnded, this.#strayed.promise]);
    const wasDismissed = this.#isDismissed;
    this.isUsable = false;
    this.#endedAtMs = performance.now();
    if (end !== "strayed") this.#hasClosedOutput = !await this.#group.endsWithin(END_WAIT_MS);
    await this.#group.end();
    kill?.removeEventListener("abort", dismiss);
    // Checked only after all output was read: a program may answer and then end, and its end may be noticed before its
    // answer.
    if (this.#exchange !== undefined || wasDismissed) return undefined;
    if (end === "strayed") return this.#group.failure("BAD_REPLY", "wrote to its standard output without a request");
    return this.endFailure(this.hasAnswered ? " while it had no job" : " before its first job");
  }
}

/** The answer of a program that cannot do a job. */
interface Refusal {
  readonly error: string;
}

function isRefusal(reply: unknown): reply is Refusal {
  return typeof reply === "object" && reply !== null && "error" in reply && typeof reply.error === "string";
}
