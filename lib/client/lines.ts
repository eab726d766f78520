/**
 * Sends each line of standard input as a request (`spclient --lines`).
 *
 * @module
 */

import { ExitCode } from "../cli/program.ts";
import type { EventLog } from "../log.ts";
import { copyTo, type Frames, sizeOf } from "../lru.ts";
import { inputChunks } from "./standard_input.ts";
import type { StandardOutput } from "../standard_output.ts";
import { workInOrder } from "./in_order.ts";
import { MAX_BODY_BYTES } from "./options.ts";
import { type LazyPirate, NoReplyError } from "./lazy_pirate.ts";
import { NumberRanges } from "./number_ranges.ts";
import { splitLines } from "./split_lines.ts";

const LINE_FEED = 10;
/** Large enough for most replies: allocating memory for each one would take longer than copying it. */
const BUFFER_BYTES = 64 * 1024;

/** Options of {@linkcode requestLines}. */
export interface LinesOptions {
  /** How many lines may be in progress at once, including those whose reply waits for its turn. */
  readonly concurrency: number;
  /** Whether to continue after a line without a reply. */
  readonly keepGoing: boolean;
  /** Receives retries, and lines without a reply. */
  readonly log: EventLog;
}

/**
 * Sends each line of standard input as a request, and writes the replies to standard output, in the order of the lines.
 *
 * @param client Makes the requests.
 * @param output Standard output.
 * @param options How to send them.
 * @returns The exit code.
 * @throws {InputError} When standard input cannot be read.
 * @throws {LineTooLongError} When a line is larger than a request can be.
 * @throws {OutputClosedError} When nobody reads standard output any more.
 * @throws {OutputError} When standard output cannot be written.
 */
export async function requestLines(
  client: Pick<LazyPirate, "request">,
  output: Pick<StandardOutput, "write">,
  options: LinesOptions,
): Promise<number> {
  const { concurrency, keepGoing, log } = options;
  const buffer = new Uint8Array(BUFFER_BYTES);
  const failed = new NumberRanges();
  let sent = 0;
  let done = 0;
  const request = (body: Uint8Array<ArrayBuffer>) => {
    const line = ++sent;
    return client.request([body], { onRetry: (tries) => log.warning("no reply, trying again", { line, tries }) });
  };
  const take = (reply: Frames) => {
    done++;
    return output.write(lineOf(reply, buffer));
  };
  const takeError = (error: unknown) => {
    done++;
    if (!(error instanceof NoReplyError)) throw error;
    log.error("line failed", { line: done, reason: error.message });
    if (!keepGoing) throw error;
    failed.add(done);
    return output.write(lineOf([], buffer));
  };
  try {
    await workInOrder(splitLines(inputChunks(), MAX_BODY_BYTES), request, { concurrency, take, takeError });
  } catch (error) {
    if (error instanceof NoReplyError) return ExitCode.NO_REPLY;
    throw error;
  }
  if (failed.count === 0) return ExitCode.DONE;
  log.error("lines without a reply", { failed: failed.count, of: done, lines: failed.toString() });
  return ExitCode.NO_REPLY;
}

/** Concatenates the frames, and adds a line feed unless they end with one. Uses the buffer if they fit. */
function lineOf(frames: Frames, buffer: Uint8Array): Uint8Array {
  const size = sizeOf(frames);
  const line = size < buffer.length ? buffer.subarray(0, size + 1) : new Uint8Array(size + 1);
  copyTo(line, frames);
  if (size > 0 && line[size - 1] === LINE_FEED) return line.subarray(0, size);
  line[size] = LINE_FEED;
  return line;
}
