/**
 * The charts of the last fifteen minutes.
 *
 * @module
 */

/// <reference lib="dom" />
/// <reference lib="dom.iterable" />

import uPlot from "uplot";
import type { HistoryNumber } from "../../status/history.ts";
import { byId, make, setText } from "./elements.ts";
import type { ChartPoints } from "./model/chart_points.ts";
import { NOTHING, type NumberFormat } from "./model/format.ts";

const HEIGHT = 160;
/** Of the labels beside the charts. */
const CHARACTER_PX = 7;
const AXIS_GAP_PX = 14;
const LEAST_AXIS_PX = 40;
const WINDOW_S = 900;
/** The least that a chart spans, when the queue has just started. */
const LEAST_WINDOW_S = 120;

interface Series {
  readonly number: HistoryNumber;
  readonly label: string;
  readonly unit: Unit;
  readonly scale?: "right";
}

type Unit = "count" | "rate" | "ms";

/** What an axis goes to where there is nothing to show. */
const LEAST_TOP: Readonly<Record<Unit, number>> = { count: 1, rate: 1, ms: 1000 };
/** What is between two lines of an axis: 1, 2, 5, 10 and so on. */
const COUNT_STEPS = Array.from({ length: 8 }, (_, power) => [1, 2, 5].map((step) => step * 10 ** power)).flat();

const CHARTS: readonly { readonly title: string; readonly series: readonly Series[] }[] = [
  {
    title: "Requests a second",
    series: [
      { number: "acceptedPerSecond", label: "accepted", unit: "rate" },
      { number: "answeredPerSecond", label: "answered", unit: "rate" },
    ],
  },
  {
    title: "Waiting",
    series: [
      { number: "waiting", label: "requests", unit: "count" },
      { number: "oldestWaitingMs", label: "age of the oldest", unit: "ms", scale: "right" },
    ],
  },
  {
    title: "Workers",
    series: [
      { number: "workersBusy", label: "busy", unit: "count" },
      { number: "workersIdle", label: "idle", unit: "count" },
    ],
  },
  {
    title: "Work time, last minute",
    series: [
      { number: "workP50Ms", label: "p50", unit: "ms" },
      { number: "workP99Ms", label: "p99", unit: "ms" },
    ],
  },
];

interface Chart {
  readonly plot: uPlot;
  readonly frame: HTMLElement;
  readonly image: HTMLElement;
  readonly values: readonly HTMLElement[];
  readonly series: readonly Series[];
  readonly title: string;
}

/** See the module. */
export class Charts {
  readonly #points: ChartPoints;
  readonly #format: NumberFormat;
  readonly #charts: readonly Chart[];
  readonly #time = new Intl.DateTimeFormat(undefined, { timeStyle: "short" });

