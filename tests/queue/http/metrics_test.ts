import { assert, assertEquals } from "@std/assert";
import { QueueMetrics } from "../../../lib/queue/http/metrics.ts";
import { zeroLinkCounters } from "../../../lib/queue/link/counters.ts";
import type { RelaySnapshot } from "../../../lib/queue/relay/relay_statistics.ts";
import { statusOf } from "../../../lib/queue/status/status.ts";
import { scenario } from "../../harness/scenario.ts";
import { busySnapshot, FACTS, LINK } from "../status/snapshot_of.ts";

async function readLines(more: Partial<RelaySnapshot> = {}): Promise<string[]> {
  const snapshot = { ...busySnapshot(), ...more };
  const status = statusOf(snapshot, FACTS, { at: "2026-01-01T00:00:02.000Z", paused: null, drain: null });
  const { body } = await new QueueMetrics(() => ({ snapshot, status })).read();
  return body.split("\n");
}

scenario("QueueMetrics has the queue's numbers in base units", ["files", "ffi"], async () => {
  const lines = await readLines();
  const expected = [
    "spq_requests_accepted_total 4",
    'spq_requests_ended_total{how="answered"} 1',
    'spq_requests_ended_total{how="exhausted"} 1',
    "spq_waiting_requests 1",
    "spq_oldest_waiting_seconds 0.5",
    "spq_oldest_in_flight_seconds 1",
    'spq_workers{state="busy"} 1',
    "spq_paused 0",
    'spq_work_seconds_bucket{le="0.25"} 0',
    'spq_work_seconds_bucket{le="0.5"} 1',
    'spq_work_seconds_bucket{le="1800"} 1',
    'spq_work_seconds_bucket{le="+Inf"} 1',
    "spq_work_seconds_sum 0.5",
    "spq_work_seconds_count 1",
  ];
  assertEquals(expected.filter((line) => !lines.includes(line)), []);
});

scenario("QueueMetrics has the number of the process's descriptors, and their limit", ["files", "ffi"], async () => {
  const text = (await readLines()).join("\n");
  const numberOf = (name: string) => Number(new RegExp(`^process_${name} (\\d+)$`, "m").exec(text)?.[1]);
  assert(numberOf("open_fds") > 2, text);
  assert(numberOf("open_fds") <= numberOf("max_fds"), text);
});

scenario(
  "QueueMetrics has as many series as docs/operating.md says, none of which names a peer",
  ["files", "ffi"],
  async () => {
    const series = (await readLines()).filter((line) => line !== "" && !line.startsWith("#"));
    const own = series.filter((line) => line.startsWith("spq_"));
    const operating = await Deno.readTextFile(new URL("../../../docs/operating.md", import.meta.url));
    assertEquals(operating.includes(`${own.length} series of its own`), true, `there are ${own.length}`);
    assertEquals(series.filter((line) => !/^(spq|process)_/.test(line)), []);
    const labels = new Set(own.flatMap((line) => [...line.matchAll(/[{,]([a-z]+)="/g)].map(([, label]) => label)));
    assertEquals([...labels].sort(), [
      "commit",
      "deno",
      "how",
      "le",
      "libzmq",
      "side",
      "state",
      "version",
      "what",
      "why",
    ]);
  },
);

scenario("QueueMetrics has each counter of the link", ["files", "ffi"], async () => {
  const names = Object.keys(zeroLinkCounters());
  const counters = { ...zeroLinkCounters(), ...Object.fromEntries(names.map((name, index) => [name, 1000 + index])) };
  const lines = (await readLines({ link: { ...LINK, counters } })).filter((line) => line.startsWith("spq_link_"));
  const values = lines.map((line) => Number(line.split(" ").at(-1)));
  assertEquals(names.filter((_, index) => !values.includes(1000 + index)), []);
});

scenario("QueueMetrics has the link's numbers, as many series as without a link", ["files", "ffi"], async () => {
  const linked = await readLines({ link: LINK });
  const expected = [
    "spq_link_connected 1",
    'spq_link_requests_total{what="borrowed"} 5',
    'spq_link_requests_total{what="borrowed_answered"} 3',
    'spq_link_requests_total{what="lent_lost"} 0',
  ];
  assertEquals(expected.filter((line) => !linked.includes(line)), []);
  const unlinked = await readLines();
  assertEquals(unlinked.includes("spq_link_connected 0"), true);
  const ownSeries = (lines: readonly string[]) => lines.filter((line) => line.startsWith("spq_")).length;
  assertEquals(ownSeries(linked), ownSeries(unlinked));
});
