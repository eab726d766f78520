/**
 * A Lazy Pirate client: sends a request, waits for the reply, and on a timeout closes its socket, opens a new one and
 * sends the request again.
 *
 * As a program it is the Guide's client, which counts: `deno task client --help`. As a library: {@linkcode LazyPirate}.
 *
 * @module
 */

import { CLIENT_PROGRAM } from "./lib/client_options.ts";
import { ExitCode, type OptionValues, runProgram } from "./lib/command_line.ts";
import type { Frames } from "./lib/frames.ts";
import { Abandoned, Aborted, LazyPirate } from "./lib/lazy_pirate.ts";
import { openLog } from "./lib/log_option.ts";
import { listenForSignals } from "./lib/signals.ts";

export type { Frames } from "./lib/frames.ts";
export { Abandoned, Aborted, LazyPirate, type LazyPirateOptions, type RequestOptions } from "./lib/lazy_pirate.ts";
export type { Duration } from "./lib/units.ts";

async function main(options: OptionValues<typeof CLIENT_PROGRAM.options>): Promise<number> {
  const log = openLog(options);
  const end = new AbortController();
  listenForSignals({ onFirst: () => end.abort() });
  const { connect: endpoints, timeout, retries: tries } = options;
  await using client = new LazyPirate({ endpoints, timeout, retries: tries });
  log.info("connecting", { connect: options.connect });
  let retries = 0;
  try {
    for (let sequence = 1; options.count === 0 || sequence <= options.count; sequence++) {
      await client.request([new TextEncoder().encode(`${sequence}`)], {
        signal: end.signal,
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
    if (error instanceof Aborted) return ExitCode.DONE;
    if (!(error instanceof Abandoned)) throw error;
    log.error("server seems to be offline, abandoning", { reason: error.message });
    return ExitCode.NO_REPLY;
  }
}

/** What a reply says, shortened, for the log. */
function replyText(reply: Frames): string[] {
  return reply.slice(0, 4).map((frame) => new TextDecoder().decode(frame.subarray(0, 40)));
}

if (import.meta.main) await runProgram(CLIENT_PROGRAM, main);
