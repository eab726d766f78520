import { assertEquals } from "@std/assert";
import { FAILURE_REASONS, WorkerFigures } from "../../../lib/worker/figures.ts";
import { WorkerMetrics } from "../../../lib/worker/http/worker_metrics.ts";
import { JobError } from "../../../lib/worker/job_error.ts";

Deno.test("WorkerMetrics has every series from the start, with the worker's numbers", async () => {
  const figures = new WorkerFigures();
  figures.begin();
  figures.failed(new JobError("KILLED", "killed"));
  const lines = (await new WorkerMetrics(() => figures.status(3)).read()).body.split("\n");
  const failed = FAILURE_REASONS.map((reason) =>
    `spq_worker_jobs_failed_total{reason="${reason.toLowerCase()}"} ${reason === "KILLED" ? 1 : 0}`
  );
  const expected = [
    ...failed,
    "spq_worker_jobs_answered_total 0",
    "spq_worker_jobs_running 0",
    "spq_worker_concurrency 3",
    "spq_worker_program_restarts_total 0",
    "spq_worker_queues_connected 0",
    "spq_worker_ready 0",
    "spq_worker_draining 0",
  ];
  assertEquals(expected.filter((line) => !lines.includes(line)), []);
});
