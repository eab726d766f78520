/**
 * The client that makes one request (`spclient TEXT`, `spclient < FILE`).
 *
 * @module
 */

import { ExitCode } from "../cli/program.ts";
import { concatenate } from "../lru.ts";
import { type LazyPirate, NoReplyError } from "./lazy_pirate.ts";
import type { EventLog } from "../log.ts";
import { writeOutput } from "../standard_streams.ts";

/**
 * Makes one request, and writes the reply's frames to standard output, one after the other, and nothing else.
 *
 * @param client Makes the request.
 * @param body The request's only frame.
 * @param log Is told of retries, and when no reply came.
 * @returns The exit code.
 * @throws {OutputClosed} When nobody reads standard output any more.
 */
export async function answerOnce(client: LazyPirate, body: Uint8Array<ArrayBuffer>, log: EventLog): Promise<number> {
  try {
    const reply = await client.request([body], {
      onRetry: (tries) => log.warning("no reply, trying again", { tries }),
    });
    writeOutput(concatenate(reply));
    return ExitCode.DONE;
  } catch (error) {
    if (!(error instanceof NoReplyError)) throw error;
    log.error("server seems to be offline, abandoning", { reason: error.message });
    return ExitCode.NO_REPLY;
  }
}
