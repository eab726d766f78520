/**
 * What became of every request that was accepted, as a sum that fits. Pure.
 *
 * @module
 */

import type { BrokerSnapshot } from "../broker/snapshot.ts";

/** What became of every request that was accepted: `accepted` is the sum of all others but the two parts. */
export interface Account {
  /** Requests that were accepted since the start. */
  readonly accepted: number;
  /** Those that wait, or are delayed. */
  readonly waiting: number;
  /** Of the waiting ones, those that are delayed after they lost a worker. */
  readonly delayed: number;
  /** Those that a worker has, also on trial. */
  readonly inFlight: number;
  /** Of those in flight, the ones on trial at a worker that has not said READY. */
  readonly onTrial: number;
  /** Those that other queues have, if it is linked to any. */
  readonly remote: number;
  /** Ended: answered. */
  readonly answered: number;
  /** Ended: the client left. */
  readonly clientLeft: number;
  /** Ended: the client does not read. */
  readonly clientBlocked: number;
  /** Ended: the request met its limit of redeliveries. */
  readonly exhausted: number;
  /** Ended: left when the time for a drain was over. */
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
 * Writes an account as people read it.
 *
 * @param account The account.
 * @returns Such as `8 accepted = 1 waiting + 2 in flight + 5 answered`; what is 0 is left out, but for those three.
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
