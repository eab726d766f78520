import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { parseHttpAddress } from "../../lib/http/address.ts";
import { askHttp } from "../../lib/http/client.ts";
import type { Program } from "../harness/program.ts";
import { startClient, startQueue, startWorker } from "../harness/programs.ts";
import { scenario } from "../harness/scenario.ts";

const NEEDS = ["programs", "shell"] as const;

async function ask(http: string, path: string): Promise<readonly [number, string]> {
  const { status, body } = await askHttp({ address: parseHttpAddress(http), path });
  return [status, body];
}

async function addressOf(worker: Program): Promise<string> {
  const { http } = await worker.event("listening");
  return (http as string[])[0]!;
}

scenario("spworker --http tells of its jobs, of its program's restarts, and whether it is ready", NEEDS, async () => {
  await using queue = await startQueue();
  // Each life of the program answers one request, and leaves.
  const args = ["--http", "127.0.0.1:0", "--keep", "--exec", `/bin/sh -c 'read line && echo "$line"'`];
  await using worker = startWorker(queue.backend, args);
  const http = await addressOf(worker);
  await worker.event("worker ready");
  assertEquals(await ask(http, "/ready"), [200, "ok\n"]);
  for (const text of ["a", "b", "c"]) {
    await using client = startClient(queue.frontend, [text, "--timeout", "20s"]);
    assertEquals((await client.exit).stdout, text);
  }
  const status = JSON.parse((await ask(http, "/status.json"))[1]);
  assertEquals([status.jobs.answered, status.jobs.running, status.queues], [3, 0, { total: 1, connected: 1 }]);
  assertEquals(status.programRestarts >= 2, true, `${status.programRestarts} restarts`);
  const [, metrics] = await ask(http, "/metrics");
  assertMatch(metrics, /^spq_worker_jobs_answered_total 3$/m);
  assertMatch(metrics, /^process_cpu_seconds_total /m);
  assertEquals((await ask(http, "/alive"))[0], 200);
});

scenario("spworker --http counts failed jobs by reason, and is not ready while it drains", NEEDS, async () => {
  await using queue = await startQueue(["--redeliveries", "0"]);
  const args = [
    "--http",
    "127.0.0.1:0",
    "--shell",
    "--exec",
    `read line; test "$line" = slow && exec sleep 30; exit 7`,
  ];
  await using worker = startWorker(queue.backend, args);
  const http = await addressOf(worker);
  await worker.event("worker ready");
  await using failing = startClient(queue.frontend, ["bad", "--timeout", "300ms", "--retries", "1"]);
  await worker.event("job failed");
  assertEquals((await failing.exit).code, 3);
  assertMatch((await ask(http, "/metrics"))[1], /^spq_worker_jobs_failed_total\{reason="exited"\} 1$/m);
  await using slow = startClient(queue.frontend, ["slow", "--timeout", "1h"]);
  while (JSON.parse((await ask(http, "/status.json"))[1]).jobs.running === 0) {
    // The request is on its way; each question is a turn of the worker's event loop.
  }
  worker.kill("SIGTERM");
  await worker.event("ending");
  assertEquals(await ask(http, "/ready"), [503, "the worker takes no new jobs\n"]);
  assertEquals((await ask(http, "/alive"))[0], 200);
  worker.kill("SIGINT");
  await worker.exit;
  slow.kill("SIGKILL");
});

scenario("spworker --http is not ready without a queue, and needs a token for other machines", NEEDS, async () => {
  await using worker = startWorker("tcp://127.0.0.1:1", ["--http", "127.0.0.1:0"]);
  const http = await addressOf(worker);
  await worker.event("cannot connect");
  assertEquals(await ask(http, "/ready"), [503, "the worker is connected to no queue\n"]);
  await using open = startWorker("tcp://127.0.0.1:1", ["--http", "0.0.0.0:0"]);
  const { code, stderr } = await open.exit;
  assertEquals(code, 1);
  assertStringIncludes(stderr, 'Cannot listen for HTTP on "0.0.0.0:0" without a token');
});
