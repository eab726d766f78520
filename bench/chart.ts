/**
 * Draws charts as SVG with Apache ECharts, which needs no browser for it.
 *
 * @module
 */

import { BenchError } from "./error.ts";

/**
 * Named neither in deno.json nor in an import that Deno can see before it runs: whoever starts the queue for the first
 * time would install it too, 70 MB.
 */
const ECHARTS = "npm:echarts@6.1.0";

/** What a chart shows, as ECharts takes it: https://echarts.apache.org/en/option.html. */
export type ChartOption = Readonly<Record<string, unknown>>;

/** A chart and its size, in pixels. */
export interface Chart {
  readonly width: number;
  readonly height: number;
  readonly option: ChartOption;
}

/** What is used of an instance of ECharts. */
interface Instance {
  setOption(option: ChartOption): void;
  renderToSVGString(): string;
  dispose(): void;
}

type Init = (dom: null, theme: null, options: Readonly<Record<string, unknown>>) => Instance;

function hasInit(module: object): module is { readonly init: Init } {
  return "init" in module && typeof module.init === "function";
}

/**
 * Loads ECharts, which npm installs for the first time.
 *
 * @returns A function that draws a chart.
 * @throws {BenchError} When what was loaded is not ECharts.
 */
export async function loadDrawing(): Promise<(chart: Chart) => string> {
  const module: unknown = await import(ECHARTS);
  if (typeof module !== "object" || module === null || !hasInit(module)) {
    throw new BenchError(`Cannot draw: ${ECHARTS} has no init`);
  }
  const { init } = module;
  return ({ width, height, option }) => {
    const instance = init(null, null, { renderer: "svg", ssr: true, width, height });
    try {
      instance.setOption({ animation: false, backgroundColor: "#ffffff", ...option });
      return `${instance.renderToSVGString()}\n`;
    } finally {
      // Otherwise it keeps the process alive.
      instance.dispose();
    }
  };
}
