/**
 * The client that takes each line of its input for a request (`spclient --lines`).
 *
 * @module
 */

import { ExitCode } from "./command_line.ts";
import type { Frames } from "./frames.ts";
import { workInOrder } from "./in_order.ts";
import { Abandoned, type LazyPirate } from "./lazy_pirate.ts";
import { concatenate, splitLines } from "./lines.ts";
import type { EventLog } from "./log.ts";
import { inputChunks, writeOutput } from "./standard_streams.ts";

const LINE_FEED = Uint8Array.of(10);

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
  let asked = 0;
  let answered = 0;
  const ask = (body: Uint8Array<ArrayBuffer>) => {
    const line = ++asked;
    return client.request([body], { onRetry: (tries) => log.warning("no reply, trying again", { line, tries }) });
  };
  const take = (reply: Frames) => {
    writeOutput(concatenate([...reply, LINE_FEED]));
    answered++;
  };
  try {
    await workInOrder(splitLines(inputChunks()), ask, { concurrency, take });
    return ExitCode.DONE;
  } catch (error) {
    if (!(error instanceof Abandoned)) throw error;
    log.error("server seems to be offline, abandoning", { line: answered + 1, reason: error.message });
    return ExitCode.NO_REPLY;
  }
}
