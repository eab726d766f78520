/**
 * Makes charts of a benchmark's results.
 *
 * @module
 */

import { CASES } from "../parts/cases.ts";
import { overload } from "../parts/overload.ts";
import { QUEUE_NAMES } from "../run/queues.ts";
import type { Chart } from "./chart.ts";
import type { Picture } from "./markdown.ts";
import type { Results, Row } from "./results.ts";

/** A chart that becomes a file. */
export interface Plot {
  /** The file's name, without its ending. */
  readonly name: string;
  /** What it shows, for those who cannot see it. */
  readonly description: string;
  readonly chart: Chart;
}

const WIDTH = 860;
/** Of one row of a chart. */
const ROW = 44;
/** Of title, legend and axis. */
const FRAME = 130;

/** The same colour for a queue everywhere: ours stand out. */
const COLORS: Readonly<Record<string, string>> = {
  c: "#333333",
  "c-drain": "#8c8c8c",
  python: "#3572a5",
  node: "#5a9e3f",
  zmq_proxy: "#c9b458",
  nats: "#27aae1",
  deno: "#e4572e",
  "deno fifo": "#f2a58e",
  binary: "#a4161a",
};

function frame(text: string, subtext: string): Record<string, unknown> {
  return {
    title: { text, subtext, left: "center", textStyle: { fontSize: 15 } },
    legend: { bottom: 0, itemGap: 14 },
    grid: { left: 130, right: 40, top: 60, bottom: 70 },
  };
}

function medianOf(row: Row | undefined, name: string): number | undefined {
  const figure = row?.figures[name];
  return typeof figure === "object" ? figure.median : figure;
}

/** A dot for each queue and case, relative to the C queue; on a logarithmic scale twice and half are as far from it. */
function ratioPlot(rows: readonly Row[], name: string, figure: string, title: string, subtext: string): Plot[] {
  const together = rows.filter(({ subject }) => CASES[subject]?.place === "together");
  if (together.length === 0) return [];
  const cases = [...new Set(together.map(({ subject }) => subject))].toReversed();
  const queues = QUEUE_NAMES.filter((queue) => together.some(({ of }) => of === queue));
  const rowOf = (subject: string, queue: string) => together.find((row) => row.subject === subject && row.of === queue);
  const markLine = { symbol: "none", label: { show: false }, lineStyle: { color: COLORS.c }, data: [{ xAxis: 1 }] };
  const series = queues.map((queue, i) => ({
    name: queue,
    type: "scatter",
    symbolSize: queue === "deno" || queue === "binary" ? 11 : 8,
    // One below the other within the row of a case.
    symbolOffset: [0, (i - (queues.length - 1) / 2) * 4],
    color: COLORS[queue],
    data: cases.flatMap((subject) => {
      const [value, reference] = [queue, "c"].map((of) => medianOf(rowOf(subject, of), figure));
      return value === undefined || reference === undefined ? [] : [[value / reference, subject]];
    }),
    ...(queue === "c" ? { markLine } : {}),
  }));
  const option = {
    ...frame(title, subtext),
    xAxis: { type: "log", logBase: 2, minorSplitLine: { show: false } },
    yAxis: { type: "category", data: cases, splitLine: { show: true } },
    series,
  };
  const chart = { width: WIDTH, height: FRAME + ROW * cases.length, option };
  return [{ name, description: `${title}: ${subtext}`, chart }];
}

/** A line for each queue: replies in time in every second. */
function secondsPlot(rows: readonly Row[], name: string, title: string): Plot[] {
  const own = rows.filter(({ subject }) => subject === name);
  const subtext = overload.cases[name] ?? "";
  const series = own.map(({ of, answeredBySecond = [] }) => ({
    name: of,
    type: "line",
    symbol: "none",
    color: COLORS[of],
    lineStyle: { width: of === "deno" ? 3 : 2 },
    data: answeredBySecond.map((answered, second) => [second + 1, answered]),
  }));
  const option = {
    ...frame(title, subtext),
    xAxis: { type: "value", name: "s", min: 0, max: "dataMax" },
    yAxis: { type: "value", min: 0 },
    series,
  };
  const chart = { width: WIDTH, height: 380, option };
  return own.length === 0 ? [] : [{ name, description: `${title}: ${subtext}`, chart }];
}

/** Makes all plots for which the results have figures. */
export function plotsOf({ rows }: Pick<Results, "rows">): Plot[] {
  const medians = "medians, one core;";
  return [
    ...ratioPlot(rows, "cpu", "CPU, us", "CPU time per request / the C queue's", `${medians} less is better`),
    ...ratioPlot(rows, "requests", "requests/s", "Requests per second / the C queue's", `${medians} more is better`),
    ...secondsPlot(rows, "overload", "Replies in time per second, overloaded"),
    ...secondsPlot(rows, "outage", "Replies in time per second, workers gone from 4 s to 9 s"),
  ];
}

/** Where the plots of results stand, for Markdown. */
export function picturesOf(results: Pick<Results, "rows">): Picture[] {
  return plotsOf(results).map(({ name, description }) => ({ file: `plots/${name}.svg`, description }));
}
