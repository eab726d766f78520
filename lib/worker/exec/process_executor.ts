/**
 * Executes each job by starting a program, which reads the request from standard input and writes the reply to standard
 * output.
 *
 * @module
 */

import type { Frames } from "../../lru.ts";
import { formatSize } from "../../units.ts";
import type { Executor, Job } from "../executor.ts";
import { JobError } from "../job_error.ts";
import { BoundedBytes } from "./bounded_bytes.ts";
import { decodeFrames, encodeFrames, parseJson } from "../../frame_json.ts";
import type { Guardian } from "./guardian.ts";
import { ProcessGroup } from "./process_group.ts";
import { checkProgram, checkShellSyntax } from "./program_check.ts";

/**
 * What a program reads and writes: `body` is the bytes of the only frame, `json` is the format of `lib/frame_json.ts`.
 */
export const FRAMES_FORMATS = ["body", "json"] as const;

/** One of {@linkcode FRAMES_FORMATS}. */
export type FramesFormat = typeof FRAMES_FORMATS[number];

/** The default limit of a program's reply, in bytes. */
export const DEFAULT_MAX_REPLY_BYTES = 128 * 1024 * 1024;

/** Options of {@linkcode ProcessExecutor}. */
export interface ProcessExecutorOptions {
  /**
   * What the program reads and writes.
   *
   * @default "body"
   */
  readonly framesFormat?: FramesFormat;
  /**
   * The largest output that it may write to standard output, in bytes.
   *
   * @default {DEFAULT_MAX_REPLY_BYTES}
   */
  readonly maxReplyBytes?: number;
  /**
   * The exit code with which the program says that the request is at fault. Its output is then the reply.
   *
   * @default no exit code has this meaning
   */
  readonly poisonExit?: number | undefined;
  /**
   * Called when the program has ended with that code. The error says so.
   *
   * @default nothing happens
   */
  readonly onPoison?: ((job: number, end: JobError) => void) | undefined;
  /**
   * Called after a job that the program did, if it wrote to standard error. Receives the last lines of that.
   *
   * @default they are dropped
   */
  readonly onErrors?: ((job: number, lines: string) => void) | undefined;
  /**
   * Kills the program when this process ends.
   *
   * @default nobody does
   */
  readonly guardian?: Guardian;
}

/** Runs a program for each job. */
export class ProcessExecutor implements Executor {
  readonly #argv: readonly string[];
  readonly #format: FramesFormat;
  readonly #maxReplyBytes: number;
  readonly #guardian: Guardian | undefined;
  readonly #options: ProcessExecutorOptions;
  #running: ProcessGroup | undefined;
  #hasRightSyntax = false;

  /**
   * @param argv The program and its arguments.
   * @param options How to run it.
   */
  constructor(argv: readonly string[], options: ProcessExecutorOptions = {}) {
    this.#argv = argv;
    this.#format = options.framesFormat ?? "body";
    this.#maxReplyBytes = options.maxReplyBytes ?? DEFAULT_MAX_REPLY_BYTES;
    this.#guardian = options.guardian;
    this.#options = options;
  }

  /**
   * Checks the program without running it, so that no request is lost to a program that cannot be started.
   *
   * @throws {JobError} `NOT_STARTED`.
   */
  async ready(): Promise<void> {
    checkProgram(this.#argv[0] ?? "");
    // The command line never changes, unlike files, so one check is enough.
    if (this.#hasRightSyntax) return;
    await checkShellSyntax(this.#argv);
    this.#hasRightSyntax = true;
  }

  /**
   * Runs the program once.
   *
   * @throws {JobError} With any code but `REFUSED`.
   */
  async execute(request: Frames, { number, signal }: Job): Promise<Frames> {
    const input = this.#encode(request);
    const output = new BoundedBytes(this.#maxReplyBytes);
    const stopped = Promise.withResolvers<void>();
    const receive = (chunk: Uint8Array<ArrayBuffer>) => {
      output.add(chunk);
      if (output.isOverLimit) stopped.resolve();
    };
    const program = new ProcessGroup(this.#argv, receive, { guardian: this.#guardian });
    this.#running = program;
    const stop = () => stopped.resolve();
    signal.addEventListener("abort", stop);
    if (signal.aborted) stop();
    const written = Promise.resolve(program.write(input)).then(() => program.closeInput()).then(() => program.ended);
    await Promise.race([written, program.ended, stopped.promise]);
    signal.removeEventListener("abort", stop);
    await program.end();
    this.#running = undefined;
    if (signal.aborted) throw program.abortFailure(signal);
    if (output.isOverLimit) {
      throw program.failure("REPLY_TOO_LONG", `wrote more than ${formatSize(this.#maxReplyBytes)}`);
    }
    if (this.#isPoison(program)) {
      this.#options.onPoison?.(number, program.endFailure());
      return this.#decodeLast(output.join());
    }
    if (!program.status?.success) throw program.endFailure();
    const reply = this.#decode(output.join(), program);
    const lines = this.#options.onErrors === undefined ? "" : program.takeErrors();
    if (lines !== "") this.#options.onErrors?.(number, lines);
    return reply;
  }

  /** Kills the program if it is running. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#running?.end();
  }

  #isPoison({ status }: ProcessGroup): boolean {
    const { poisonExit } = this.#options;
    return poisonExit !== undefined && status?.signal === null && status.code === poisonExit;
  }

  /**
   * Decodes the reply to a request that must not be repeated. Output that is not valid JSON of frames becomes the only
   * frame.
   */
  #decodeLast(output: Uint8Array<ArrayBuffer>): Frames {
    if (this.#format === "body") return [output];
    try {
      const frames = decodeFrames(parseJson(output));
      return frames.length === 0 ? [output] : frames;
    } catch {
      return [output];
    }
  }

  #encode(request: Frames): Uint8Array<ArrayBuffer> {
    if (this.#format === "json") return encodeFrames(request);
    if (request.length > 1) {
      const program = JSON.stringify(this.#argv[0]);
      throw new JobError(
        "BAD_REQUEST",
        `Cannot give ${request.length} frames to program ${program} as one body: use --frames json`,
      );
    }
    return request[0] ?? new Uint8Array(0);
  }

  #decode(output: Uint8Array<ArrayBuffer>, program: ProcessGroup): Frames {
    if (this.#format === "body") return [output];
    try {
      return decodeFrames(parseJson(output));
    } catch (error) {
      throw program.failure("BAD_REPLY", `wrote an invalid reply: ${(error as Error).message}`);
    }
  }
}
