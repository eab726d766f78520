/**
 * The client that takes each line of its input for a request (`spclient --lines`).
 *
 * @module
 */

import { ExitCode } from "../cli/program.ts";
import { copyTo, type Frames, sizeOf } from "../lru.ts";
import { workInOrder } from "./in_order.ts";
import { type LazyPirate, NoReplyError } from "./lazy_pirate.ts";
import { splitLines } from "./split_lines.ts";
import type { EventLog } from "../log.ts";
import { inputChunks, writeOutput } from "../standard_streams.ts";

const LINE_FEED = 10;
/** Room for most replies: memory for each would take longer than to copy it. */
const BUFFER_BYTES = 64 * 1024;

/** How lines are answered. */
export interface LinesOptions {
  /** How many are under way at most, those included whose reply waits for its turn. */
  readonly concurrency: number;
  /** Is told of retries and of a line without a reply. */
  readonly log: EventLog;
}

/**
 * Sends each line of standard input as a request, and writes the replies to standard output, in the order of the lines.
 *
 * @param client Makes the requests.
 * @param options How.
 * @returns The exit code.
 * @throws {OutputClosed} When nobody reads standard output any more.
 */
export async function answerLines(client: LazyPirate, options: LinesOptions): Promise<number> {
  const { concurrency, log } = options;
  const buffer = new Uint8Array(BUFFER_BYTES);
  let asked = 0;
  let answered = 0;
  const ask = (body: Uint8Array<ArrayBuffer>) => {
    const line = ++asked;
    return client.request([body], { onRetry: (tries) => log.warning("no reply, trying again", { line, tries }) });
  };
  const take = (reply: Frames) => {
    writeOutput(lineOf(reply, buffer));
    answered++;
  };
  try {
    await workInOrder(splitLines(inputChunks()), ask, { concurrency, take });
    return ExitCode.DONE;
  } catch (error) {
    if (!(error instanceof NoReplyError)) throw error;
    log.error("server seems to be offline, abandoning", { line: answered + 1, reason: error.message });
    return ExitCode.NO_REPLY;
  }
}

/** The frames, one after the other, and a line feed: in the buffer if they fit. */
function lineOf(frames: Frames, buffer: Uint8Array): Uint8Array {
  const size = sizeOf(frames);
  const line = size < buffer.length ? buffer.subarray(0, size + 1) : new Uint8Array(size + 1);
  copyTo(line, frames);
  line[size] = LINE_FEED;
  return line;
}
