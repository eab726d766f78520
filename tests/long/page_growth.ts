/**
 * Keeps the page open in a browser while peers come and go (`deno task page:growth`), and watches what the page takes: after
 * the first minute its heap, its nodes and its listeners must not grow. Needs Debian's chromium.
 *
 * @module
 */

import type { CDPSession } from "playwright-core";
import { ExitCode, type OptionTable, type OptionValues, type Program } from "../../lib/cli/program.ts";
import { runProgram } from "../../lib/cli/run.ts";
import { delay } from "../../lib/delay.ts";
import { writeOutput } from "../../lib/standard_output.ts";
import { fullHistory } from "../harness/crowded_page.ts";
import { QueuePage } from "../harness/open_page.ts";
import { type Peer, Peers } from "../harness/peers.ts";
import "../harness/preload_library.ts";

const WORKERS = 16;
const CLIENTS = 12;
/** How long the page takes to have all that it shows: peers that left stay for a minute. */
const FILL_MS = 70_000;
const SAMPLE_MS = 5000;
/** Single values go up and down, so the median of this many samples counts. */
const SAMPLES = 4;
/** The browser itself takes some, for code that it makes faster while it runs. */
const ALLOWED_KIB = 256;
/** Of nodes, whose number goes up and down with the rows. */
const ALLOWED_GROWTH = 1.1;

/** The command line. */
export const PAGE_GROWTH_PROGRAM = {
  name: "page_growth",
  summary: ["Keeps the page open while peers come and go, and checks that what it takes does not grow."],
  options: {
    minutes: { kind: "integer", defaultValue: 2, min: 2, max: 1440, help: "How long." },
  },
  exitCodes: [
    [0, "it did not grow"],
    [1, "its heap grew by more than 256 KiB, its nodes by more than a tenth, or its listeners"],
    [2, "usage error"],
  ],
} as const satisfies Program<OptionTable>;

/** What the page takes, after a collection of garbage. */
interface Taken {
  readonly heapKiB: number;
  readonly nodes: number;
  readonly listeners: number;
}

async function main({ minutes }: OptionValues<typeof PAGE_GROWTH_PROGRAM.options>): Promise<number> {
  const endMs = performance.now() + minutes * 60_000;
  await using opened = await QueuePage.open({ redeliveries: 1 });
  await using peers = await Peers.open();
  // The charts fill for fifteen minutes; here they are full from the start.
  const body = JSON.stringify(fullHistory(new Date().toISOString()));
  await opened.page.route("**/history.json", (route) => route.fulfill({ body, contentType: "application/json" }));
  await opened.page.reload();
  await opened.says("#seen", /^live$/);
  const ended = new AbortController();
  const load = exchange(peers, opened, ended.signal);
  try {
    await delay(FILL_MS);
    const session = await opened.page.context().newCDPSession(opened.page);
    await session.send("Performance.enable");
    const samples: Taken[] = [];
    while (performance.now() < endMs - SAMPLE_MS) {
      await delay(SAMPLE_MS);
      samples.push(await taken(session));
    }
    const rows = await opened.page.locator("tbody tr").count();
    const [first, last] = [medianOf(samples.slice(0, SAMPLES)), medianOf(samples.slice(-SAMPLES))];
    const isGrown = last.heapKiB > first.heapKiB + ALLOWED_KIB || last.nodes > first.nodes * ALLOWED_GROWTH ||
      last.listeners > first.listeners;
    const verdict = isGrown ? "the page grew" : "the page did not grow";
    writeOutput(
      `${minutes} minutes, ${rows} rows at the end; ${verdict}: ${describe(first)}; then ${describe(last)}\n`,
    );
    return isGrown ? ExitCode.FAILED : ExitCode.DONE;
  } finally {
    ended.abort();
    await load;
  }
}

/** Has requests answered, and each second a worker lost with its request, and a client leave. */
async function exchange(peers: Peers, { queue }: QueuePage, signal: AbortSignal): Promise<void> {
  const [front, back] = [queue.frontend[0]!, queue.backend[0]!];
  for (let index = 0; index < WORKERS; index++) peers.echoWorker(back, { identity: `worker ${index}` });
  for (let index = 0; index < CLIENTS; index++) ask(peers.req({ connect: front, identity: `client ${index}` }), 20);
  for (let second = 0; !signal.aborted; second++) {
    const worker = peers.worker(back, { identity: `passing worker ${second}` });
    const client = peers.req({ connect: front, identity: `passing client ${second}` });
    client.send("passing");
    await delay(1000, signal);
    await worker.close();
    await client.close();
  }
}

/** Has a client send its next request a moment after each reply. */
function ask(client: Peer, pauseMs: number): void {
  client.send("work");
  client.serve(async () => {
    await delay(pauseMs);
    client.send("work");
  });
}

async function taken(session: CDPSession): Promise<Taken> {
  await session.send("HeapProfiler.collectGarbage");
  const { metrics } = await session.send("Performance.getMetrics");
  const valueOf = (name: string) => metrics.find((metric) => metric.name === name)!.value;
  return {
    heapKiB: Math.round(valueOf("JSHeapUsedSize") / 1024),
    nodes: valueOf("Nodes"),
    listeners: valueOf("JSEventListeners"),
  };
}

function medianOf(samples: readonly Taken[]): Taken {
  const median = (of: (taken: Taken) => number) => samples.map(of).toSorted((a, b) => a - b)[samples.length >> 1]!;
  return {
    heapKiB: median(({ heapKiB }) => heapKiB),
    nodes: median(({ nodes }) => nodes),
    listeners: median(({ listeners }) => listeners),
  };
}

function describe({ heapKiB, nodes, listeners }: Taken): string {
  return `heap ${heapKiB} KiB, ${nodes} nodes, ${listeners} listeners`;
}

if (import.meta.main) await runProgram(PAGE_GROWTH_PROGRAM, main);
