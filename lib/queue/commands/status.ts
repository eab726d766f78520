/**
 * Implements `spqueue status`, `pause`, `resume` and `drain`: requests to a running queue over HTTP.
 *
 * @module
 */

import { ExitCode, type OptionValues, UsageError } from "../../cli/program.ts";
import { printLast } from "../../standard_error.ts";
import { writeOutput } from "../../standard_output.ts";
import { formatHttpAddress, type HttpAddress, parseHttpAddress } from "../../http/address.ts";
import { fetchBody, HttpClientError } from "../../http/client.ts";
import { ACTION_HEADER } from "../http/routes.ts";
import { readToken } from "../../http/token.ts";
import type { QueueState } from "../status/sentence.ts";
import type { QueueStatus } from "../status/status.ts";
import { parseStatus } from "../status/parse_status.ts";
import { formatStatus, PRINTED_NUMBERS } from "../status/text.ts";
import type { DRAIN, PAUSE, RESUME, STATUS } from "./status_options.ts";

/** Exit codes, worst first. With several queues, the worst code is returned. */
const WORST_FIRST: readonly number[] = [
  ExitCode.FAILED,
  ExitCode.NO_WORKERS,
  ExitCode.NOT_SERVING,
  ExitCode.DONE,
];

const CODE_BY_STATE: Readonly<Record<QueueState, number>> = {
  draining: ExitCode.NOT_SERVING,
  paused: ExitCode.NOT_SERVING,
  "no workers": ExitCode.NO_WORKERS,
  "backlog full": ExitCode.DONE,
  overloaded: ExitCode.DONE,
  serving: ExitCode.DONE,
};

/** The response of `/alive` and `/ready` if all is well. */
const HEALTHY = "ok\n";

type StatusOptions = OptionValues<typeof STATUS.options>;

/** `spqueue status`. */
export async function showStatus(options: StatusOptions, texts: readonly string[]): Promise<number> {
  return await printStatuses("spqueue status", options, texts);
}

/**
 * Prints the status of queues, once.
 *
 * @param command The command's name, for error messages.
 * @param options The command's options.
 * @param texts The addresses, if there are any.
 * @returns The exit code.
 */
export async function printStatuses(
  command: string,
  options: HttpOptions & Partial<StatusOptions>,
  texts: readonly string[],
): Promise<number> {
  const addresses = addressesOf(options.http, texts);
  const token = await tokenOf(options);
  const codes: number[] = [];
  for (const address of addresses) {
    try {
      codes.push(await showOne(address, token, options, addresses.length > 1));
    } catch (error) {
      if (!(error instanceof HttpClientError)) throw error;
      await printLast(`${command}: ${error.message}\n`);
      codes.push(ExitCode.FAILED);
    }
  }
  return WORST_FIRST.find((code) => codes.includes(code)) ?? ExitCode.FAILED;
}

async function showOne(
  address: HttpAddress,
  token: string | undefined,
  { json, print, alive, ready }: Partial<StatusOptions>,
  isOneOfSeveral: boolean,
): Promise<number> {
  if (alive || ready) {
    const answer = await fetchBody({ address, path: alive ? "/alive" : "/ready", token });
    if (answer !== HEALTHY) throw noQueue(address, 'its answer is not "ok"');
    return ExitCode.DONE;
  }
  const { status, text } = await askStatus(address, token);
  if (json) writeOutput(`${text}\n`);
  else if (print !== undefined) {
    writeOutput(`${PRINTED_NUMBERS[print as keyof typeof PRINTED_NUMBERS](status)}\n`);
  } else {
    writeOutput(`${isOneOfSeveral ? `${formatHttpAddress(address)}\n` : ""}${formatStatus(status)}`);
  }
  return CODE_BY_STATE[status.state] ?? ExitCode.FAILED;
}

/**
 * Asks a queue for its status.
 *
 * @param address Where it serves HTTP.
 * @param token The token, if the queue requires one.
 * @returns The status, and the JSON that it was read from.
 * @throws {HttpClientError} When there is no response, or it is not the status of a queue of this version.
 */
export async function askStatus(
  address: HttpAddress,
  token: string | undefined,
): Promise<{ readonly status: QueueStatus; readonly text: string }> {
  const text = await fetchBody({ address, path: "/status.json", token });
  try {
    return { status: parseStatus(text), text };
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw noQueue(address, error.message);
  }
}

function noQueue(address: HttpAddress, why: string): HttpClientError {
  return new HttpClientError(`The server at "${formatHttpAddress(address)}" is not a queue of this version: ${why}`);
}

/** `spqueue pause`. */
export async function pauseQueue(
  options: OptionValues<typeof PAUSE.options>,
  texts: readonly string[],
): Promise<number> {
  const { reason } = options;
  if (reason === undefined || reason.trim() === "") {
    throw new UsageError("Option --reason is missing: others want to know why nothing is served");
  }
  return await tell("/pause", { reason, for: options.for }, options, texts);
}

/** `spqueue resume`. */
export async function resumeQueue(
  options: OptionValues<typeof RESUME.options>,
  texts: readonly string[],
): Promise<number> {
  return await tell("/resume", {}, options, texts);
}

/** `spqueue drain`. */
export async function drainQueue(
  options: OptionValues<typeof DRAIN.options>,
  texts: readonly string[],
): Promise<number> {
  return await tell("/drain", {}, options, texts);
}

interface HttpOptions {
  readonly http: readonly string[];
  readonly httpTokenFile: string | undefined;
}

async function tell(path: string, body: object, options: HttpOptions, texts: readonly string[]): Promise<number> {
  const [address, ...others] = addressesOf(options.http, texts);
  if (others.length > 0) {
    throw new UsageError(
      `Option --http names ${others.length + 1} addresses, but a command goes to one queue: give its ADDRESS`,
    );
  }
  const answer = await fetchBody({
    address: address!,
    path,
    token: await tokenOf(options),
    post: { ...body, by: whoAmI() },
    headers: { [ACTION_HEADER]: "1" },
  });
  writeOutput(`${doneOf(answer, address!)}\n`);
  return ExitCode.DONE;
}

/** The queue's message of what it has done. */
function doneOf(answer: string, address: HttpAddress): string {
  try {
    const { done } = JSON.parse(answer);
    if (typeof done === "string") return done;
  } catch {
    // It is not JSON.
  }
  throw noQueue(address, "it does not say what it has done");
}

/**
 * The addresses of queues to ask.
 *
 * @param given The addresses of the option.
 * @param texts The arguments, which take precedence.
 * @throws {UsageError} When an argument is not an address.
 */
export function addressesOf(given: readonly string[], texts: readonly string[]): HttpAddress[] {
  if (texts.length === 0) return given.map(parseHttpAddress);
  return texts.map((text) => {
    try {
      return parseHttpAddress(text);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw new UsageError(`Argument ADDRESS cannot be ${JSON.stringify(text)}: ${error.message}`);
    }
  });
}

/** Reads the token, if there is one. */
export async function tokenOf({ httpTokenFile }: Pick<HttpOptions, "httpTokenFile">): Promise<string | undefined> {
  return httpTokenFile === undefined ? undefined : await readToken(httpTokenFile);
}

/** The user, for the log. It is not authenticated. */
function whoAmI(): string {
  return `${Deno.env.get("USER") ?? "somebody"}@${Deno.hostname()}`;
}
