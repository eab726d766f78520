/**
 * The commands that start a worker and a client for this very queue, for a page that has none to show. Pure.
 *
 * @module
 */

/** A command, and where to type it. */
export interface StartCommand {
  readonly command: string;
  /** Such as `on this machine`. */
  readonly where: string;
}

/** What the commands depend on. */
export interface StartFacts {
  /** Endpoints as bound. */
  readonly endpoints: readonly string[];
  /** Whether peers need a key. */
  readonly needsKey: boolean;
  /** The host by which the reader reached the page. */
  readonly host: string;
}

const LOOPBACK = /^(?:127\.\d+\.\d+\.\d+|localhost|\[::1\])$/;
const WILDCARD = /^(?:\*|0\.0\.0\.0|\[::\])$/;

/**
 * The command that starts a worker.
 *
 * @param facts The backend's.
 */
export function workerCommand(facts: StartFacts): StartCommand {
  return commandOf(facts, (options) => `spworker --exec 'tr a-z A-Z' ${options}`);
}

/**
 * The command that sends a request.
 *
 * @param facts The frontend's.
 */
export function clientCommand(facts: StartFacts): StartCommand {
  return commandOf(facts, (options) => `spclient ${options} 'hello'`);
}

function commandOf({ endpoints, needsKey, host }: StartFacts, write: (options: string) => string): StartCommand {
  const reached = endpoints.map((endpoint) => reachable(endpoint, host));
  // One that other machines reach is of more use.
  const { endpoint, where } = reached.find(({ where }) => where === ANYWHERE) ?? reached[0] ?? {
    endpoint: "ENDPOINT",
    where: ANYWHERE,
  };
  return { command: write(`${needsKey ? "--key FILE " : ""}--connect ${endpoint}`), where };
}

const HERE = "on the queue's machine";
const ANYWHERE = "on any machine that reaches the queue";

function reachable(endpoint: string, host: string): { readonly endpoint: string; readonly where: string } {
  const match = /^tcp:\/\/(.*):(\d+)$/.exec(endpoint);
  if (match === null) return { endpoint: shellWord(endpoint), where: HERE };
  const [, bound = "", port] = match;
  if (LOOPBACK.test(bound)) return { endpoint, where: HERE };
  if (!WILDCARD.test(bound)) return { endpoint: shellWord(endpoint), where: ANYWHERE };
  // A page that came through a tunnel does not know the queue's name.
  if (LOOPBACK.test(host) || host === "") return { endpoint: `tcp://127.0.0.1:${port}`, where: HERE };
  return { endpoint: `tcp://${shellWord(host)}:${port}`, where: ANYWHERE };
}

function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
