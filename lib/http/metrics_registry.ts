/**
 * A program's metrics for Prometheus. The prom-client library formats them, and adds some `process_*` metrics of its own.
 * Values are read at each scrape. A program loads this module only when it serves HTTP.
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

/** One value of a metric. */
export interface Sample {
  readonly labels?: Labels;
  readonly value: number;
  readonly metricName?: string;
}

/** A metric whose samples are computed when it is read. */
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

/** Replacements for metrics that the library would read from files that Deno does not let it read. */
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

/** Formats metrics. */
export class MetricsRegistry<Source> {
  readonly #registry = new Registry();

  /**
   * @param metrics The metrics.
   * @param read Reads the source that the samples are computed from.
   */
  constructor(metrics: readonly Metric<Source>[], read: () => Source) {
    for (const { name, help, type, samples } of [...metrics, ...PROCESS]) {
      const get = async () => ({ name, help, type, values: await samples(read()), aggregator: "sum" });
      // The registry accepts any object with this method, but its type declaration allows only the library's own classes.
      this.#registry.registerMetric({ name, help, type, get } as unknown as Parameters<Registry["registerMetric"]>[0]);
    }
    for (const metric of [processCpu, processStart]) metric(this.#registry, {});
  }

  /** All metrics, as text. */
  async read(): Promise<MetricsText> {
    return { type: this.#registry.contentType, body: await this.#registry.metrics() };
  }
}
