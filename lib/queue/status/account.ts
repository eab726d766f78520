/**
 * What became of every accepted request, as a sum that adds up.
 *
 * @module
 */

import type { BrokerSnapshot } from "../broker/snapshot.ts";

/**
 * What became of every accepted request: `accepted` is the sum of all others except `delayed` and `onTrial`, which are parts
 * of others.
 */
export interface Account {
  /** Requests that were accepted since the start. */
  readonly accepted: number;
  /** Waiting or delayed. */
  readonly waiting: number;
  /** Part of `waiting`: delayed, because their worker was lost. */
  readonly delayed: number;
  /** With a worker, including those on trial. */
  readonly inFlight: number;
  /** Part of `inFlight`: on trial at a worker that has not said READY. */
  readonly onTrial: number;
  /** At other queues, if the queue is linked to any. */
  readonly remote: number;
  /** Ended: answered. */
  readonly answered: number;
  /** Ended: the client left. */
  readonly clientLeft: number;
  /** Ended: the client does not read. */
  readonly clientBlocked: number;
  /** Ended: the request reached its limit of redeliveries. */
  readonly exhausted: number;
  /** Ended: left when the drain timeout was over. */
  readonly leftAtDrain: number;
}

/**
 * Makes the account of one moment.
 *
 * @param snapshot The moment.
 */
export function accountOf({ counters, gauges }: Pick<BrokerSnapshot, "counters" | "gauges">): Account {
  return {
    accepted: counters.accepted,
    waiting: gauges.waiting + gauges.delayed,
    delayed: gauges.delayed,
    inFlight: gauges.inFlight + gauges.onTrial,
    onTrial: gauges.onTrial,
    remote: gauges.remote,
    answered: counters.answered,
    clientLeft: counters.clientLeft,
    clientBlocked: counters.clientBlocked,
    exhausted: counters.exhausted,
    leftAtDrain: counters.leftAtDrain,
  };
}

/**
 * Formats an account for people.
 *
 * @param account The account.
 * @returns Such as `8 accepted = 1 waiting + 2 in flight + 5 answered`. Other parts are left out if they are 0.
 */
export function formatAccount(account: Account): string {
  const { accepted, waiting, delayed, inFlight, onTrial, answered } = account;
  const rest: readonly (readonly [number, string])[] = [
    [account.remote, "at other queues"],
    [account.clientLeft, "whose client left"],
    [account.clientBlocked, "whose client does not read"],
    [account.exhausted, "at their redelivery limit"],
    [account.leftAtDrain, "left at the drain"],
  ];
  const terms = [
    `${waiting} waiting${delayed > 0 ? ` (${delayed} delayed)` : ""}`,
    `${inFlight} in flight${onTrial > 0 ? ` (${onTrial} on trial)` : ""}`,
    `${answered} answered`,
    ...rest.filter(([count]) => count > 0).map(([count, name]) => `${count} ${name}`),
  ];
  return `${accepted} accepted = ${terms.join(" + ")}`;
}
