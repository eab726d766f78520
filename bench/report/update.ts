/**
 * Puts what was measured again in the place of what was measured before.
 *
 * @module
 */

import { NAMES } from "../parts/all.ts";
import type { Results } from "./results.ts";

/**
 * Updates results.
 *
 * @param old The results so far.
 * @param fresh What was measured now.
 * @param names The cases that were wanted now.
 * @returns The fresh results of these cases and the old ones of the rest, each with its goals. A goal that compares two
 * cases is replaced only when both were measured now, as its rounds must be of one run.
 */
export function updateResults(old: Results, fresh: Results, names: readonly string[]): Results {
  const measured = new Set(fresh.rows.map(({ subject }) => subject));
  const isReplaced = ({ subject }: { readonly subject: string }) =>
    subject.split(" / ").every((name) => measured.has(name));
  const order = ({ subject }: { readonly subject: string }) => NAMES.indexOf(subject.split(" / ")[0]!);
  const merged = <T extends { readonly subject: string }>(before: readonly T[], now: readonly T[]) =>
    [...before.filter((item) => !isReplaced(item)), ...now].toSorted((a, b) => order(a) - order(b));
  const leftOutNow = (name: string, subject = "") =>
    fresh.leftOut.some((item) => item.name === name && (item.subject ?? "") === subject);
  const machine = fresh.machine === old.machine ? {} : { machine: fresh.machine };
  return {
    ...old,
    versions: { ...old.versions, ...fresh.versions },
    updates: [...old.updates, { time: fresh.time, ...machine, setup: fresh.setup, names }],
    leftOut: [
      ...old.leftOut.filter(({ name, subject = name }) => !names.includes(subject) && !leftOutNow(name, subject)),
      ...fresh.leftOut,
    ],
    rows: merged(old.rows, fresh.rows),
    goals: merged(old.goals, fresh.goals),
  };
}
