/**
 * Does jobs by a program that stays: each request is a line on its standard input, each reply a line on its standard
 * output. docs/programs.md has the line protocol.
 *
 * @module
 */

import { Backoff } from "../../backoff.ts";
import { BoundedBytes } from "./bounded_bytes.ts";
import { decodeFrames, encodeFrames, parseJson } from "./frame_json.ts";
import type { Frames } from "../../lru.ts";
import { JobError } from "../job_error.ts";
import type { Executor, Job } from "../executor.ts";
import { ProcessGroup } from "./process_group.ts";
import { DEFAULT_MAX_REPLY_BYTES } from "./process_executor.ts";
import { formatSize } from "../../units.ts";

const LINE_FEED = 0x0a;

/** The most that is kept of the reason a program gives, in UTF-16 units. */
const MAX_REASON_LENGTH = 1000;

/** How long a program may take to end after its output has, or after its input has at the end, in milliseconds. */
const END_WAIT_MS = 1000;

/** Pauses before a program is started again that ended, again and again, while it had no job. */
const RESTART_BACKOFF = { firstMs: 100, maxMs: 5000 };

/** How a persistent program's jobs are done. */
export interface PersistentExecutorOptions {
  /**
   * The longest line that it may answer, in bytes.
   *
   * @default {DEFAULT_MAX_REPLY_BYTES}
   */
  readonly maxReplyBytes?: number;
  /**
   * Is told when the program ended, or had to be ended, while it had no job, and when it could not be started again.
   *
   * @default nobody is told
   */
  readonly onIdleEnd?: (reason: JobError) => void;
  /**
   * Aborted: the program is killed on that turn, with all that it has started, whether it has a job or not, and not started
   * again.
   *
   * @default never
   */
  readonly kill?: AbortSignal;
}

/** Keeps a program running, and gives it one job after another. */
export class PersistentExecutor implements Executor {
  readonly #argv: readonly string[];
  readonly #maxReplyBytes: number;
  readonly #onIdleEnd: ((reason: JobError) => void) | undefined;
  readonly #kill: AbortSignal | undefined;
  readonly #backoff = new Backoff(RESTART_BACKOFF);
  #program: PersistentProgram | undefined;
  #restartTimer: ReturnType<typeof setTimeout> | undefined;

  /**
   * @param argv The program and its arguments.
   * @param options How its jobs are done.
   */
  constructor(argv: readonly string[], options: PersistentExecutorOptions = {}) {
    this.#argv = argv;
    this.#maxReplyBytes = options.maxReplyBytes ?? DEFAULT_MAX_REPLY_BYTES;
    this.#onIdleEnd = options.onIdleEnd;
    this.#kill = options.kill;
  }

  /**
   * Starts the program unless it runs. It may still be loading then: its first request waits for it.
   *
   * @throws {JobError} `NOT_STARTED`.
   */
  // deno-lint-ignore require-await -- what it throws is to be a rejection
  async ready(): Promise<void> {
    this.#start();
  }

  /**
   * Gives the program a request and waits for its reply. A program that has ended since the last one is started again, at
   * once. It is started again also when it ends with exit code 0 instead of a reply, once for a job: such a program left by
   * its own choice, between two jobs.
   *
   * @throws {JobError} With any code but `BAD_REQUEST`. After `REFUSED` the program runs on, after all others it is gone.
   */
  async execute(request: Frames, { signal }: Job): Promise<Frames> {
    const line = encodeFrames(request, "\n");
    let reply = await this.#start().exchange(line, signal);
    if (reply === undefined) {
      const restarted = this.#start();
      reply = await restarted.exchange(line, signal);
      if (reply === undefined) throw restarted.endFailure(" before it answered, twice");
    }
    this.#backoff.succeeded();
    return reply;
  }

