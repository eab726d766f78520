/**
 * Counts like the Guide's Lazy Pirate client: sends sequence numbers and expects each of them back.
 *
 * @module
 */

import { ExitCode } from "../cli/program.ts";
import type { EventLog } from "../log.ts";
import type { Frames } from "../lru.ts";
import { type LazyPirate, NoReplyError, RequestAbortedError } from "./lazy_pirate.ts";

/** Options of {@linkcode count}. */
export interface CountOptions {
  /** How many requests to make; 0: no limit. */
  readonly count: number;
  /** Receives replies and failures. */
  readonly log: EventLog;
  /** Abort it to stop counting. */
  readonly signal: AbortSignal;
}

/**
 * Counts, one request after another.
 *
 * @param client Makes the requests.
 * @param options How to count.
 * @returns The exit code.
 */
export async function count(client: Pick<LazyPirate, "request">, options: CountOptions): Promise<number> {
  const { log, signal } = options;
  let sequence = 1;
  let retries = 0;
  try {
    for (; options.count === 0 || sequence <= options.count; sequence++) {
      await client.request([new TextEncoder().encode(`${sequence}`)], {
        signal,
        accept: (reply) => {
          const isRight = reply.length === 1 && new TextDecoder().decode(reply[0]) === `${sequence}`;
          if (!isRight) log.warning("malformed reply", { expected: sequence, reply: shownReply(reply) });
          return isRight;
        },
        onRetry: (tries) => {
          retries++;
          log.warning("no reply, trying again", { sequence, tries });
        },
      });
      log.info("reply", { sequence });
    }
    log.info("done", { answered: options.count, retries });
    return ExitCode.DONE;
  } catch (error) {
    if (error instanceof RequestAbortedError) return ExitCode.DONE;
    if (!(error instanceof NoReplyError)) throw error;
    log.error("request failed", { sequence, reason: error.message });
    return ExitCode.NO_REPLY;
  }
}

/** The beginning of a reply, for the log. */
function shownReply(reply: Frames): string[] {
  return reply.slice(0, 4).map((frame) => new TextDecoder().decode(frame.subarray(0, 40)));
}
