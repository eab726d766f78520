import { assertEquals } from "@std/assert";
import { WorkerFigures } from "../../lib/worker/figures.ts";
import { JobError } from "../../lib/worker/job_error.ts";

const CONNECTED = { sentence: "Connected", total: 2, connected: 1 };

Deno.test("WorkerFigures counts jobs that run, were answered, and failed by reason", () => {
  const figures = new WorkerFigures();
  for (let count = 0; count < 4; count++) figures.begin();
  figures.answered();
  figures.failed(new JobError("EXITED", "exit code 1"));
  figures.failed("anything");
  const { jobs, concurrency } = figures.status(4);
  assertEquals([jobs.running, jobs.answered, concurrency], [1, 1, 4]);
  assertEquals([jobs.failed.EXITED, jobs.failed.ERROR, jobs.failed.KILLED], [1, 1, 0]);
});

Deno.test("WorkerFigures says why the worker is not ready", () => {
  const figures = new WorkerFigures();
  assertEquals(figures.status(2).unready, "the worker is starting");
  figures.setReady(0, undefined);
  assertEquals(figures.status(2).unready, "the worker is connected to no queue");
  figures.connections = () => CONNECTED;
  assertEquals(figures.status(2).unready, null);
  figures.setReady(1, "no such program");
  assertEquals(figures.status(2).unready, null);
  figures.setReady(0, "no such program");
  assertEquals(figures.status(2).unready, "no such program");
  figures.setReady(0, undefined);
  figures.draining = true;
  assertEquals(figures.status(2).unready, "the worker takes no new jobs");
});
