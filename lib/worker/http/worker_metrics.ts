/**
 * The worker's metrics for Prometheus. Every series exists from the start.
 *
 * @module
 */

import { VERSION } from "../../cli/program.ts";
import { type Labels, type Metric, MetricsRegistry } from "../../http/metrics_registry.ts";
import type { WorkerStatus } from "../figures.ts";

/** A worker's status over HTTP. */
export interface WorkerHttpStatus extends WorkerStatus {
  /** How late a timer that fires once a second last fired, in milliseconds. */
  readonly loopDelayMs: number;
}

type Values = readonly (readonly [Labels, number])[];

function metric(
  type: "counter" | "gauge",
  name: string,
  help: string,
  read: (status: WorkerHttpStatus) => Values,
): Metric<WorkerHttpStatus> {
  return { name, help, type, samples: (status) => read(status).map(([labels, value]) => ({ labels, value })) };
}

const METRICS: readonly Metric<WorkerHttpStatus>[] = [
  metric("counter", "spq_worker_jobs_answered_total", "Jobs that were answered.", ({ jobs }) => [[{}, jobs.answered]]),
  metric(
    "counter",
    "spq_worker_jobs_failed_total",
    "Jobs that failed, by reason.",
    ({ jobs }) => Object.entries(jobs.failed).map(([reason, count]) => [{ reason: reason.toLowerCase() }, count]),
  ),
  metric("gauge", "spq_worker_jobs_running", "Jobs running now.", ({ jobs }) => [[{}, jobs.running]]),
  metric("gauge", "spq_worker_concurrency", "The most jobs that the worker does at once.", (status) => [
    [{}, status.concurrency],
  ]),
  metric("counter", "spq_worker_program_restarts_total", "Restarts of the worker's program (--keep).", (
    { programRestarts },
  ) => [[{}, programRestarts]]),
  metric("gauge", "spq_worker_queues", "Queues that the worker should serve.", ({ queues }) => [[{}, queues.total]]),
  metric("gauge", "spq_worker_queues_connected", "Queues that the worker is connected to.", ({ queues }) => [
    [{}, queues.connected],
  ]),
  metric(
    "gauge",
    "spq_worker_ready",
    "1 while the worker can take jobs.",
    ({ unready }) => [[{}, Number(unready === null)]],
  ),
  metric(
    "gauge",
    "spq_worker_draining",
    "1 while the worker takes no new jobs.",
    ({ draining }) => [[{}, Number(draining)]],
  ),
  metric("gauge", "spq_worker_loop_delay_seconds", "How late the event loop last turned.", ({ loopDelayMs }) => [
    [{}, loopDelayMs / 1000],
  ]),
  metric("gauge", "spq_worker_info", "Versions, as labels; the value is always 1.", () => [
    [{ version: VERSION, deno: Deno.version.deno }, 1],
  ]),
];

/** The metrics of a worker. */
export class WorkerMetrics extends MetricsRegistry<WorkerHttpStatus> {
  /** @param read Reads the worker's status. */
  constructor(read: () => WorkerHttpStatus) {
    super(METRICS, read);
  }
}
