/**
 * How the page names endpoints, and the queue after one of them.
 *
 * @module
 */

import { hostAndPort } from "../../../../endpoint.ts";

const WILDCARD = /^(?:\*|0\.0\.0\.0|\[::\])$/;

/** Whether a host stands for all of a machine's addresses. */
export function isWildcard(host: string): boolean {
  return WILDCARD.test(host);
}

/** What identifies a queue. */
export interface NamedQueue {
  /** Endpoints as bound. */
  readonly frontend: readonly string[];
  /** The name of its machine; `null`: unknown. */
  readonly host: string | null;
}

/**
 * The name of a queue: the host and the port of its frontend, or the path.
 *
 * @param queue The queue. If it is bound to all addresses, its machine's name is used instead.
 */
export function queueName({ frontend, host }: NamedQueue): string {
  const endpoint = frontend.find((one) => hostAndPort(one) !== undefined) ?? frontend[0] ?? "queue";
  const parts = hostAndPort(endpoint);
  if (parts === undefined) return endpoint.replace(/^[a-z]+:\/\//, "");
  return `${isWildcard(parts.host) ? host ?? parts.host : parts.host}:${parts.port}`;
}
