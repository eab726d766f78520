import { assertEquals } from "@std/assert";
import { Ajv } from "ajv";
import schema from "../../../docs/worker_status.schema.json" with { type: "json" };
import { FAILURE_REASONS, WorkerFigures } from "../../../lib/worker/figures.ts";
import { WorkerMetrics } from "../../../lib/worker/http/worker_metrics.ts";
import { JobError } from "../../../lib/worker/job_error.ts";
import { scenario } from "../../harness/scenario.ts";

scenario("WorkerMetrics has every series from the start, with the worker's numbers", ["ffi"], async () => {
  const figures = new WorkerFigures();
  figures.begin();
  figures.failed(new JobError("KILLED", "killed"));
  const lines = (await new WorkerMetrics(() => ({ ...figures.status(3), loopDelayMs: 250 })).read()).body.split("\n");
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
    "spq_worker_loop_delay_seconds 0.25",
  ];
  assertEquals(expected.filter((line) => !lines.includes(line)), []);
});

Deno.test("the status has the shape that docs/worker_status.schema.json describes, and no more", () => {
  const figures = new WorkerFigures();
  const validate = new Ajv({ allErrors: true, allowUnionTypes: true }).compile(schema);
  const check = (more: object) => {
    validate(JSON.parse(JSON.stringify({ ...figures.status(3), loopDelayMs: 0.5, ...more })));
    return validate.errors;
  };
  assertEquals(check({}), null);
  figures.setReady(0, undefined);
  figures.connections = () => ({ sentence: "Connected", total: 1, connected: 1 });
  assertEquals([figures.status(3).unready, check({})], [null, null]);
  assertEquals([check({ more: 1 })?.length, check({ loopDelayMs: undefined })?.length], [1, 1]);
});
