/**
 * A program's metrics for Prometheus. The library writes them; the numbers are read when they are asked for, and `process_*` are
 * the library's own. A program loads this only when it serves HTTP.
 *
 * @module
 */

import { Registry } from "prom-client";
import processCpu from "prom-client/lib/metrics/processCpuTotal.js";
import processDescriptors from "prom-client/lib/metrics/processOpenFileDescriptors.js";
import processStart from "prom-client/lib/metrics/processStartTime.js";

/** The labels of a series. */
export type Labels = Readonly<Record<string, string>>;

/** One number. */
export interface Sample {
  readonly labels?: Labels;
  readonly value: number;
  readonly metricName?: string;
}

/** A metric whose samples are made when it is read. */
export interface Metric<Source> {
  readonly name: string;
  readonly help: string;
  readonly type: "counter" | "gauge" | "histogram";
  readonly samples: (source: Source) => readonly Sample[];
}

/** Metrics in Prometheus' text format. */
export interface MetricsText {
  /** Its content type. */
  readonly type: string;
  readonly body: string;
}

/** The library reads it from a file that Deno lets nobody read. */
const MEMORY: Metric<unknown> = {
  name: "process_resident_memory_bytes",
  help: "Resident memory size in bytes.",
  type: "gauge",
  samples: () => [{ value: Deno.memoryUsage().rss }],
};

/** Writes metrics. */
export class MetricsRegistry<Source> {
  readonly #registry = new Registry();

  /**
   * @param metrics The metrics.
   * @param read Reads what their samples are made from.
   */
  constructor(metrics: readonly Metric<Source>[], read: () => Source) {
    for (const { name, help, type, samples } of [...metrics, MEMORY]) {
      const get = () => Promise.resolve({ name, help, type, values: samples(read()), aggregator: "sum" });
      // The registry takes whatever has this method; its declaration knows only the library's own classes.
      this.#registry.registerMetric({ name, help, type, get } as unknown as Parameters<Registry["registerMetric"]>[0]);
    }
    for (const metric of [processCpu, processDescriptors, processStart]) {
      metric(this.#registry, {});
    }
  }

  /** All metrics. */
  async read(): Promise<MetricsText> {
    return { type: this.#registry.contentType, body: await this.#registry.metrics() };
  }
}
