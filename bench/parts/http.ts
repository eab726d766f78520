/**
 * Measures what a queue's HTTP side costs its clients: with readers, under attack, with the page in a browser, and with as
 * many peers as a snapshot may have. What it costs when nobody reads is one of the loads, `32B-64-http`.
 *
 * @module
 */

import { CHROMIUM } from "../../tests/harness/capabilities.ts";
import { Program } from "../../tests/harness/program.ts";
import { type Goal, judge, ratioOf, valuesOf } from "../report/goals.ts";
import type { Sample } from "../report/results.ts";
import { spreadOf } from "../report/statistics.ts";
import { BENCH, isFile } from "../run/build.ts";
import { type Cores, coresOf } from "../run/cores.ts";
import { putLoad, readFields, readNumbers } from "../run/load.ts";
import { type QueueProgram, type RunningQueue, startQueue } from "../run/queue_process.ts";
import { type LeftOut, OUR_QUEUE, variantsOf } from "../run/queues.ts";
import { type Bench, inRounds, type Part, sampleOf } from "./part.ts";
import { isThreads, relayUs, type ThreadUse } from "./threads.ts";

const HTTP = "deno --http";
const P99 = "p99, us";
const RELAY = "relay, us";

/** Whom a queue is measured with, as `peers/http_peers.ts` says, and what is compared. */
interface Visited {
  readonly title: string;
  readonly mode: "readers" | "attack" | "page";
  /** Who visits, in tables. */
  readonly of: string;
  /** What it is compared with. */
  readonly against: typeof OUR_QUEUE | typeof HTTP;
  readonly figure: string;
  readonly goal: Goal;
}

const PLACE = "queue on one core, load and visitors on the other";
const VISITED: Readonly<Record<string, Visited>> = {
  "http-readers": {
    title: `Ten readers of /events, and a scrape of /metrics each second; ${PLACE}`,
    mode: "readers",
    of: "deno --http, readers",
    against: OUR_QUEUE,
    figure: P99,
    goal: { atMost: 1.1 },
  },
  "http-attack": {
    title: `200 connections at a time: idle, half heads, wrong tokens, floods of /status.json; ${PLACE}`,
    mode: "attack",
    of: "deno --http, attacked",
    against: HTTP,
    figure: P99,
    goal: { atMost: 1.2 },
  },
  "http-page": {
    title: `The page in a browser; ${PLACE}`,
    mode: "page",
    of: "deno --http, a page open",
    against: HTTP,
    figure: RELAY,
    goal: { atMost: 1.03 },
  },
};
/** Few enough that neither core is the bottleneck. */
const LOAD = { bytes: 32, outstanding: 4, workers: 4, clients: 4 };
/** A second has one event and one scrape. */
const SECONDS = 5;

const SNAPSHOT_CASE = "http-snapshot";
/** Each worker has a request, and each client one more that waits. */
const FULL = { workers: 1000, clients: 10_000, outstanding: 11_000 };
/** A second has one snapshot, and these take longer until V8 has compiled them. */
const SNAPSHOT_WARMUP = 10;
const SNAPSHOT_SECONDS = 20;
const SNAPSHOT = "a snapshot, ms";

/** Visitors of an HTTP side, on the load's core, which they leave to the load whenever it wants it. */
async function startVisitors(queue: RunningQueue, { load }: Cores, mode: string, token: string): Promise<Program> {
  const [, address] = await queue.said(/"http":\["([^"]+)"/);
  const script = ["run", "-A", "--no-check", `${BENCH}peers/http_peers.ts`, mode, address!, token];
  const visitors = new Program("taskset", { args: ["-c", load, "chrt", "--idle", "0", Deno.execPath(), ...script] });
  try {
    await visitors.text("stdout", /^ready$/m);
    return visitors;
  } catch (error) {
    await visitors[Symbol.asyncDispose]();
    throw error;
  }
}

/** What the visitors did; nothing for what they did not have to do. */
async function endVisitors(visitors: Program): Promise<Readonly<Record<string, number>>> {
  visitors.kill("SIGTERM");
  const { stdout } = await visitors.exit;
  const done = readNumbers(JSON.parse(stdout.split("\n")[1] ?? "null"), [
    "events",
    "scrapes",
    "connections",
    "redraws",
  ]);
  return Object.fromEntries(Object.entries(done).filter(([, count]) => count > 0));
}

