/** A real Prometheus understands the metrics, and has the numbers of the load that was put on the queue. */

import { assertEquals } from "@std/assert";
import { Folder } from "../harness/folder.ts";
import { Peers } from "../harness/peers.ts";
import { Program } from "../harness/program.ts";
import { startClient, startQueue, startWorker } from "../harness/programs.ts";
import { Prometheus, until } from "../harness/prometheus.ts";
import { scenario } from "../harness/scenario.ts";

const NEEDS = ["programs", "ffi", "files", "network", "prometheus"] as const;
const REQUESTS_PER_SECOND = 50;

async function httpOf(program: Program): Promise<string> {
  const { http } = await program.event("listening");
  return (http as string[])[0]!;
}

scenario("promtool finds nothing wrong with /metrics of a serving queue", NEEDS, async () => {
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
  "Prometheus measures the rate of the load, and every scrape has the series of the first one",
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
    await using prometheus = await Prometheus.start(folder.file("prometheus.yml"));
    const value = async (expression: string) => (await prometheus.query(expression))[0]?.value;
    const series = () => value("count({job='queue',__name__=~'spq_.*'})");
    const first = await until(series, "the first scrape");
    await using client = startClient(queue.frontend, ["--rate", `${REQUESTS_PER_SECOND}`, "--count", "600"]);
    const rate = await until(async () => {
      const rate = await value("rate(spq_requests_accepted_total[6s])");
      return rate !== undefined && Math.abs(rate - REQUESTS_PER_SECOND) <= 3 ? rate : undefined;
    }, "the rate of the load");
    assertEquals(Math.abs(rate - REQUESTS_PER_SECOND) <= 3, true, `${rate} a second`);
    assertEquals((await client.exit).code, 0);
    await until(
      async () => await value("spq_requests_ended_total{how='answered'}") === 600 || undefined,
      "all 600 answers to be scraped",
    );
    assertEquals(await series(), first);
  },
);
