/**
 * Executes jobs by a program that stays: each request is a line on its standard input, each reply a line on its standard output.
 * docs/programs.md describes the protocol.
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

/** How much of the reason that a program gives is kept, in UTF-16 units. */
const MAX_REASON_LENGTH = 1000;

/** How long a program may take to end after its output has ended, or after its input was closed, in milliseconds. */
const END_WAIT_MS = 1000;

/** Pauses before a program is started again that leaves by itself, when it does so again and again. */
const RESTART_BACKOFF = { firstMs: 100, maxMs: 5000 };

/** How long a program must have run before it gets its first request, in milliseconds. */
const PROOF_MS = 300;
/**
 * A program that ended before it had answered anything must run twice as long the next time, so that one that fails while it
 * loads does not take further requests. Once may have been the request's fault, so that the limit is lower then.
 */
const MAX_PROOF_MS = { first: 10_000, further: 600_000 };

/** The ends of a program that it was not made to come to. */
const OWN_ENDS: readonly JobErrorCode[] = ["EXITED", "KILLED"];

/** Options of {@linkcode PersistentExecutor}. */
export interface PersistentExecutorOptions {
  /**
   * The longest line that the program may answer, in bytes.
   *
   * @default {DEFAULT_MAX_REPLY_BYTES}
   */
  readonly maxReplyBytes?: number;
  /**
   * Called when the program ended, or had to be ended, while it had no job, and when it could not be started again.
   *
   * @default nothing happens
   */
  readonly onIdleEnd?: (reason: JobError) => void;
  /**
   * Called when the program is started again.
   *
   * @default nothing happens
   */
  readonly onRestart?: () => void;
  /**
   * Receives the last lines of what the program has written to standard error when it has done a job, if it wrote any since
   * the last one.
   *
   * @default they are dropped
   */
  readonly onErrors?: ((job: number, lines: string) => void) | undefined;
  /**
   * Aborted: the program is killed on that turn, with everything that it has started, whether it has a job or not, and is not
   * started again.
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
   * @default Deno does, which costs more
   */
  readonly waiter?: Waiter;
  /**
   * How long a program must have run until one may think that it can do jobs, in milliseconds. It is for tests, which must not
   * depend on how fast a machine starts programs; the worker leaves it as it is.
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
  readonly #leastProofMs: number;
  #proofMs: number;
  /** How many lives of the program in a row have ended without an answer. */
  #fruitlessLives = 0;
  /** Whether {@linkcode PersistentExecutor.ready} waits for the program, and so learns of its end. */
  #isProving = false;

  /**
   * @param argv The program and its arguments.
   * @param options How to run it.
   */
  constructor(argv: readonly string[], options: PersistentExecutorOptions = {}) {
    this.#argv = argv;
    this.#options = options;
    this.#leastProofMs = options.proofMs ?? PROOF_MS;
    this.#proofMs = this.#leastProofMs;
  }

  /**
   * Starts the program unless it runs, and waits until it has run for a while. It may still be loading then: its first request
   * waits for it.
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
   * Gives the program a request and waits for its reply. A program that has ended since the last one is started again, at
   * once. It is also started again when it ends with exit code 0 instead of a reply, once for a job: such a program left by
   * its own choice, between two jobs.
   *
   * @throws {JobError} With any code but `BAD_REQUEST`. After `REFUSED` the program runs on, after all others it is gone.
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
        this.#proofMs = this.#leastProofMs;
        this.#fruitlessLives = 0;
      }
    }
  }

  /** Closes the program's input, and kills what has not ended within a second. */
  async [Symbol.asyncDispose](): Promise<void> {
    clearTimeout(this.#restartTimer);
    const program = this.#program;
    // Its end is no longer a reason to start it again.
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
      // Once another one runs, this one's end does not matter.
      if (reason !== undefined && this.#program === program) this.#endedIdle(program, reason);
    });
    return program;
  }

  #endedIdle(program: PersistentProgram, reason: JobError): void {
    // A program may leave, for instance to free memory. One that leaves before it could have had a job cannot do any.
    const hasLeft = program.hasLeft && (program.hasAnswered || program.ageMs >= this.#proofMs);
    this.#learnFrom(program, reason);
    if (this.#isProving) return;
    this.#options.onIdleEnd?.(reason);
    if (hasLeft) this.#startLater();
    else this.onUnready?.();
  }

  /** Starts the program before the next job comes, since it may take long to load. */
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

  /** Learns how long the program takes to fail when it fails by itself. */
  #learnFrom(program: PersistentProgram, error: unknown): void {
    if (program.hasAnswered || !(error instanceof JobError) || !OWN_ENDS.includes(error.code)) return;
    const maxMs = this.#fruitlessLives++ === 0 ? MAX_PROOF_MS.first : MAX_PROOF_MS.further;
    this.#proofMs = Math.min(maxMs, Math.max(this.#leastProofMs, 2 * program.ageMs));
  }
}

/** A request that is out. */
interface Exchange {
  /** How much of the reply's line has come. */
  readonly line: BoundedBytes;
  /** Called when the line is complete, or too long. */
  readonly settle: () => void;
}

/** One life of the program. */
class PersistentProgram {
  /** Resolves when it is over: to the reason, if it ended by itself while no request was out. */
  readonly idleEnd: Promise<JobError | undefined>;
  /** Whether it can take a request. */
  isUsable = true;
  /** Whether it has answered a request, or refused one. */
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

  /** How long it has run, or ran, in milliseconds. */
  get ageMs(): number {
    return (this.#endedAtMs ?? performance.now()) - this.#startedAtMs;
  }

  /** Whether it ended by its own choice. */
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
    // Not awaited: a reply may come before all of the request was read.
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

  /** The last lines of standard error since this was called last; empty if there are none. */
  takeErrors(): string {
    return this.#group.takeErrors();
  }

  /** Ends it in the documented way: its input ends. */
  async leave(): Promise<void> {
    this.isUsable = false;
    this.#isDismissed = true;
    this.#group.closeInput();
    await this.#group.endsWithin(END_WAIT_MS);
    await this.#group.end();
  }

  /** The error of a job, or of no job, that its end is. */
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

  /** What it writes without a request would be taken for the reply to the next one. */
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
    // It may be idle, when no job's signal is aborted, or may have been asked to leave, for which it has a second.
    const dismiss = () => void this.#dismiss();
    kill?.addEventListener("abort", dismiss);
    const end = await Promise.race([ended, outputEnded, this.#strayed.promise]);
    const wasDismissed = this.#isDismissed;
    this.isUsable = false;
    this.#endedAtMs = performance.now();
    if (end !== "strayed") this.#hasClosedOutput = !await this.#group.endsWithin(END_WAIT_MS);
    await this.#group.end();
    kill?.removeEventListener("abort", dismiss);
    // Asked after all of its output was read: it may have answered, ended, and been found to have ended before.
    if (this.#exchange !== undefined || wasDismissed) return undefined;
    if (end === "strayed") return this.#group.failure("BAD_REPLY", "wrote to its standard output without a request");
    return this.endFailure(this.hasAnswered ? " while it had no job" : " before its first job");
  }
}

/** What a program answers that cannot do a job. */
interface Refusal {
  readonly error: string;
}

function isRefusal(reply: unknown): reply is Refusal {
  return typeof reply === "object" && reply !== null && "error" in reply && typeof reply.error === "string";
}
