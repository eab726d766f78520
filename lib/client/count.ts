/**
 * The Guide's Lazy Pirate client, which counts: it sends a sequence number and expects the same back.
 *
 * @module
 */

import { ExitCode } from "../cli/program.ts";
import type { Frames } from "../lru.ts";
import { type LazyPirate, NoReplyError, RequestAbortedError } from "./lazy_pirate.ts";
import type { EventLog } from "../log.ts";

/** How to count. */
export interface CountOptions {
  /** How many requests, 0 for no end. */
  readonly count: number;
  /** Is told of each reply, and of what goes wrong. */
  readonly log: EventLog;
  /** Ends it. */
  readonly signal: AbortSignal;
}

/**
 * Counts, one request after another.
 *
 * @param client Makes the requests.
 * @param options How.
 * @returns The exit code.
 */
export async function count(client: LazyPirate, options: CountOptions): Promise<number> {
  const { log, signal } = options;
  let retries = 0;
  try {
    for (let sequence = 1; options.count === 0 || sequence <= options.count; sequence++) {
      await client.request([new TextEncoder().encode(`${sequence}`)], {
        signal,
        accept: (reply) => {
          const isRight = reply.length === 1 && new TextDecoder().decode(reply[0]) === `${sequence}`;
          if (!isRight) log.warning("malformed reply", { expected: sequence, reply: replyText(reply) });
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
    log.error("server seems to be offline, abandoning", { reason: error.message });
    return ExitCode.NO_REPLY;
  }
}

/** What a reply says, shortened, for the log. */
function replyText(reply: Frames): string[] {
  return reply.slice(0, 4).map((frame) => new TextDecoder().decode(frame.subarray(0, 40)));
}