  /**
   * @param points The points.
   * @param format How numbers are written.
   */
  constructor(points: ChartPoints, format: NumberFormat) {
    this.#points = points;
    this.#format = format;
    this.#charts = CHARTS.map(({ title, series }) => this.#make(title, series));
    const resized = new ResizeObserver(() => this.#resize());
    for (const { frame } of this.#charts) resized.observe(frame);
    // Canvases do not follow the colours by themselves.
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
      for (const { plot } of this.#charts) plot.redraw();
    });
  }

  /** Draws what the points are now. */
  update(): void {
    for (const { plot, series } of this.#charts) {
      plot.setData([this.#points.times, ...series.map(({ number }) => this.#points.of(number))] as uPlot.AlignedData);
    }
    for (const chart of this.#charts) this.#showValues(chart);
  }

  /** Says in words what the charts show, for those who do not see them. */
  describe(): void {
    for (const { image, series, title } of this.#charts) {
      const texts = series.map(({ number, label, unit }) => {
        const known = this.#points.of(number).filter((value) => value !== null);
        if (known.length === 0) return `${label} not known`;
        const [now, most] = [known.at(-1)!, known.reduce((a, b) => Math.max(a, b))];
        return `${label} ${this.#write(now, unit)}, at most ${this.#write(most, unit)}`;
      });
      image.setAttribute("aria-label", `${title}, the last 15 minutes: ${texts.join("; ")}`);
    }
  }

  #make(title: string, series: readonly Series[]): Chart {
    const values = series.map(() => make("b", { textContent: NOTHING }));
    const legend = make(
      "ul",
      { className: "legend" },
      ...series.map(({ label }, index) => make("li", {}, make("i"), `${label} `, values[index]!)),
    );
    const image = make("div", { className: "plot" });
    image.setAttribute("role", "img");
    image.setAttribute("aria-label", title);
    const head = make("div", { className: "chart-head" }, make("h3", { textContent: title }), legend);
    const frame = make("div", { className: "chart" }, head, image);
    byId("charts").append(frame);
    const plot = new uPlot(this.#options(series, image.clientWidth), [[], ...series.map(() => [])], image);
    const chart = { plot, frame, image, values, series, title };
    plot.hooks["setCursor"] = [() => this.#showValues(chart)];
    return chart;
  }

  #options(series: readonly Series[], width: number): uPlot.Options {
    const axis = {
      stroke: () => color("--dim"),
      grid: { stroke: () => color("--line"), width: 1 },
      ticks: { show: false },
    };
    const font = "11px system-ui, 'DejaVu Sans', sans-serif";
    const scaleOf = (unit: Unit) => ({
      range: (_: uPlot, _min: number, max: number): [number, number] => [0, max > 0 ? max * 1.1 : LEAST_TOP[unit]],
    });
    const [first, second] = series as [Series, Series];
    const hasTwoAxes = second.scale === "right";
    const valueAxis = (unit: Unit, scale: "y" | "right") => ({
      ...axis,
      // Where there are two, each has the colour of its line.
      stroke: () => color(!hasTwoAxes ? "--dim" : scale === "y" ? "--series-1" : "--series-2"),
      scale,
      font,
      size: (_: uPlot, texts: readonly string[] | null) =>
        Math.max(LEAST_AXIS_PX, ...(texts ?? []).map((text) => text.length * CHARACTER_PX + AXIS_GAP_PX)),
      side: scale === "right" ? 1 as const : 3 as const,
      grid: { ...axis.grid, show: scale === "y" },
      values: (_: uPlot, splits: number[]) => splits.map((value) => this.#tick(value, unit)),
      space: 32,
      ...(unit === "ms" ? {} : { incrs: unit === "count" ? COUNT_STEPS : [0.1, 0.2, 0.5, ...COUNT_STEPS] }),
    });
    return {
      width: Math.max(width, 100),
      height: HEIGHT,
      legend: { show: false },
      padding: [8, 20, 0, 0],
      cursor: { sync: { key: "page" }, drag: { x: false, y: false }, points: { size: 7 } },
      scales: {
        x: { time: true, range: (_, min, max) => windowOf(min, max) },
        y: scaleOf(first.unit),
        ...(hasTwoAxes ? { right: scaleOf(second.unit) } : {}),
      },
      axes: [
        {
          ...axis,
          font,
          space: 70,
          size: 24,
          incrs: [60, 120, 300],
          values: (_: uPlot, splits: number[]) => splits.map((atS) => this.#time.format(atS * 1000)),
        },
        valueAxis(first.unit, "y"),
        ...(hasTwoAxes ? [valueAxis(second.unit, "right")] : []),
      ],
      series: [
        {},
        {
          label: first.label,
          stroke: () => color("--series-1"),
          fill: () => `${color("--series-1")}1c`,
          width: 2,
          points: { show: false },
        },
        {
          label: second.label,
          scale: second.scale ?? "y",
          stroke: () => color("--series-2"),
          width: 2,
          dash: [6, 4],
          points: { show: false },
        },
      ],
    };
  }

  /** The values under the pointer, else the last ones. */
  #showValues({ plot, values, series }: Chart): void {
    const index = plot.cursor.idx ?? this.#points.times.length - 1;
    for (const [place, { number, unit }] of series.entries()) {
      const value = this.#points.of(number)[index];
      setText(values[place]!, value === null || value === undefined ? NOTHING : this.#write(value, unit));
    }
  }

  #write(value: number, unit: Unit): string {
    if (unit === "ms") return this.#format.duration(value);
    return unit === "rate" ? this.#format.rate(value) : this.#format.count(value);
  }

  #tick(value: number, unit: Unit): string {
    if (unit === "ms" && value === 0) return "0";
    return this.#write(value, unit);
  }

  #resize(): void {
    for (const { plot, image } of this.#charts) {
      if (image.clientWidth > 0 && image.clientWidth !== plot.width) {
        plot.setSize({ width: image.clientWidth, height: HEIGHT });
      }
    }
  }
}

function windowOf(minS: number | null, maxS: number | null): [number, number] {
  const end = maxS ?? LEAST_WINDOW_S;
  return [Math.max(end - WINDOW_S, Math.min(minS ?? 0, end - LEAST_WINDOW_S)), end];
}

function color(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}