  /** Ends the program's input, and kills what has not ended within a second. */
  async [Symbol.asyncDispose](): Promise<void> {
    clearTimeout(this.#restartTimer);
    const program = this.#program;
    // Its end is no reason any more to start it again.
    this.#program = undefined;
    await program?.leave();
  }

  #start(): PersistentProgram {
    clearTimeout(this.#restartTimer);
    if (this.#program?.isUsable) return this.#program;
    const program = new PersistentProgram(this.#argv, this.#maxReplyBytes, this.#kill);
    this.#program = program;
    program.idleEnd.then((reason) => {
      // When another one runs by now, this one's end is no longer of interest.
      if (reason !== undefined && this.#program === program) this.#startLater(reason);
    });
    return program;
  }

  /** Starts the program before the next job comes, since it may take long to load. */
  #startLater(reason: JobError): void {
    this.#onIdleEnd?.(reason);
    this.#restartTimer = setTimeout(() => {
      if (this.#kill?.aborted) return;
      try {
        this.#start();
      } catch (error) {
        if (!(error instanceof JobError)) throw error;
        this.#startLater(error);
      }
    }, this.#backoff.failed());
  }
}

/** A request that is out. */
interface Exchange {
  /** What has come of the reply's line. */
  readonly line: BoundedBytes;
  /** To be called when it is complete, or too long. */
  readonly settle: () => void;
}

/** One life of the program. */
class PersistentProgram {
  /** Resolves when it is over: why, if that came by itself while no request was out. */
  readonly idleEnd: Promise<JobError | undefined>;
  /** Whether it can be given a request. */
  isUsable = true;
  readonly #group: ProcessGroup;
  readonly #maxReplyBytes: number;
  readonly #strayed = Promise.withResolvers<"strayed">();
  #exchange: Exchange | undefined;
  #isDismissed = false;
  #hasClosedOutput = false;

  constructor(argv: readonly string[], maxReplyBytes: number, kill: AbortSignal | undefined) {
    this.#maxReplyBytes = maxReplyBytes;
    this.#group = new ProcessGroup(argv, (chunk) => this.#receive(chunk));
    this.idleEnd = this.#watch(kill);
  }

  /** Sends a request; resolves to the reply, or `undefined` when the program ended with exit code 0 instead. */
  async exchange(request: Uint8Array, signal: AbortSignal): Promise<Frames | undefined> {
    const line = new BoundedBytes(this.#maxReplyBytes);
    const settled = Promise.withResolvers<void>();
    const settle = () => settled.resolve();
    this.#exchange = { line, settle };
    signal.addEventListener("abort", settle);
    if (signal.aborted) settle();
    // A reply may come before all of the request was read.
    const written = this.#group.write(request).then(() => settled.promise);
    await Promise.race([written, settled.promise, this.idleEnd]);
    signal.removeEventListener("abort", settle);
    const isAnswered = this.#exchange === undefined;
    this.#exchange = undefined;
    if (isAnswered) return await this.#read(line.join());
    const hasLeft = !this.#isDismissed && this.#group.status?.success && line.length === 0;
    await this.#dismiss();
    if (signal.aborted) throw this.#group.abortFailure(signal);
    if (line.isOverLimit) {
      throw this.#group.failure("REPLY_TOO_LONG", `wrote a line of more than ${formatSize(this.#maxReplyBytes)}`);
    }
    if (hasLeft) return undefined;
    throw this.endFailure(" before it answered");
  }

  /** Ends it as a program expects it: its input ends. */
  async leave(): Promise<void> {
    this.isUsable = false;
    this.#isDismissed = true;
    this.#group.closeInput();
    await this.#group.endsWithin(END_WAIT_MS);
    await this.#group.end();
  }

  /** The failure that its end is. */
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
    this.#strayed.resolve("strayed");
  }

  async #read(line: Uint8Array): Promise<Frames> {
    let reply: unknown;
    try {
      reply = parseJson(line);
      if (!isRefusal(reply)) return decodeFrames(reply);
    } catch (error) {
      await this.#dismiss();
      throw this.#group.failure("BAD_REPLY", `wrote a line that is no reply: ${(error as Error).message}`);
    }
    throw this.#group.failure("REFUSED", `refused the job: ${reply.error.slice(0, MAX_REASON_LENGTH)}`);
  }

  async #dismiss(): Promise<void> {
    this.isUsable = false;
    this.#isDismissed = true;
    await this.#group.end();
  }

  async #watch(kill: AbortSignal | undefined): Promise<JobError | undefined> {
    const { ended, outputEnded } = this.#group;
    // It may be idle, so that no job's signal tells of it, or have been told to leave, which it is given a second for.
    const dismiss = () => void this.#dismiss();
    kill?.addEventListener("abort", dismiss);
    const end = await Promise.race([ended, outputEnded, this.#strayed.promise]);
    const wasIdle = this.#exchange === undefined && !this.#isDismissed;
    this.isUsable = false;
    if (end !== "strayed") this.#hasClosedOutput = !await this.#group.endsWithin(END_WAIT_MS);
    await this.#group.end();
    kill?.removeEventListener("abort", dismiss);
    if (!wasIdle) return undefined;
    if (end === "strayed") return this.#group.failure("BAD_REPLY", "wrote to its standard output without a request");
    return this.endFailure(" while it had no job");
  }
}

function isRefusal(reply: unknown): reply is { readonly error: string } {
  return typeof reply === "object" && reply !== null && "error" in reply && typeof reply.error === "string";
}
