/**
 * Measures what keys cost beside none, and what strangers cost a queue that does not let them in. The load is libzmq's own
 * (`load/access.c`): the other load generator has no CURVE.
 *
 * @module
 */

import { type Goal, type GoalResult, judge, ratioOf } from "../report/goals.ts";
import type { Sample } from "../report/results.ts";
import { coresOf } from "../run/cores.ts";
import { type KeyFolder, makeKeys } from "../run/keys.ts";
import { type LoadOptions, readNumbers, runPinned } from "../run/load.ts";
import { type QueueProgram, type RunningQueue, startQueue } from "../run/queue_process.ts";
import { OUR_QUEUE, variantsOf } from "../run/queues.ts";
import { type Bench, inRounds, type Part, sampleOf } from "./part.ts";

const ALLOW = "deno --allow";
const KEYS = "deno --keys";

const PLAIN = ["requestsPerSecond", "queueCpuUs", "p50Us", "p99Us"] as const;
const CONNECTIONS = ["connectionsPerSecond", "queueCpuUs"] as const;
const STRANGERS = ["strangersPerSecond", "cpuPart", "peakMiB"] as const;
const PARKED = ["dialsPerSecond", "open", "cpuPart", "peakMiB"] as const;

/** Names of figures in tables. */
const TITLES: Readonly<Record<string, string>> = {
  requestsPerSecond: "requests/s",
  connectionsPerSecond: "connections/s",
  queueCpuUs: "CPU, us",
  p50Us: "p50, us",
  p99Us: "p99, us",
  strangersPerSecond: "handshakes/s",
  dialsPerSecond: "connections begun/s",
  open: "open at the end",
  cpuPart: "CPU, cores",
  peakMiB: "memory, MiB",
};

/** What the peers do, as `load/access.c` says. */
interface Load {
  readonly mode: "load" | "connect";
  readonly title: string;
  readonly options: LoadOptions;
  readonly figures: readonly string[];
}

const LOADS: Readonly<Record<string, Load>> = {
  "keys-1": {
    mode: "load",
    title: "32 B, 1 outstanding, 1 worker over libzmq; queue and load on a core each",
    options: { clients: 1, workers: 1 },
    figures: PLAIN,
  },
  "keys-64": {
    mode: "load",
    title: "32 B, 64 outstanding, 16 workers over libzmq; queue and load on a core each",
    options: { clients: 64, workers: 16 },
    figures: PLAIN,
  },
  connections: {
    mode: "connect",
    title: "Four clients at a time connect, are answered once and close; figures a connection",
    options: { "at-once": 4, workers: 4 },
    figures: CONNECTIONS,
  },
};

/** Handshakes of unknown keys a second, beside four permitted clients. */
const STRANGERS_CASE = "strangers";
const RATES = [0, 100, 300, 1000];
const P99 = "p99, us";
const P99_GOAL: { readonly rate: number; readonly goal: Goal } = { rate: 100, goal: { atMost: 2 } };

/** Connections that never finish their handshake. */
const UNFINISHED_CASE = "unfinished-handshakes";
const UNFINISHED: Readonly<Record<string, readonly [mode: "half" | "large", options: LoadOptions]>> = {
  "1,000 that sent a greeting": ["half", { count: 1000 }],
  "8 that send a command of 64 MiB": ["large", { count: 8, bytes: 64 * 2 ** 20 }],
};

/** What does not count at first: with `--short`, too, all peers are connected by then. */
function warmupOf({ warmupMs }: Bench): number {
  return Math.max(warmupMs, 500);
}

/** Runs `load/access.c`. */
async function put(bench: Bench, queue: RunningQueue, mode: string, options: LoadOptions, nice = 0): Promise<unknown> {
  const { cores, programs, measureMs } = bench;
  const all = { process: queue.pid, measure: measureMs, warmup: warmupOf(bench), ...options };
  const named = Object.entries(all).map(([name, value]) => `${name}=${value}`);
  const command = [programs.access, mode, queue.frontend, queue.backend, ...named];
  return await runPinned(coresOf("apart", cores).load, queue.program.name, ["nice", "-n", `${nice}`, ...command]);
}

