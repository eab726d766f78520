import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { Ajv } from "ajv";
import schema from "../../docs/worker_status.schema.json" with { type: "json" };
import { delay } from "../../lib/delay.ts";
import { parseHttpAddress } from "../../lib/http/address.ts";
import { fetchHttp } from "../../lib/http/client.ts";
import { WAIT_MS } from "../harness/deadline.ts";
import { TURN_INTERVAL_MS } from "../../lib/worker/http/loop_watch.ts";
import { Folder } from "../harness/folder.ts";
import type { Program } from "../harness/program.ts";
import { start, startClient, startQueue, startWorker } from "../harness/programs.ts";
import { scenario } from "../harness/scenario.ts";

const NEEDS = ["programs", "shell"] as const;

async function ask(http: string, path: string): Promise<readonly [number, string]> {
  const { status, body } = await fetchHttp({ address: parseHttpAddress(http), path });
  return [status, body];
}

async function addressOf(worker: Program): Promise<string> {
  const { http } = await worker.event("listening");
  return (http as string[])[0]!;
}

scenario("spworker --http reports its jobs, its program's restarts, and whether it is ready", NEEDS, async () => {
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
  await using alive = start("queue", ["status", "--alive", http]);
  assertEquals((await alive.exit).code, 0);
  await using ready = start("queue", ["status", "--ready", http]);
  assertStringIncludes((await ready.exit).stderr, "says: the worker is connected to no queue (HTTP 503)");
  assertEquals((await ready.exit).code, 1);
  await using open = startWorker("tcp://127.0.0.1:1", ["--http", "0.0.0.0:0"]);
  const { code, stderr } = await open.exit;
  assertEquals(code, 1);
  assertStringIncludes(stderr, 'Cannot listen for HTTP on "0.0.0.0:0" without a token');
});

scenario("spworker's /alive reports that its event loop did not turn to whoever asked meanwhile", [
  ...NEEDS,
  "long run",
], async () => {
  await using worker = startWorker("tcp://127.0.0.1:1", ["--http", "127.0.0.1:0"]);
  const http = await addressOf(worker);
  worker.kill("SIGSTOP");
  const asked = fetch(`http://${http}/alive`);
  await delay(12_000);
  const begin = performance.now();
  worker.kill("SIGCONT");
  const answer = await (await asked).text();
  // On a busy machine it may have turned once more before it comes to the request.
  const isEarly = performance.now() - begin < TURN_INTERVAL_MS;
  assertMatch(answer, isEarly ? /^the event loop did not turn for \d+ s\n$/ : /^(the event loop did not turn|ok)/);
  const deadline = performance.now() + WAIT_MS;
  while ((await ask(http, "/alive"))[0] !== 200) assertEquals(performance.now() < deadline, true);
  const { loopDelayMs } = JSON.parse((await ask(http, "/status.json"))[1]);
  assertEquals(loopDelayMs < 10_000, true, `${loopDelayMs} ms`);
});

scenario("spworker --http listens on several addresses, and says in one sentence which one it cannot use", [
  ...NEEDS,
  "files",
], async () => {
  using folder = new Folder();
  const token = folder.file("token");
  await Deno.writeTextFile(token, "a-token-that-nobody-guesses", { mode: 0o600 });
  const socket = `unix:${folder.file("http.sock")}`;
  const args = ["--http", "127.0.0.1:0", "--http", socket, "--http-token-file", token];
  await using worker = startWorker("tcp://127.0.0.1:1", args);
  const { http } = await worker.event("listening");
  const [tcp] = http as string[];
  assertEquals((await ask(tcp!, "/status.json"))[0], 401);
  assertEquals((await ask(tcp!, "/alive"))[0], 200);
  const [status, body] = await ask(socket, "/status.json");
  assertEquals([status, new Ajv({ allowUnionTypes: true }).validate(schema, JSON.parse(body))], [200, true]);
  const wrong = [
    [["--http", tcp!], "the port is taken; choose another one with --http"],
    [["--http", socket], "another process listens there"],
    [["--http", `unix:${token}`], "there is a file that is not a socket"],
    [["--http", `unix:${folder.file("missing")}/http.sock`], "the socket's folder does not exist"],
    [["--http", `unix:${folder.file("a".repeat(200))}`], "the path is too long for a socket"],
    [["--http", "192.0.2.1:1", "--http-token-file", token], "this machine has no such address"],
  ] as const;
  for (const [args, why] of wrong) {
    await using other = startWorker("tcp://127.0.0.1:1", args);
    const { code, stderr } = await other.exit;
    assertEquals([code, stderr], [1, `spworker: Cannot listen for HTTP on "${args[1]}": ${why}\n`]);
  }
});
