/**
 * The charts of the last fifteen minutes.
 *
 * @module
 */

/// <reference lib="dom" />
/// <reference lib="dom.iterable" />

import uPlot from "uplot";
import { chartOptions, type ChartTexts, type Series, type Size } from "./chart_options.ts";
import { byId, make, setText } from "./elements.ts";
import type { AxisUnit } from "./model/axis_steps.ts";
import type { ChartPoints } from "./model/chart_points.ts";
import { NOTHING, type NumberFormat } from "./model/format.ts";

const CHARTS: readonly { readonly title: string; readonly series: readonly [Series, Series] }[] = [
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
  readonly image: HTMLElement;
  /** The time under the pointer. */
  readonly time: HTMLElement;
  readonly values: readonly HTMLElement[];
  readonly series: readonly Series[];
  readonly title: string;
}

/** See the module. */
export class Charts {
  readonly #points: ChartPoints;
  readonly #format: NumberFormat;
  readonly #charts: readonly Chart[];
  readonly #minute = new Intl.DateTimeFormat(undefined, { timeStyle: "short" });
  readonly #second = new Intl.DateTimeFormat(undefined, { timeStyle: "medium" });

  /**
   * @param points The points.
   * @param format How numbers are written.
   */
  constructor(points: ChartPoints, format: NumberFormat) {
    this.#points = points;
    this.#format = format;
    this.#charts = CHARTS.map(({ title, series }) => this.#make(title, series));
    const resized = new ResizeObserver(() => this.#resize());
    for (const { image } of this.#charts) resized.observe(image);
    // Canvases do not follow a change of the colour scheme by themselves.
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
      for (const { plot } of this.#charts) plot.redraw();
    });
  }

  /** Draws the current points. */
  update(): void {
    for (const { plot, series } of this.#charts) {
      plot.setData([this.#points.times, ...series.map(({ number }) => this.#points.of(number))] as uPlot.AlignedData);
    }
    for (const chart of this.#charts) this.#showValues(chart);
  }

  /** Describes the charts in words, for screen readers. */
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

  #make(title: string, series: readonly [Series, Series]): Chart {
    const values = series.map(({ unit }) => make("b", { className: unit, textContent: NOTHING }));
    const items = series.map(({ label }, index) => make("li", {}, make("i"), `${label} `, values[index]!));
    const head = make("div", { className: "chart-head" }, make("h3", { textContent: title }));
    head.append(make("ul", { className: "legend" }, ...items));
    const image = make("div", { className: "plot" });
    image.setAttribute("role", "img");
    image.setAttribute("aria-label", title);
    byId("charts").append(make("div", { className: "chart" }, head, image));
    const texts: ChartTexts = {
      valueOf: (value, unit) => this.#write(value, unit),
      timeOf: (atS) => this.#minute.format(atS * 1000),
    };
    const plot = new uPlot(chartOptions(series, sizeOf(image), texts), [[], ...series.map(() => [])], image);
    const time = make("span", { className: "time", hidden: true });
    plot.over.append(time);
    const chart = { plot, image, time, values, series, title };
    plot.hooks["setCursor"] = [() => this.#showValues(chart)];
    return chart;
  }

  /** Shows the values under the pointer with their time, else the latest. */
  #showValues({ plot, time, values, series }: Chart): void {
    const { idx, left } = plot.cursor;
    const index = idx ?? this.#points.times.length - 1;
    for (const [place, { number, unit }] of series.entries()) {
      const value = this.#points.of(number)[index];
      setText(values[place]!, value === null || value === undefined ? NOTHING : this.#write(value, unit));
    }
    const atS = this.#points.times[idx ?? -1];
    time.hidden = atS === undefined;
    if (atS === undefined) return;
    setText(time, this.#second.format(atS * 1000));
    // Keeps it inside the chart.
    time.style.left = `clamp(1.5rem, ${left}px, calc(100% - 1.5rem))`;
  }

  #write(value: number, unit: AxisUnit): string {
    if (unit === "ms") return this.#format.duration(value);
    return unit === "rate" ? this.#format.rate(value) : this.#format.count(value);
  }

  #resize(): void {
    for (const { plot, image } of this.#charts) {
      const { width, height } = sizeOf(image);
      if (image.clientWidth > 0 && (width !== plot.width || height !== plot.height)) plot.setSize({ width, height });
    }
  }
}

function sizeOf({ clientWidth, clientHeight }: HTMLElement): Size {
  return { width: Math.max(clientWidth, 100), height: Math.max(clientHeight, 100) };
}
