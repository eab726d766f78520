/**
 * Puts what was measured anew in the place of what was measured before.
 *
 * @module
 */

import { CASES } from "./cases.ts";
import { goalsOfCases } from "./goals.ts";
import type { LeftOut } from "./queues.ts";
import type { Results } from "./results.ts";

/** The fresh rows behind the old ones that have none in their place. */
function replaced<Row>(old: readonly Row[], fresh: readonly Row[], nameOf: (row: Row) => string): Row[] {
  const freshNames = new Set(fresh.map(nameOf));
  return [...old.filter((row) => !freshNames.has(nameOf(row))), ...fresh];
}

/**
 * Updates results.
 *
 * @param old The results so far.
 * @param fresh What was measured now.
 * @param names The cases and parts that were to be measured now.
 * @returns The fresh results of these, the old ones of the rest, and the goals for both.
 */
export function updateResults(old: Results, fresh: Results, names: readonly string[]): Results {
  const order = CASES.map(({ name }) => name);
  const cases = replaced(old.cases, fresh.cases, (row) => row.case.name)
    .toSorted((a, b) => order.indexOf(a.case.name) - order.indexOf(b.case.name));
  const part = <Row>(oldRows: readonly Row[], freshRows: readonly Row[]) => freshRows.length > 0 ? freshRows : oldRows;
  const isOfPart = ({ subject }: { readonly subject: string }) => !order.includes(subject);
  const stays = ({ name }: LeftOut) => !names.some((measured) => name === measured || name.endsWith(` in ${measured}`));
  return {
    ...old,
    versions: { ...old.versions, ...fresh.versions },
    updates: [...old.updates, { time: fresh.time, setup: fresh.setup, names }],
    leftOut: replaced(old.leftOut.filter(stays), fresh.leftOut, ({ name }) => name),
    cases,
    threads: part(old.threads, fresh.threads),
    starts: part(old.starts, fresh.starts),
    idleClients: part(old.idleClients, fresh.idleClients),
    departures: part(old.departures, fresh.departures),
    collections: part(old.collections, fresh.collections),
    peerCosts: part(old.peerCosts, fresh.peerCosts),
    overload: replaced(old.overload, fresh.overload, ({ name }) => name),
    redelivery: { ...old.redelivery, ...fresh.redelivery },
    goals: [
      ...goalsOfCases(cases.map(({ case: chosen, runs }) => ({ case: chosen, runs: new Map(Object.entries(runs)) }))),
      ...old.goals.filter((goal) => isOfPart(goal) && !names.includes(goal.subject)),
      ...fresh.goals.filter(isOfPart),
    ],
  };
}
