/**
 * Writes a benchmark's results as Markdown.
 *
 * @module
 */

import type { FigureName, Goal } from "./cases.ts";
import { BenchError } from "./error.ts";
import { departureTable } from "./departures.ts";
import type { GoalResult } from "./goals.ts";
import { idleClientsTable } from "./idle_clients.ts";
import { machineText } from "./machine.ts";
import { peerCostTable } from "./peer_costs.ts";
import { PLACE_TEXTS } from "./place.ts";
import { loadText } from "./report.ts";
import { type CaseResult, queuesIn, type Results, type Setup } from "./results.ts";
import { startTable } from "./starts.ts";
import { boundText, figureText, spreadText } from "./table.ts";
import { threadTable } from "./threads.ts";

const BEGIN = "<!-- results: written by deno task bench:report -->";
const END = "<!-- end of results -->";

/** The figures that have a table of their own, with its title. */
const TABLES: readonly (readonly [FigureName, string])[] = [
  ["queueCpuUs", "CPU time of the queue per request in us"],
  ["loadCpuUs", "CPU time of the load per request in us"],
  ["allCpuUs", "CPU time of queue and load together per request in us"],
  ["requestsPerSecond", "Requests per second"],
  ["p50Us", "Latency, p50 in us"],
  ["p99Us", "Latency, p99 in us"],
  ["peakMiB", "Memory of the queue at its peak above idle in MiB"],
];

/** A table in Markdown: the first column to the left, the others to the right. */
function markdownTable([heading = [], ...rows]: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(heading), line(heading.map((_, i) => i === 0 ? "---" : "--:")), ...rows.map(line)].join("\n");
}

/** One figure of all queues in all cases: median, and from smallest to largest. */
function figureTable(cases: readonly CaseResult[], figure: FigureName): string {
  const queues = queuesIn(cases);
  const rows = cases.map(({ case: { name }, figures }) => [
    name,
    ...queues.map((queue) => {
      const spread = figures[queue]?.[figure];
      return spread === undefined ? "-" : spreadText(spread);
    }),
  ]);
  return markdownTable([["", ...queues], ...rows]);
}

function caseTable(cases: readonly CaseResult[]): string {
  const rows = cases.map(({ case: chosen }) => [
    chosen.name,
    loadText(chosen),
    PLACE_TEXTS[chosen.place],
  ]);
  return markdownTable([["case", "load", "queue and load"], ...rows]);
}

function goalTable(goals: readonly GoalResult[]): string {
  const bound = (goal: Goal) => boundText(goal, 2);
  const rows = goals.map(({ subject, queue, figure, value, goal, isMet }) => [
    subject,
    queue,
    figure,
    spreadText(value),
    bound(goal),
    isMet ? "met" : "missed",
  ]);
  return markdownTable([["", "of", "what", "median (min-max)", "goal", ""], ...rows]);
}

function overloadTables({ overload }: Results): string[] {
  return overload.flatMap(({ name, summary, figures }) => {
    const queues = Object.keys(figures[0]?.values ?? {});
    const rows = figures.map(({ figure, values }) => [
      figure,
      ...queues.map((queue) => figureText(values[queue] ?? undefined)),
    ]);
    return [`\`${name}\`: ${summary}`, markdownTable([["", ...queues], ...rows])];
  });
}

function restTables(
  { threads, starts, idleClients, departures, collections, peerCosts, redelivery }: Results,
): string[] {
  const redeliveryRows = Object.entries(redelivery).map(([queue, { kills, lost, medianMs, maxMs }]) => [
    queue,
    `${kills}`,
    `${lost}`,
    lost === kills ? "-" : medianMs.toFixed(1),
    lost === kills ? "-" : maxMs.toFixed(1),
  ]);
  const table = (title: string, [heading = [], ...rows]: readonly (readonly string[])[]) =>
    rows.length === 0 ? [] : [title, markdownTable([heading, ...rows])];
  return [
    ...table("What each thread does for a request:", threadTable(threads)),
    ...table("Start, and memory then:", startTable(starts)),
    ...table("Idle clients, each answered once:", idleClientsTable(idleClients)),
    ...table("Departures of 1,000 clients with a request each:", departureTable(departures)),
    ...collections.map(({ count, seconds, requestsPerSecond, totalMs, maxMs, maxKind }) =>
      `Garbage collections of the relay in ${seconds.toFixed(0)} s at ${requestsPerSecond.toFixed(0)} requests/s: ` +
      `${count}, ${totalMs.toFixed(0)} ms in all, the longest ${maxMs.toFixed(2)} ms (${maxKind}).`
    ),
    ...table("A worker's job, and a client's request:", peerCostTable(peerCosts)),
    ...table("Workers killed with a request:", [
      ["", "kills", "lost", "redelivered, median ms", "max ms"],
      ...redeliveryRows,
    ]),
  ];
}

function amountText({ rounds, measureMs }: Setup): string {
  return `${rounds} ${rounds === 1 ? "round" : "rounds"} of ${measureMs} ms each`;
}

/**
 * Writes the results as sections of Markdown.
 *
 * @param results The results.
 * @param plots The files of the plots, from the README on, with their descriptions.
 * @returns The text, not yet formatted.
 */
export function resultsText(
  results: Results,
  plots: readonly { readonly file: string; readonly description: string }[],
): string {
  const { time, machine, versions, leftOut, setup, updates, cases, goals } = results;
  const together = cases.filter(({ case: { place } }) => place === "together");
  const others = cases.filter(({ case: { place } }) => place !== "together");
  const tables = (list: readonly CaseResult[], where: string) =>
    list.length === 0
      ? []
      : TABLES.flatMap(([figure, title]) => [`${title}, median (min-max), ${where}:`, figureTable(list, figure)]);
  return [
    `${time.slice(0, 10)}, ${machineText(machine)}; ${amountText(setup)}.`,
    ...updates.map(({ names, time, setup }) =>
      `Measured again on ${time.slice(0, 10)}, ${amountText(setup)}: ${names.join(", ")}.`
    ),
    Object.entries(versions).map(([subject, version]) => `- ${subject}: ${version}`).join("\n"),
    ...(leftOut.length === 0 ? [] : [
      `Left out:`,
      leftOut.map(({ name, reason }) => `- ${name}: ${reason.trim().replaceAll(/\s*\n\s*/g, " ")}`).join("\n"),
    ]),
    ...plots.map(({ file, description }) => `![${description}](${file})`),
    ...(cases.length === 0 ? [] : [caseTable(cases)]),
    ...tables(together, "on one core"),
    ...tables(others, "a core each or not pinned"),
    ...restTables(results),
    ...overloadTables(results),
    ...(goals.length === 0
      ? []
      : [`Goals, ${goals.filter(({ isMet }) => isMet).length} of ${goals.length} met:`, goalTable(goals)]),
  ].join("\n\n");
}

/**
 * Replaces what is between the markers of a README.
 *
 * @param readme The README.
 * @param text What is to be there.
 * @returns The new README.
 * @throws {BenchError} When the markers are not there.
 */
export function replaceResults(readme: string, text: string): string {
  const begin = readme.indexOf(BEGIN);
  const end = readme.indexOf(END);
  if (begin === -1 || end < begin) throw new BenchError(`The README has no place for results: ${BEGIN} ... ${END}`);
  return `${readme.slice(0, begin + BEGIN.length)}\n\n${text}\n\n${readme.slice(end)}`;
}
