/**
 * Draws charts as SVG.
 *
 * @module
 */

import { BenchError } from "../run/error.ts";

/**
 * Apache ECharts draws SVG without a browser. It is named neither in deno.json nor in an import that Deno can see before
 * it runs: whoever starts the queue for the first time would install it too, 70 MB.
 */
const ECHARTS = "npm:echarts@6.1.0";

/** A chart, its size in pixels, and what it shows as ECharts takes it: https://echarts.apache.org/en/option.html. */
export interface Chart {
  readonly width: number;
  readonly height: number;
  readonly option: Readonly<Record<string, unknown>>;
}

/** What is used of an instance of ECharts. */
interface Instance {
  setOption(option: Chart["option"]): void;
  renderToSVGString(): string;
  dispose(): void;
}

type Init = (dom: null, theme: null, options: Readonly<Record<string, unknown>>) => Instance;

function hasInit(module: unknown): module is { readonly init: Init } {
  return typeof module === "object" && module !== null && "init" in module && typeof module.init === "function";
}

/** Loads ECharts, which npm installs the first time; returns a function that draws a chart. */
export async function loadDrawing(): Promise<(chart: Chart) => string> {
  const module: unknown = await import(ECHARTS);
  if (!hasInit(module)) throw new BenchError(`Cannot draw: ${ECHARTS} has no init`);
  return ({ width, height, option }) => {
    const instance = module.init(null, null, { renderer: "svg", ssr: true, width, height });
    try {
      instance.setOption({ animation: false, backgroundColor: "#ffffff", ...option });
      return `${instance.renderToSVGString()}\n`;
    } finally {
      // Otherwise it keeps the process alive.
      instance.dispose();
    }
  };
}
