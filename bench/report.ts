/**
 * Prints what was measured as tables.
 *
 * @module
 */

import { type Case, FIGURES } from "./cases.ts";
import type { GoalResult } from "./goals.ts";
import { machineText } from "./machine.ts";
import { PLACE_TEXTS } from "./place.ts";
import type { CaseResult, Results } from "./results.ts";
import { boundText, figureText, print, printTable } from "./table.ts";

const MEBIBYTE = 2 ** 20;
const KIBIBYTE = 2 ** 10;

/**
 * Writes a size of a body.
 *
 * @param bytes The size.
 * @returns The size with its unit, such as `4 KiB`.
 */
export function bodyText(bytes: number): string {
  if (bytes >= MEBIBYTE) return `${bytes / MEBIBYTE} MiB`;
  return bytes >= KIBIBYTE ? `${bytes / KIBIBYTE} KiB` : `${bytes} B`;
}

/**
 * Describes a case's load.
 *
 * @param load The case.
 * @returns The description.
 */
export function loadText({ outstanding, workers, clients, bodyBytes }: Case): string {
  const count = (number: number, noun: string) => `${number.toLocaleString("en")} ${noun}`;
  return `${bodyText(bodyBytes)}, ${count(outstanding, "outstanding")}, ${count(workers, "workers")}, ` +
    count(clients, "clients");
}

/**
 * Prints what all tables have in common: the machine, the versions, what is left out.
 *
 * @param results The results; what is measured later may still be missing.
 */
export function printHeading({ machine, versions, setup }: Pick<Results, "machine" | "versions" | "setup">): void {
  print(machineText(machine));
  for (const [subject, version] of Object.entries(versions)) print(`${subject}: ${version}`);
  if (setup.isShort) print("--short: these figures mean nothing");
}

/**
 * Prints what could not be measured.
 *
 * @param leftOut Each with its reason.
 */
export function printLeftOut(leftOut: Results["leftOut"]): void {
  for (const { name, reason } of leftOut) print(`left out: ${name}: ${reason}`);
}

/**
 * Prints a case: a row for each queue.
 *
 * @param result The case.
 */
export function printCase({ case: chosen, figures, cpuRatios }: CaseResult): void {
  print("");
  print(`${chosen.name}: ${loadText(chosen)}; queue and load ${PLACE_TEXTS[chosen.place]}`);
  const rows = Object.entries(figures).map(([queue, spreads]) => {
    const ratio = cpuRatios[queue];
    const ratios = [ratio?.median, ratio?.min, ratio?.max].map((value) => value?.toFixed(2) ?? "-");
    return [queue, ...FIGURES.map(({ name }) => figureText(spreads[name].median)), ...ratios];
  });
  printTable([["", ...FIGURES.map(({ label }) => label), "CPU / c", "min", "max"], ...rows]);
}

/**
 * Prints all goals.
 *
 * @param goals The goals.
 */
export function printGoals(goals: readonly GoalResult[]): void {
  if (goals.length === 0) return;
  print("");
  print(`goals: ${goals.filter(({ isMet }) => isMet).length} of ${goals.length} met`);
  printTable([
    ["", "of", "what", "median", "min", "max", "goal", ""],
    ...goals.map(({ subject, queue, figure, value, goal, isMet }) => [
      subject,
      queue,
      figure,
      ...[value.median, value.min, value.max].map((part) => part.toFixed(2)),
      boundText(goal, 2),
      isMet ? "met" : "MISSED",
    ]),
  ]);
}
