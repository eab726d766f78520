/**
 * What fault injections need beyond what other tests do.
 *
 * @module
 */

import { type Need, whyItFails, whyNot } from "../harness/capabilities.ts";

/** What a fault injection may need. */
export type FaultNeed =
  | Need
  /** A shell that limits descriptors. */
  | "ulimit"
  /** Network namespaces that can be made here, by root. */
  | "network namespaces";

const CHECKS: Readonly<Record<Exclude<FaultNeed, Need>, () => string | undefined>> = {
  "ulimit": () => whyItFails("sh", ["-c", "ulimit -n 100"], "no shell that limits descriptors"),
  "network namespaces": () => {
    const name = `spq-check-${Deno.pid}`;
    return whyItFails("ip", ["netns", "add", name], "may make no network namespace") ??
      whyItFails("ip", ["netns", "delete", name], "may delete no network namespace");
  },
};

const reasons = new Map<FaultNeed, string | undefined>();

/**
 * Says why a fault cannot be injected here.
 *
 * @param needs What it needs.
 * @returns The reason, or `undefined` when it can.
 */
export function whyNoFault(needs: readonly FaultNeed[]): string | undefined {
  for (const need of needs) {
    if (!reasons.has(need)) {
      reasons.set(need, need in CHECKS ? CHECKS[need as keyof typeof CHECKS]() : whyNot([need as Need]));
    }
    const reason = reasons.get(need);
    if (reason !== undefined) return reason;
  }
  return undefined;
}
