/**
 * A status as text, for terminals.
 *
 * @module
 */

import { formatAccount } from "./account.ts";
import type { LinkStatus, QueueStatus, RefusedStatus, TimesOfMinute } from "./status.ts";
import { formatAge, plural } from "../../words.ts";

/** Single numbers for scripts, by name. */
export const PRINTED_NUMBERS = {
  waiting: ({ waiting }) => waiting.requests,
  "oldest-ms": ({ waiting }) => Math.round(waiting.oldestMs ?? 0),
  "in-flight": ({ inFlight }) => inFlight.requests,
  workers: ({ workers }) => workers.total,
  idle: ({ workers }) => workers.idle,
  busy: ({ workers }) => workers.busy,
  wanted: ({ workers }) => workers.wanted,
} as const satisfies Readonly<Record<string, (status: QueueStatus) => number>>;

/**
 * Writes a status.
 *
 * @param status The status.
 * @returns Lines, each with a line feed: the sentence, then the numbers.
 */
export function formatStatus(status: QueueStatus): string {
  const lines = statusRows(status).map(([name, text]) => `${name.padEnd(10)}${text}`);
  return [status.sentence, ...lines].join("\n") + "\n";
}

/**
 * The numbers of a status as text.
 *
 * @param status The status.
 * @returns The names and texts. A link and refused peers are included only if there are any.
 */
export function statusRows(status: QueueStatus): readonly (readonly [name: string, text: string])[] {
  const { waiting, inFlight, backlog, workers, clients, link, rates, refusedPeers, times } = status;
  const oldest = (ms: number | null) => ms === null ? "" : `, the oldest for ${formatAge(ms)}`;
  return [
    ["waiting", `${waiting.requests}${oldest(waiting.oldestMs)}`],
    ["in flight", `${inFlight.requests}${oldest(inFlight.oldestMs)}`],
    [
      "backlog",
      `${backlog.requests} of ${backlog.maxRequests} requests, ${backlog.bytes} of ${backlog.maxBytes} bytes`,
    ],
    ["workers", `${workers.total}: ${workers.idle} idle, ${workers.busy} busy, ${workers.unconfirmed} unconfirmed`],
    ["wanted", `${workers.busy} busy, about ${workers.wanted} wanted`],
    ["clients", `${clients.total}`],
    ["a second", `${rates.acceptedPerSecond.toFixed(1)} accepted, ${rates.answeredPerSecond.toFixed(1)} answered`],
    ["wait", formatTimes(times.wait)],
    ["work", formatTimes(times.work)],
    ["account", formatAccount(status.account)],
    ...(link === null ? [] : [["link", formatLink(link)] as const]),
    ...refusedRows(refusedPeers),
  ];
}

/** The number of refused peers, and one of them: the last that can be let in by a known command, else the last. */
function refusedRows(peers: readonly RefusedStatus[]): readonly (readonly [name: string, text: string])[] {
  const shown = peers.find(({ toPermit }) => toPermit !== null) ?? peers[0];
  if (shown === undefined) return [];
  const { side, address, name, reason, toPermit, agoMs } = shown;
  const who = name === null ? address : `${name} from ${address}`;
  return [
    ["refused", `${plural(peers.length, "peer")}; ${who} at the ${side} ${formatAge(agoMs)} ago: ${reason}`],
    ...(toPermit === null ? [] : [["to permit", toPermit] as const]),
  ];
}

/**
 * Describes the state of a link.
 *
 * @param link The link.
 * @returns Such as `connected to nats1:4222, 2 other queues, 3 borrowed, 0 lent`.
 */
export function formatLink({ server, queues }: LinkStatus): string {
  const sum = (count: "borrowed" | "lent") => queues.reduce((total, queue) => total + queue[count], 0);
  const connection = server === null ? "not connected" : `connected to ${server}`;
  return `${connection}, ${plural(queues.length, "other queue")}, ${sum("borrowed")} borrowed, ${sum("lent")} lent`;
}

function formatTimes({ p50Ms, p99Ms, count }: TimesOfMinute): string {
  if (p50Ms === null || p99Ms === null) return "none in the last minute";
  return `p50 ${formatAge(p50Ms)}, p99 ${formatAge(p99Ms)}, of ${count} in the last minute`;
}
