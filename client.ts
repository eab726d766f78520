/**
 * A Lazy Pirate client: sends a request, waits for the reply, and on a timeout closes its socket, opens a new one and
 * sends the request again.
 *
 * As a program, it sends a text, a file or each line of its input, runs a load test, or counts like the Guide's client:
 * `deno task client --help`. As a library: {@linkcode LazyPirate}.
 *
 * @module
 */

import { ExitCode, type OptionValues } from "./lib/cli/program.ts";
import { runProgram } from "./lib/cli/run.ts";
import { listenForSignals } from "./lib/cli/signals.ts";
import { dropNetPermission } from "./lib/cli/net_permission.ts";
import { startLog } from "./lib/cli/start_log.ts";
import { CLIENT_OPTIONS } from "./lib/client/config.ts";
import { count } from "./lib/client/count.ts";
import type { Explainer } from "./lib/client/explain.ts";
import { LazyPirate } from "./lib/client/lazy_pirate.ts";
import { requestLines } from "./lib/client/lines.ts";
import { chooseMode, type Mode } from "./lib/client/mode.ts";
import { requestOnce } from "./lib/client/once.ts";
import { CLIENT_PROGRAM } from "./lib/client/options.ts";
import { readInput } from "./lib/client/standard_input.ts";
import type { EventLog } from "./lib/log.ts";
import { selectOptions } from "./lib/option.ts";
import { StandardOutput, writeOutput } from "./lib/standard_output.ts";
import { loadLibrary } from "./lib/zmq/library.ts";

export type { Frames } from "./lib/lru.ts";
export type { KeyText } from "./lib/access/peer_key.ts";
export { KeyFileError } from "./lib/access/key_files.ts";
export type { LazyPirateOptions } from "./lib/client/config.ts";
export {
  LazyPirate,
  NoReplyError,
  type NoReplyReason,
  RequestAbortedError,
  type RequestOptions,
} from "./lib/client/lazy_pirate.ts";
export type { ConnectErrorCode } from "./lib/zmq/connect_error.ts";
export type { Duration } from "./lib/units.ts";

/**
 * How long the thread waits for replies and nothing else, in milliseconds. Nobody notices if signals, input and the
 * progress bar are this late. A turn of the event loop every millisecond would take a quarter of the program's CPU
 * time.
 */
const BLOCK_MS = 20;
/** The same for requests at a rate, whose times come from timers. */
const RATE_BLOCK_MS = 1;

type Options = OptionValues<typeof CLIENT_PROGRAM.options>;

async function main(options: Options, [argument]: readonly string[]): Promise<number> {
  if (options.newKey !== undefined) {
    const { makePeerKey, nameOfKeyFile } = await import("./lib/access/new_key.ts");
    const { newKey: file, queue } = options;
    return await makePeerKey({ role: "client", name: nameOfKeyFile(file), file, queue });
  }
  if (options.completion !== undefined) {
    const { completionScript } = await import("./lib/cli/completions.ts");
    writeOutput(completionScript(CLIENT_PROGRAM, options.completion));
    return ExitCode.DONE;
  }
  // Check libzmq first: without it, there is no point in reading input.
  await loadLibrary();
  const explainer = await openExplainer(options);
  const log = startLog(options);
  const mode = await chooseMode(options, argument, { isTerminal: Deno.stdin.isTerminal(), read: readInput });
  const blockMs = options.rate === undefined ? BLOCK_MS : RATE_BLOCK_MS;
  await using client = new LazyPirate({ ...selectOptions(CLIENT_OPTIONS, options), key: options.key, blockMs });
  return await run(client, mode, options, { log, output: new StandardOutput(), explainer });
}

/**
 * Opens the explainer, which asks the queue about requests without a reply. Without it, the program does not need
 * Deno's network permission.
 */
async function openExplainer({ explain, httpTokenFile }: Options): Promise<Explainer | undefined> {
  if (explain === undefined) {
    await dropNetPermission();
    return undefined;
  }
  const { Explainer } = await import("./lib/client/explain.ts");
  return await Explainer.open(explain, httpTokenFile);
}

/** What the program's modes need besides its options. */
interface Surroundings {
  readonly explainer: Explainer | undefined;
  readonly log: EventLog;
  readonly output: StandardOutput;
}

async function run(
  client: LazyPirate,
  mode: Mode,
  options: Options,
  { log, output, explainer }: Surroundings,
): Promise<number> {
  const explained = explainer?.explained(client) ?? client;
  switch (mode.kind) {
    case "once":
      return await requestOnce(explained, mode.body, output, log);
    case "lines": {
      const { concurrency = 1, keepGoing } = options;
      return await requestLines(explained, output, { concurrency, keepGoing, log });
    }
    case "load": {
      // Loaded on demand: it imports libraries that nothing else needs.
      const { measureLoad } = await import("./lib/client/load.ts");
      const loadOptions = { output, log, json: options.json, signal: endSignal() };
      const code = await measureLoad(client, mode.plan, loadOptions);
      // Ask only once, at the end: during the test, waiting for the answer would distort the measurement.
      if (code === ExitCode.NO_REPLY && explainer !== undefined) {
        log.error("no replies", { reason: await explainer.explain() });
      }
      return code;
    }
    case "count":
      log.info("connecting", { endpoint: options.connect });
      return await count(explained, { count: mode.count, log, signal: endSignal() });
  }
}

/** Aborted by the first SIGINT or SIGTERM. */
function endSignal(): AbortSignal {
  const end = new AbortController();
  listenForSignals({ onFirst: () => end.abort() });
  return end.signal;
}

if (import.meta.main) await runProgram(CLIENT_PROGRAM, main);
