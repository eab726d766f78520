/**
 * The drawing options of a chart.
 *
 * @module
 */

/// <reference lib="dom" />

import type uPlot from "uplot";
import type { HistoryNumber } from "../../status/history.ts";
import { AXIS_STEPS, type AxisUnit, LEAST_TOP } from "./model/axis_steps.ts";

/** A line of a chart. */
export interface Series {
  readonly number: HistoryNumber;
  readonly label: string;
  readonly unit: AxisUnit;
  /** The line has an axis of its own. */
  readonly scale?: "right";
}

/** In pixels. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** How a chart's values are written. */
export interface ChartTexts {
  readonly valueOf: (value: number, unit: AxisUnit) => string;
  readonly timeOf: (atS: number) => string;
}

const FONT = "11px system-ui, 'DejaVu Sans', sans-serif";
/** Of the labels beside the charts. */
const CHARACTER_PX = 7;
const AXIS_GAP_PX = 14;
const LEAST_AXIS_PX = 40;
const WINDOW_S = 900;
/** The shortest time that a chart spans, when the queue has just started. */
const LEAST_WINDOW_S = 120;

/**
 * The options of a chart with up to two lines.
 *
 * @param series The lines.
 * @param size Its size.
 * @param texts How its values are written.
 */
export function chartOptions(
  [first, second]: readonly [Series, Series],
  size: Size,
  texts: ChartTexts,
): uPlot.Options {
  const hasTwoAxes = second.scale === "right";
  return {
    ...size,
    legend: { show: false },
    padding: [8, 20, 0, 0],
    cursor: { y: false, sync: { key: "page" }, drag: { x: false, y: false }, points: { size: 7 } },
    scales: {
      x: { time: true, range: (_, min, max) => windowOf(min, max) },
      y: scaleOf(first.unit),
      ...(hasTwoAxes ? { right: scaleOf(second.unit) } : {}),
    },
    axes: [
      {
        ...axis(() => color("--dim")),
        space: 70,
        size: 22,
        incrs: [60, 120, 300],
        values: (_: uPlot, splits: number[]) => splits.map(texts.timeOf),
      },
      // If there are two axes, each has the colour of its line.
      valueAxis(first, texts, hasTwoAxes ? "--series-1" : "--dim"),
      ...(hasTwoAxes ? [valueAxis(second, texts, "--series-2")] : []),
    ],
    series: [
      {},
      { ...line(first, "--series-1"), fill: () => `${color("--series-1")}1c` },
      { ...line(second, "--series-2"), dash: [6, 4] },
    ],
  };
}

function scaleOf(unit: AxisUnit): uPlot.Scale {
  return { range: (_: uPlot, _min: number, max: number) => [0, max > 0 ? max * 1.1 : LEAST_TOP[unit]] };
}

function axis(stroke: () => string): uPlot.Axis {
  return { stroke, font: FONT, grid: { stroke: () => color("--line"), width: 1 }, ticks: { show: false } };
}

function valueAxis({ unit, scale }: Series, { valueOf }: ChartTexts, name: string): uPlot.Axis {
  const common = axis(() => color(name));
  return {
    ...common,
    scale: scale ?? "y",
    side: scale === "right" ? 1 : 3,
    grid: { ...common.grid, show: scale !== "right" },
    size: (_: uPlot, labels: readonly string[] | null) =>
      Math.max(LEAST_AXIS_PX, ...(labels ?? []).map(({ length }) => length * CHARACTER_PX + AXIS_GAP_PX)),
    values: (_: uPlot, splits: number[]) =>
      splits.map((value) => unit === "ms" && value === 0 ? "0" : valueOf(value, unit)),
    space: 32,
    incrs: AXIS_STEPS[unit],
  };
}

function line({ label, scale }: Series, name: string): uPlot.Series {
  return { label, scale: scale ?? "y", stroke: () => color(name), width: 2, points: { show: false } };
}

function windowOf(minS: number | null, maxS: number | null): [number, number] {
  const end = maxS ?? LEAST_WINDOW_S;
  return [Math.max(end - WINDOW_S, Math.min(minS ?? 0, end - LEAST_WINDOW_S)), end];
}

function color(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}
