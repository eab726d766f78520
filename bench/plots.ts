/**
 * Makes charts of a benchmark's results.
 *
 * @module
 */

import type { FigureName } from "./cases.ts";
import type { Chart } from "./chart.ts";
import { type CaseResult, type OverloadResult, queuesIn, type Results } from "./results.ts";

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
  gearmand: "#8c6bb1",
  nats: "#27aae1",
  deno: "#e4572e",
  "deno fifo": "#f2a58e",
  binary: "#a4161a",
};

function frame(title: string, subtext: string): Record<string, unknown> {
  return {
    title: { text: title, subtext, left: "center", textStyle: { fontSize: 15 } },
    legend: { bottom: 0, itemGap: 14 },
    grid: { left: 130, right: 40, top: 60, bottom: 70 },
  };
}

/** A dot for each queue and case, the C queue's being 1; on a logarithmic scale twice and half are as far from it. */
function ratioChart(
  cases: readonly CaseResult[],
  { title, subtext, figure }: { readonly title: string; readonly subtext: string; readonly figure: FigureName },
): Chart {
  const queues = queuesIn(cases);
  const names = cases.map(({ case: { name } }) => name).toReversed();
  const series = queues.map((queue, i) => ({
    name: queue,
    type: "scatter",
    symbolSize: queue === "deno" || queue === "binary" ? 11 : 8,
    // One below the other within the row of a case.
    symbolOffset: [0, (i - (queues.length - 1) / 2) * 4],
    color: COLORS[queue],
    data: cases.flatMap(({ case: { name }, figures }) => {
      const value = figures[queue]?.[figure].median;
      const reference = figures["c"]?.[figure].median;
      return value === undefined || reference === undefined ? [] : [[value / reference, name]];
    }),
    ...(queue === "c"
      ? { markLine: { symbol: "none", label: { show: false }, lineStyle: { color: "#333333" }, data: [{ xAxis: 1 }] } }
      : {}),
  }));
  return {
    width: WIDTH,
    height: FRAME + ROW * names.length,
    option: {
      ...frame(title, subtext),
      xAxis: { type: "log", logBase: 2, minorSplitLine: { show: false } },
      yAxis: { type: "category", data: names, splitLine: { show: true } },
      series,
    },
  };
}

/** Bars for p50 and p99 of each queue. */
function latencyChart({ figures }: CaseResult): Chart {
  const queues = Object.keys(figures).toReversed();
  const bars = (name: string, figure: FigureName, opacity: number) => ({
    name,
    type: "bar",
    color: "#555555",
    itemStyle: { opacity },
    label: { show: true, position: "right", formatter: "{c}" },
    data: queues.map((queue) => ({
      value: Math.round(figures[queue]?.[figure].median ?? 0),
      itemStyle: { color: COLORS[queue], opacity },
    })),
  });
  return {
    width: WIDTH,
    height: FRAME + ROW * queues.length,
    option: {
      ...frame("Latency of one request at a time, us", "medians, 32 B, queue and load on one core; less is better"),
      xAxis: { type: "value" },
      yAxis: { type: "category", data: queues },
      series: [bars("p99", "p99Us", 0.5), bars("p50", "p50Us", 1)],
    },
  };
}

/** A line for each queue: replies in time in every second. */
function overloadChart({ summary, runs }: OverloadResult, title: string): Chart {
  const series = Object.entries(runs).map(([queue, { seconds }]) => ({
    name: queue,
    type: "line",
    symbol: "none",
    color: COLORS[queue],
    lineStyle: { width: queue === "deno" ? 3 : 2 },
    data: seconds.map(({ second, answered }) => [second + 1, answered]),
  }));
  return {
    width: WIDTH,
    height: 380,
    option: {
      ...frame(title, summary),
      xAxis: { type: "value", name: "s", min: 0, max: "dataMax" },
      yAxis: { type: "value", min: 0 },
      series,
    },
  };
}

/**
 * Makes all plots that the results have figures for.
 *
 * @param results The results.
 * @returns The plots.
 */
export function plotsOf({ cases, overload }: Results): Plot[] {
  const together = cases.filter(({ case: { place } }) => place === "together");
  const ratio = (name: string, figure: FigureName, title: string, subtext: string): Plot[] =>
    together.length === 0
      ? []
      : [{ name, description: `${title}: ${subtext}`, chart: ratioChart(together, { title, subtext, figure }) }];
  const single = together.find(({ case: { name } }) => name === "32B-1");
  const latency = single === undefined ? [] : [{
    name: "latency",
    description: "Median and 99th percentile of the time of a request, one at a time",
    chart: latencyChart(single),
  }];
  const seconds = (name: string, title: string): Plot[] =>
    overload.filter((experiment) => experiment.name === name).map((experiment) => ({
      name,
      description: `${title}: ${experiment.summary}`,
      chart: overloadChart(experiment, title),
    }));
  return [
    ...ratio("cpu", "queueCpuUs", "CPU time per request / the C queue's", "medians, one core; less is better"),
    ...ratio(
      "requests",
      "requestsPerSecond",
      "Requests per second / the C queue's",
      "medians, one core; more is better",
    ),
    ...latency,
    ...seconds("overload", "Replies in time per second, overloaded"),
    ...seconds("outage", "Replies in time per second, workers gone from 4 s to 9 s"),
  ];
}
