import { assert, assertEquals, assertGreaterOrEqual, assertLess, assertMatch } from "@std/assert";
import type { LoadReport } from "../../lib/client/load_report.ts";
import { inTerminal } from "../harness/capabilities.ts";
import { Peers } from "../harness/peers.ts";
import { Program } from "../harness/program.ts";
import { ANY_PORT, commandLine, startClient } from "../harness/programs.ts";
import { scenario } from "../harness/scenario.ts";

const NEEDS = ["programs", "ffi"] as const;

const JSON_NAMES = [
  ...["requests", "durationMs", "requestsPerSecond", "p50Us", "p90Us", "p99Us", "p999Us", "maxUs"],
  ...["retries", "failed", "notSent"],
];

scenario(
  "client runs a load test, writes the result to standard output and shows no progress in a pipe",
  NEEDS,
  async () => {
    await using peers = await Peers.open();
    const frontend = peers.router({ bind: ANY_PORT });
    const clients = new Set<string>();
    const sizes = new Set<number>();
    frontend.serve((message) => {
      clients.add(message[0]!.join());
      sizes.add(message[2]!.length);
      frontend.send(...message);
    });
    await using client = startClient(frontend.endpoint, ["--count", "500", "--concurrency", "4", "--size", "1KiB"]);
    const { code, stdout, stderr } = await client.exit;
    assertEquals({ code, stderr }, { code: 0, stderr: "" });
    assertEquals([clients.size, [...sizes]], [4, [1024]]);
    assertMatch(
      stdout,
      new RegExp(
        "^requests       500 in \\d+\\.\\d\\d s\nrequests/s     \\d+\\.\\d\n" +
          ["p50", "p90", "p99", "p99.9", "max"].map((name) => `latency ${name.padEnd(6)} \\d+\\.\\d{3} ms\n`).join("") +
          "retries        0\nfailures       0\n$",
      ),
    );
  },
);

scenario("client --json writes a load test's result as one object", NEEDS, async () => {
  await using peers = await Peers.open();
  const frontend = peers.router({ bind: ANY_PORT });
  frontend.serve((message) => frontend.send(...message));
  await using client = startClient(frontend.endpoint, ["--rate", "200", "--count", "20", "--json"]);
  const { code, stdout, stderr } = await client.exit;
  assertEquals({ code, stderr }, { code: 0, stderr: "" });
  assertMatch(stdout, /^\{.*\}\n$/);
  const report = JSON.parse(stdout) as LoadReport;
  assertEquals(Object.keys(report), JSON_NAMES);
  const { requests, retries, failed, notSent, p50Us, p90Us, p99Us, p999Us, maxUs, durationMs } = report;
  assertEquals({ requests, retries, failed, notSent }, { requests: 20, retries: 0, failed: 0, notSent: 0 });
  const latencies = [p50Us, p90Us, p99Us, p999Us, maxUs].map((us) => us!);
  assertEquals(latencies, latencies.toSorted((a, b) => a - b));
  assert(latencies[0]! > 0);
  // 20 requests, the first at once, the last 19 times 5 ms later; a timer may fire a little early.
  assertGreaterOrEqual(durationMs, 90);
});

scenario("client runs a load test for a given time", NEEDS, async () => {
  await using peers = await Peers.open();
  const frontend = peers.router({ bind: ANY_PORT });
  frontend.serve((message) => frontend.send(...message));
  await using client = startClient(frontend.endpoint, ["--duration", "300ms", "--json"]);
  const { code, stdout } = await client.exit;
  const { requests, durationMs } = JSON.parse(stdout) as LoadReport;
  assertEquals(code, 0);
  assertGreaterOrEqual(requests, 1);
  assertGreaterOrEqual(durationMs, 200);
});

scenario("client ends a load test with 3 when a request had no reply, and counts it", NEEDS, async () => {
  const args = ["--concurrency", "2", "--count", "3", "--timeout", "300ms", "--retries", "2", "--json"];
  await using client = startClient("tcp://127.0.0.1:1", args);
  const { code, stdout } = await client.exit;
  const { requests, failed, retries, p50Us, maxUs } = JSON.parse(stdout) as LoadReport;
  assertEquals(code, 3);
  assertEquals(client.lines.map(({ event, count }) => [event, count]), [["requests failed", 3]]);
  assertMatch(client.lines[0]!.reason as string, /nothing listens at 127\.0\.0\.1:1 /);
  assertEquals({ requests, failed, retries, p50Us, maxUs }, {
    requests: 3,
    failed: 3,
    retries: 3,
    p50Us: null,
    maxUs: null,
  });
});

scenario("client ends a load test early on a signal, with the result so far and 0", NEEDS, async () => {
  await using peers = await Peers.open();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    const frontend = peers.router({ bind: ANY_PORT });
    let seen = 0;
    const stopped = Promise.withResolvers<void>();
    frontend.serve((message) => {
      if (++seen <= 10) frontend.send(...message);
      else stopped.resolve();
    });
    await using client = startClient(frontend.endpoint, ["--concurrency", "1", "--timeout", "1h", "--json"]);
    await stopped.promise;
    client.kill(signal);
    const { code, stdout, stderr } = await client.exit;
    const { requests, failed } = JSON.parse(stdout) as LoadReport;
    assertEquals([code, stderr, requests, failed], [0, "", 10, 0]);
  }
});

scenario("client shows a load test's progress on a terminal", [...NEEDS, "terminal"], async () => {
  await using peers = await Peers.open();
  const frontend = peers.router({ bind: ANY_PORT });
  frontend.serve((message) => frontend.send(...message));
  for (const [term, hasBar] of [["xterm", true], ["dumb", false]] as const) {
    const { command, args, env, cwd } = commandLine("client", [
      ...["--connect", frontend.endpoint, "--rate", "20", "--count", "10"],
    ]);
    const [script, ...words] = inTerminal([command, ...args]);
    await using client = new Program(script!, {
      args: words,
      cwd,
      env: { PATH: "/usr/bin:/bin", ...env, TERM: term },
    });
    const { code, stdout } = await client.exit;
    assertEquals(code, 0);
    assertEquals(/=+-* \d+% {2}\d+ requests, 0 failures/.test(stdout), hasBar);
    assertMatch(stdout, /requests {7}10 in /);
    // Nothing of the bar is left in front of the result.
    if (hasBar) assertLess(stdout.lastIndexOf("\x1b[2K"), stdout.indexOf("requests       10"));
  }
});
