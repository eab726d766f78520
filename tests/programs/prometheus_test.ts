/** A real Prometheus understands the metrics, and has the numbers of the load that was put on the queue. */

import { assertEquals } from "@std/assert";
import { WAIT_MS } from "../harness/deadline.ts";
import { Folder } from "../harness/folder.ts";
import { Peers } from "../harness/peers.ts";
import { Program } from "../harness/program.ts";
import { startClient, startQueue, startWorker } from "../harness/programs.ts";
import { scenario } from "../harness/scenario.ts";

const NEEDS = ["programs", "ffi", "files", "network", "prometheus"] as const;
const REQUESTS_PER_SECOND = 50;

async function httpOf(program: Program): Promise<string> {
  const { http } = await program.event("listening");
  return (http as string[])[0]!;
}

scenario("promtool finds nothing wrong with /metrics of a queue that serves", NEEDS, async () => {
  await using queue = await startQueue(["--http", "127.0.0.1:0"]);
  const http = await httpOf(queue);
  await using peers = await Peers.open();
  for (const requests of [1, 5]) {
    peers.echoWorker(queue.backend);
    await using client = startClient(queue.frontend, ["--count", `${requests}`]);
    assertEquals((await client.exit).code, 0);
    await checkMetrics(http);
  }
});

scenario("promtool finds nothing wrong with /metrics of a worker", NEEDS, async () => {
  await using worker = startWorker("tcp://127.0.0.1:1", ["--http", "127.0.0.1:0"]);
  await checkMetrics(await httpOf(worker));
});

/** Has promtool check what is served. */
async function checkMetrics(http: string): Promise<void> {
  const metrics = await (await fetch(`http://${http}/metrics`)).bytes();
  await using promtool = new Program("promtool", {
    args: ["check", "metrics"],
    input: ReadableStream.from([metrics]),
  });
  const { code, stdout, stderr } = await promtool.exit;
  assertEquals([code, stdout, stderr], [0, "", ""]);
}

scenario(
  "Prometheus' rate is that of the load, and the series of one scrape are those of the first",
  [...NEEDS, "long run"],
  async () => {
    using folder = new Folder();
    await using queue = await startQueue(["--http", "127.0.0.1:0"]);
    await using peers = await Peers.open();
    peers.echoWorker(queue.backend);
    await Deno.writeTextFile(
      folder.file("prometheus.yml"),
      JSON.stringify({
        global: { scrape_interval: "1s" },
        scrape_configs: [{ job_name: "queue", static_configs: [{ targets: [await httpOf(queue)] }] }],
      }),
    );
    await using prometheus = new Program("prometheus", {
      args: [
        `--config.file=${folder.file("prometheus.yml")}`,
        `--storage.tsdb.path=${folder.file("data")}`,
        "--web.listen-address=127.0.0.1:0",
      ],
    });
    const address = await listeningAddress(prometheus);
    const series = async () => (await query(address, "count({job='queue',__name__=~'spq_.*'})"))?.value;
    const first = await until(series);
    await using client = startClient(queue.frontend, ["--rate", `${REQUESTS_PER_SECOND}`, "--count", "600"]);
    const rate = await until(async () => {
      const sample = await query(address, "rate(spq_requests_accepted_total[6s])");
      return sample !== undefined && Math.abs(sample.value - REQUESTS_PER_SECOND) <= 3 ? sample.value : undefined;
    });
    assertEquals(Math.abs(rate - REQUESTS_PER_SECOND) <= 3, true, `${rate} a second`);
    assertEquals((await client.exit).code, 0);
    await until(async () =>
      (await query(address, "spq_requests_ended_total{how='answered'}"))?.value === 600 || undefined
    );
    assertEquals(await series(), first);
  },
);

async function listeningAddress(prometheus: Program): Promise<string> {
  return await until(() => Promise.resolve(/msg="Listening on" address=(\S+)/.exec(prometheus.stderr)?.[1]));
}

interface Sample {
  readonly value: number;
}

async function query(address: string, expression: string): Promise<Sample | undefined> {
  const response = await fetch(`http://${address}/api/v1/query?query=${encodeURIComponent(expression)}`);
  const { data } = await response.json();
  const value = data?.result?.[0]?.value?.[1];
  return value === undefined ? undefined : { value: Number(value) };
}

/** Asks again until there is an answer: only Prometheus' own time brings it. */
async function until<T>(ask: () => Promise<T | undefined>): Promise<T> {
  const deadline = performance.now() + WAIT_MS;
  for (;;) {
    const answer = await ask().catch(() => undefined);
    if (answer !== undefined) return answer;
    if (performance.now() > deadline) throw new Error("Waited in vain");
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
