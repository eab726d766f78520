/**
 * Does jobs by a program that is started for each: the request on its standard input, the reply from its standard output.
 *
 * @module
 */

import { BoundedBytes } from "./bounded_bytes.ts";
import { decodeFrames, encodeFrames, parseJson } from "./frame_json.ts";
import type { Frames } from "../../lru.ts";
import { JobError } from "../job_error.ts";
import type { Executor, Job } from "../executor.ts";
import { ProcessGroup } from "./process_group.ts";
import { checkProgram } from "./program_check.ts";
import { formatSize } from "../../units.ts";

/** How a program is given frames; `body`: the bytes of the only one, `json`: as `lib/worker/exec/frame_json.ts` writes them. */
export const FRAMES_FORMATS = ["body", "json"] as const;

/** One of {@linkcode FRAMES_FORMATS}. */
export type FramesFormat = typeof FRAMES_FORMATS[number];

/** The most that a program may answer, in bytes, unless it is told otherwise. */
export const DEFAULT_MAX_REPLY_BYTES = 128 * 1024 * 1024;

/** How a program's jobs are done. */
export interface ProcessExecutorOptions {
  /**
   * How it is given requests and gives replies.
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
}

/** Runs a program for each job. */
export class ProcessExecutor implements Executor {
  readonly #argv: readonly string[];
  readonly #format: FramesFormat;
  readonly #maxReplyBytes: number;
  #running: ProcessGroup | undefined;

  /**
   * @param argv The program and its arguments.
   * @param options How its jobs are done.
   */
  constructor(argv: readonly string[], options: ProcessExecutorOptions = {}) {
    this.#argv = argv;
    this.#format = options.framesFormat ?? "body";
    this.#maxReplyBytes = options.maxReplyBytes ?? DEFAULT_MAX_REPLY_BYTES;
  }

  /**
   * Checks that the program can be found and is executable, so that a mistyped name costs no request.
   *
   * @throws {JobError} `NOT_STARTED`.
   */
  async ready(): Promise<void> {
    await checkProgram(this.#argv[0] ?? "");
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
    const program = new ProcessGroup(this.#argv, (chunk) => {
      output.add(chunk);
      if (output.isOverLimit) stopped.resolve();
    });
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
      throw new JobError(
        "BAD_REQUEST",
        `Cannot give ${request.length} frames to program ${
          JSON.stringify(this.#argv[0])
        } as one body: use --frames json`,
      );
    }
    return request[0] ?? new Uint8Array(0);
  }

  #decode(output: Uint8Array<ArrayBuffer>, program: ProcessGroup): Frames {
    if (this.#format === "body") return [output];
    try {
      return decodeFrames(parseJson(output));
    } catch (error) {
      throw program.failure("BAD_REPLY", `wrote what is no reply: ${(error as Error).message}`);
    }
  }
}
