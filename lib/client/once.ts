/**
 * Makes one request (`spclient TEXT`, `spclient < FILE`).
 *
 * @module
 */

import { ExitCode } from "../cli/program.ts";
import type { EventLog } from "../log.ts";
import { concatenate } from "../lru.ts";
import type { StandardOutput } from "../standard_output.ts";
import { type LazyPirate, NoReplyError } from "./lazy_pirate.ts";

/**
 * Makes one request, and writes the reply's frames to standard output, one after the other, with nothing else.
 *
 * @param client Makes the request.
 * @param body The request's only frame.
 * @param output Standard output.
 * @param log Receives retries, and the reason when there is no reply.
 * @returns The exit code.
 * @throws {OutputClosedError} When nobody reads standard output any more.
 * @throws {OutputError} When standard output cannot be written.
 */
export async function requestOnce(
  client: Pick<LazyPirate, "request">,
  body: Uint8Array<ArrayBuffer>,
  output: Pick<StandardOutput, "write">,
  log: EventLog,
): Promise<number> {
  try {
    const reply = await client.request([body], {
      onRetry: (tries) => log.warning("no reply, trying again", { tries }),
    });
    await output.write(concatenate(reply));
    return ExitCode.DONE;
  } catch (error) {
    if (!(error instanceof NoReplyError)) throw error;
    log.error("request failed", { reason: error.message });
    return ExitCode.NO_REPLY;
  }
}
