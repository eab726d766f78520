/**
 * The commands that start a worker and a client for this queue, shown while there are none.
 *
 * @module
 */

import { hostAndPort, isLoopback } from "../../../../endpoint.ts";
import { isWildcard } from "./endpoint_names.ts";

/** A command, and where to type it. */
export interface StartCommand {
  readonly command: string;
  /** Such as `on this machine (tau)`. */
  readonly where: string;
}

/** What the commands depend on. */
export interface StartFacts {
  /** Endpoints as bound. */
  readonly endpoints: readonly string[];
  /** Whether peers need a key. */
  readonly needsKey: boolean;
  /** The name of the queue's machine; `null`: unknown. */
  readonly host: string | null;
  /** The host by which the reader reached the page. */
  readonly pageHost: string;
}

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

function commandOf(facts: StartFacts, write: (options: string) => string): StartCommand {
  const reached = facts.endpoints.map((endpoint) => reachable(endpoint, facts));
  // An endpoint that other machines can reach is more useful.
  const { endpoint, where } = reached.find(({ where }) => where === ANYWHERE) ?? reached[0] ?? {
    endpoint: "ENDPOINT",
    where: ANYWHERE,
  };
  return { command: write(`${facts.needsKey ? "--key FILE " : ""}--connect ${endpoint}`), where };
}

const ANYWHERE = "on any machine that reaches the queue";

function reachable(endpoint: string, facts: StartFacts): { readonly endpoint: string; readonly where: string } {
  const bound = hostAndPort(endpoint);
  if (bound === undefined) return { endpoint: shellWord(endpoint), where: onQueuesMachine(facts) };
  if (isLoopback(bound.host)) return { endpoint, where: onQueuesMachine(facts) };
  if (!isWildcard(bound.host)) return { endpoint: shellWord(endpoint), where: ANYWHERE };
  // The page may have been loaded through a proxy or tunnel, whose name is not the queue's.
  const { host, pageHost } = facts;
  const name = host ?? (isLoopback(pageHost) ? "" : pageHost);
  if (name === "") return { endpoint: `tcp://127.0.0.1:${bound.port}`, where: onQueuesMachine(facts) };
  return { endpoint: `tcp://${shellWord(name)}:${bound.port}`, where: ANYWHERE };
}

/** The place for endpoints that no other machine can reach. */
function onQueuesMachine({ host, pageHost }: StartFacts): string {
  const name = host === null ? "" : ` (${host})`;
  return `${isLoopback(pageHost) ? "on this machine" : "on the queue's machine"}${name}`;
}

function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
