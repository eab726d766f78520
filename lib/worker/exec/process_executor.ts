/**
 * Executes each job by starting a program: it reads the request from standard input, and what it writes to standard output is
 * the reply.
 *
 * @module
 */

import type { Frames } from "../../lru.ts";
import { formatSize } from "../../units.ts";
import type { Executor, Job } from "../executor.ts";
import { JobError } from "../job_error.ts";
import { BoundedBytes } from "./bounded_bytes.ts";
import { decodeFrames, encodeFrames, parseJson } from "./frame_json.ts";
import type { Guardian } from "./guardian.ts";
import { ProcessGroup } from "./process_group.ts";
import { checkProgram, checkShellSyntax } from "./program_check.ts";

/** What a program reads and writes: `body` is the bytes of the only frame, `json` is `lib/worker/exec/frame_json.ts`. */
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
   * The most that it may write to standard output, in bytes.
   *
   * @default {DEFAULT_MAX_REPLY_BYTES}
   */
  readonly maxReplyBytes?: number;
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
  }

  /**
   * Checks the program without running it, so that a program that cannot be started costs no request.
   *
   * @throws {JobError} `NOT_STARTED`.
   */
  async ready(): Promise<void> {
    checkProgram(this.#argv[0] ?? "");
    // The command does not change, unlike files.
    if (this.#hasRightSyntax) return;
    await checkShellSyntax(this.#argv);
    this.#hasRightSyntax = true;
  }

  /**
   * Runs the program once.
   *
   * @throws {JobError} With any code but `REFUSED`.
   */
  async execute(request: Frames, { signal }: Job): Promise<Frames> {
    const input = this.#encode(request);
    const output = new BoundedBytes(this.#maxReplyBytes);
    const stopped = Promise.withResolvers<void>();
    const receive = (chunk: Uint8Array<ArrayBuffer>) => {
      output.add(chunk);
      if (output.isOverLimit) stopped.resolve();
    };
    const program = new ProcessGroup(this.#argv, receive, this.#guardian);
    this.#running = program;
    const stop = () => stopped.resolve();
    signal.addEventListener("abort", stop);
    if (signal.aborted) stop();
    const written = program.write(input).then(() => program.closeInput()).then(() => program.ended);
    await Promise.race([written, program.ended, stopped.promise]);
    signal.removeEventListener("abort", stop);
    await program.end();
    this.#running = undefined;
    if (signal.aborted) throw program.abortFailure(signal);
    if (output.isOverLimit) {
      throw program.failure("REPLY_TOO_LONG", `wrote more than ${formatSize(this.#maxReplyBytes)}`);
    }
    if (!program.status?.success) throw program.endFailure();
    return this.#decode(output.join(), program);
  }

  /** Kills the program if it runs. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#running?.end();
  }

  #encode(request: Frames): Uint8Array {
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
