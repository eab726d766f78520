/**
 * A program's metrics for Prometheus. The library writes them; the numbers are read when they are asked for, and `process_*` are
 * the library's own. A program loads this only when it serves HTTP.
 *
 * @module
 */

import { Registry } from "prom-client";
import processCpu from "prom-client/lib/metrics/processCpuTotal.js";
import processStart from "prom-client/lib/metrics/processStartTime.js";
import { countOpenDescriptors, descriptorLimit } from "../zmq/descriptors.ts";
import { loadLibrary } from "../zmq/library.ts";

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
  readonly samples: (source: Source) => readonly Sample[] | Promise<readonly Sample[]>;
}

/** Metrics in Prometheus' text format. */
export interface MetricsText {
  /** Its content type. */
  readonly type: string;
  readonly body: string;
}

/** The library reads these from files that Deno lets nobody read. */
const PROCESS: readonly Metric<unknown>[] = [
  {
    name: "process_resident_memory_bytes",
    help: "Resident memory size in bytes.",
    type: "gauge",
    samples: () => [{ value: Deno.memoryUsage().rss }],
  },
  {
    name: "process_open_fds",
    help: "Number of open file descriptors.",
    type: "gauge",
    samples: async () => [{ value: countOpenDescriptors((await loadLibrary()).symbols) }],
  },
  {
    name: "process_max_fds",
    help: "Maximum number of open file descriptors.",
    type: "gauge",
    samples: async () => [{ value: descriptorLimit((await loadLibrary()).symbols) }],
  },
];

/** Writes metrics. */
export class MetricsRegistry<Source> {
  readonly #registry = new Registry();

  /**
   * @param metrics The metrics.
   * @param read Reads what their samples are made from.
   */
  constructor(metrics: readonly Metric<Source>[], read: () => Source) {
    for (const { name, help, type, samples } of [...metrics, ...PROCESS]) {
      const get = async () => ({ name, help, type, values: await samples(read()), aggregator: "sum" });
      // The registry takes whatever has this method; its declaration knows only the library's own classes.
      this.#registry.registerMetric({ name, help, type, get } as unknown as Parameters<Registry["registerMetric"]>[0]);
    }
    for (const metric of [processCpu, processStart]) metric(this.#registry, {});
  }

  /** All metrics. */
  async read(): Promise<MetricsText> {
    return { type: this.#registry.contentType, body: await this.#registry.metrics() };
  }
}