async function measureVisited(subject: string, bench: Bench): Promise<Sample[]> {
  const { mode, of } = VISITED[subject]!;
  const cores = coresOf("apart", bench.cores);
  const generator = { program: bench.programs.load, cores: cores.load };
  const times = { warmup: bench.warmupMs, measure: SECONDS * bench.measureMs, threads: 1 };
  const token = crypto.randomUUID();
  const tokenFile = await Deno.makeTempFile({ dir: `${BENCH}build` });
  await Deno.writeTextFile(tokenFile, `${token}\n`);
  const http = ["--http", "127.0.0.1:0", ...mode === "attack" ? ["--http-token-file", tokenFile] : []];
  const programs = [
    ...bench.queues.filter(({ name }) => name === OUR_QUEUE),
    ...variantsOf(bench.queues, { [HTTP]: http, [of]: http }),
  ];
  try {
    const seen = await inRounds(bench.rounds, programs, async (program) => {
      await using queue = await startQueue(program, cores.queue);
      await using visitors = program.name === of ? await startVisitors(queue, cores, mode, token) : undefined;
      const printed = await putLoad(queue, generator, { process: queue.pid, ...LOAD, ...times });
      const measured = readNumbers(printed, ["requestsPerSecond", "queueCpuUs", "p50Us", "p99Us", "peakMiB"]);
      return {
        "requests/s": measured.requestsPerSecond,
        "CPU, us": measured.queueCpuUs,
        [RELAY]: relayUs(readFields(printed, ["threads"], isThreads).threads),
        "p50, us": measured.p50Us,
        [P99]: measured.p99Us,
        "memory, MiB": measured.peakMiB,
        ...visitors === undefined ? {} : await endVisitors(visitors),
      };
    });
    return [...seen].map(([{ name }, values]) => sampleOf({ subject, of: name }, values));
  } finally {
    await Deno.remove(tokenFile);
  }
}

/** Whether a value lists threads for each of several seconds. */
function isSeconds(value: unknown): value is ThreadUse[][] {
  return Array.isArray(value) && value.length > 0 && value.every(isThreads);
}

/** The relay of a queue that posts a snapshot each second, beside one that posts none; both have no work. */
async function measureSnapshots(bench: Bench, queues: readonly QueueProgram[]): Promise<Sample[]> {
  const generator = { program: bench.programs.load, cores: bench.cores.load };
  const times = { warmup: SNAPSHOT_WARMUP * bench.warmupMs, measure: SNAPSHOT_SECONDS * bench.measureMs };
  const seen = await inRounds(bench.rounds, queues, async (program) => {
    await using queue = await startQueue(program, bench.cores.queue);
    const printed = await putLoad(queue, generator, { process: queue.pid, ...FULL, hold: 1, ...times });
    const { median, max } = spreadOf(readFields(printed, ["seconds"], isSeconds).seconds.map(relayUs));
    return { "relay, us a second": median, "the most, us": max };
  });
  const samples = [...seen].map(([{ name }, values]) => sampleOf({ subject: SNAPSHOT_CASE, of: name }, values));
  return samples.map((sample) => {
    const [own, without] = [sample, ...samples].map(({ figures }) => figures["relay, us a second"]!);
    if (sample.of === OUR_QUEUE) return sample;
    const tookMs = own!.map((us, round) => (us - without![round]!) / 1000);
    return { ...sample, figures: { ...sample.figures, [SNAPSHOT]: tookMs } };
  });
}

/** The HTTP side of our queue. */
export const http: Part = {
  title: "HTTP",
  cases: {
    ...Object.fromEntries(Object.entries(VISITED).map(([name, { title }]) => [name, title])),
    [SNAPSHOT_CASE]:
      "What a snapshot takes of the relay: 1,000 busy workers, 10,000 clients with a waiting request, nothing else to do",
  },
  descriptors: (name) => name === SNAPSHOT_CASE ? FULL.workers + FULL.clients + 100 : 0,
  async run(names, bench) {
    const samples: Sample[] = [];
    const leftOut: LeftOut[] = [];
    for (const name of names) {
      bench.progress(name);
      if (name === SNAPSHOT_CASE) {
        const queues = [
          ...bench.queues.filter(({ name }) => name === OUR_QUEUE),
          ...variantsOf(bench.queues, { [HTTP]: ["--http", "127.0.0.1:0"] }),
        ];
        samples.push(...await measureSnapshots(bench, queues));
      } else if (VISITED[name]!.mode === "page" && !await isFile(CHROMIUM)) {
        leftOut.push({ name, reason: `there is no ${CHROMIUM}: install chromium` });
      } else samples.push(...await measureVisited(name, bench));
    }
    return { samples, leftOut };
  },
  goals(samples) {
    const snapshot = { subject: SNAPSHOT_CASE, of: HTTP, figure: SNAPSHOT };
    return [
      ...Object.entries(VISITED).flatMap(([subject, { of, against, figure, goal }]) =>
        judge(
          { subject, of, figure: `${figure} / ${against}` },
          ratioOf(samples, { subject, of, figure }, { of: against }),
          goal,
        )
      ),
      ...judge(snapshot, valuesOf(samples, snapshot), { atMost: 1 }),
    ];
  },
};