function titled(numbers: Readonly<Record<string, number>>): Readonly<Record<string, number>> {
  return Object.fromEntries(Object.entries(numbers).map(([name, value]) => [TITLES[name]!, value]));
}

async function measureLoads(subjects: readonly string[], bench: Bench, keys: KeyFolder): Promise<Sample[]> {
  const variants = { [ALLOW]: ["--allow", "127.0.0.1"], [KEYS]: ["--keys", keys.folder] };
  const queues = [...bench.queues.filter(({ name }) => name === OUR_QUEUE), ...variantsOf(bench.queues, variants)];
  const runs = subjects.flatMap((subject) => queues.map((queue) => ({ subject, queue })));
  const seen = await inRounds(bench.rounds, runs, async ({ subject, queue }) => {
    const { mode, options, figures } = LOADS[subject]!;
    await using running = await startQueue(queue, bench.cores.queue);
    const peers = queue.name === KEYS ? keys.peers : {};
    return titled(readNumbers(await put(bench, running, mode, { ...options, ...peers }), figures));
  });
  return [...seen].map(([{ subject, queue }, rounds]) => sampleOf({ subject, of: queue.name }, rounds));
}

async function measureStrangers(bench: Bench, keys: KeyFolder, queue: QueueProgram): Promise<Sample[]> {
  const { rounds, measureMs } = bench;
  const seen = await inRounds(rounds, RATES, async (rate) => {
    await using running = await startQueue(queue, bench.cores.queue);
    // They begin before what counts, and end after it. They yield the core to the permitted peers.
    const strange = { rate, measure: measureMs + warmupOf(bench) + 500, "client-key": `${keys.folder}/client.key` };
    const strangers = rate === 0 ? undefined : put(bench, running, "strangers", strange, 19);
    const permitted = await put(bench, running, "load", { clients: 4, workers: 4, ...keys.peers });
    const refused = strangers && readNumbers(await strangers, STRANGERS);
    return titled({ ...readNumbers(permitted, PLAIN), ...refused });
  });
  const about = { subject: STRANGERS_CASE, of: KEYS };
  return [...seen].map(([rate, values]) => sampleOf({ ...about, labels: { strangers: `${rate}/s` } }, values));
}

async function measureUnfinished(bench: Bench, queue: QueueProgram): Promise<Sample[]> {
  const seen = await inRounds(bench.rounds, Object.keys(UNFINISHED), async (name) => {
    const [mode, options] = UNFINISHED[name]!;
    await using running = await startQueue(queue, bench.cores.queue);
    const measure = bench.measureMs + warmupOf(bench);
    return titled(readNumbers(await put(bench, running, mode, { ...options, measure }), PARKED));
  });
  const about = { subject: UNFINISHED_CASE, of: KEYS };
  return [...seen].map(([connections, values]) => sampleOf({ ...about, labels: { connections } }, values));
}

/** The queue with keys, beside itself without, and with strangers. */
export const access: Part = {
  title: "Access",
  cases: {
    ...Object.fromEntries(Object.entries(LOADS).map(([name, { title }]) => [name, title])),
    [STRANGERS_CASE]:
      "Four permitted clients and workers while strangers begin handshakes; queue and load on a core each",
    [UNFINISHED_CASE]: "Connections from one address that never finish their handshake",
  },
  async run(names, bench) {
    await using keys = await makeKeys();
    const [queue] = variantsOf(bench.queues, { [KEYS]: ["--keys", keys.folder] });
    if (queue === undefined) return { samples: [] };
    const loads = names.filter((name) => name in LOADS);
    const samples = await measureLoads(loads, bench, keys);
    if (names.includes(STRANGERS_CASE)) samples.push(...await measureStrangers(bench, keys, queue));
    if (names.includes(UNFINISHED_CASE)) samples.push(...await measureUnfinished(bench, queue));
    return { samples };
  },
  goals(samples): GoalResult[] {
    const { rate, goal } = P99_GOAL;
    const about = { subject: STRANGERS_CASE, of: KEYS, figure: P99 };
    const [with_, without] = [rate, 0].map((count) => ({ labels: { strangers: `${count}/s` } }));
    const ratios = ratioOf(samples, { ...about, ...with_ }, { ...without });
    return judge({ ...about, figure: `${P99}, with ${rate} strangers a second / with none` }, ratios, goal);
  },
};
