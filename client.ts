/**
 * A Lazy Pirate client: sends a request, waits for the reply, and on a timeout closes its socket, opens a new one and
 * sends the request again.
 *
 * As a program it sends a text, a file or each line of its input, makes a load, or counts as the Guide's client does:
 * `deno task client --help`. As a library: {@linkcode LazyPirate}.
 *
 * @module
 */

import { count } from "./lib/client/count.ts";
import { answerLines } from "./lib/client/lines.ts";
import { answerOnce } from "./lib/client/once.ts";
import { CLIENT_PROGRAM, loadPlan } from "./lib/client/options.ts";
import { ExitCode, type OptionValues } from "./lib/cli/program.ts";
import { runProgram } from "./lib/cli/run.ts";
import { LazyPirate } from "./lib/client/lazy_pirate.ts";
import { openLog } from "./lib/cli/log_options.ts";
import { listenForSignals } from "./lib/cli/signals.ts";
import { hasInput, OutputClosed, readInput } from "./lib/standard_streams.ts";
import { loadLibrary } from "./lib/zmq/library.ts";

export type { Frames } from "./lib/lru.ts";
export type { LazyPirateOptions } from "./lib/client/config.ts";
export {
  LazyPirate,
  NoReplyError,
  type NoReplyReason,
  RequestAbortedError,
  type RequestOptions,
} from "./lib/client/lazy_pirate.ts";
export type { Duration } from "./lib/units.ts";

/**
 * How long the thread waits for replies and nothing else, in milliseconds. Nobody notices when signals, input and the
 * progress bar come so late; a turn of the event loop every millisecond takes a quarter of the program's processor time.
 */
const BLOCK_MS = 20;
/** The same where requests are due at times of their own, which timers tell. */
const RATE_BLOCK_MS = 1;

type Options = OptionValues<typeof CLIENT_PROGRAM.options>;

async function main(options: Options, argument: string | undefined): Promise<number> {
  // Without libzmq there is nothing to say but that.
  await loadLibrary();
  const { connect, timeout, retries, rate } = options;
  const blockMs = rate === undefined ? BLOCK_MS : RATE_BLOCK_MS;
  await using client = new LazyPirate({ connect, timeout, retries, blockMs });
  try {
    return await run(client, options, argument);
  } catch (error) {
    if (error instanceof OutputClosed) return ExitCode.DONE;
    throw error;
  }
}

async function run(client: LazyPirate, options: Options, argument: string | undefined): Promise<number> {
  const log = openLog(options);
  if (options.lines) return await answerLines(client, { concurrency: options.concurrency ?? 1, log });
  const plan = loadPlan(options);
  if (plan !== undefined) {
    // It brings libraries that nothing else needs.
    const { measureLoad } = await import("./lib/client/load.ts");
    return await measureLoad(client, plan, { json: options.json, signal: endSignal() });
  }
  if (argument === "-" || (argument === undefined && options.count === undefined && hasInput())) {
    return await answerOnce(client, await readInput(), log);
  }
  if (argument !== undefined) return await answerOnce(client, new TextEncoder().encode(argument), log);
  log.info("connecting", { connect: options.connect });
  return await count(client, { count: options.count ?? 0, log, signal: endSignal() });
}

/** Aborted by the first SIGINT or SIGTERM. */
function endSignal(): AbortSignal {
  const end = new AbortController();
  listenForSignals({ onFirst: () => end.abort() });
  return end.signal;
}

if (import.meta.main) await runProgram(CLIENT_PROGRAM, main);
