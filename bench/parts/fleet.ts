/**
 * Measures several queues: those at which every worker is, which know nothing of each other, and those that are linked over
 * NATS.
 *
 * @module
 */

import { type GoalResult, judge, ratioOf } from "../report/goals.ts";
import type { Sample } from "../report/results.ts";
import { findNats, isMissing } from "../run/build.ts";
import { coresOf } from "../run/cores.ts";
import { isNumbers, measure, type PlainLoad, putLoad, readFields, type Target } from "../run/load.ts";
import { type QueueProgram, type RunningQueue, startQueue } from "../run/queue_process.ts";
import { type LeftOut, NATS, OUR_QUEUE, sourceQueue } from "../run/queues.ts";
import { figuresOf } from "./cases.ts";
import { type Bench, inRounds, type Part, sampleOf, withRatios } from "./part.ts";

const FLEET = "fleet";
const QUEUES = [1, 2, 4];
const WORKERS = [16, 64, 256];
const FEW_OF_EACH = { workers: 16, clients: 64 };

const LOCAL = "link-local";
const REMOTE = "link-remote";
const IDLE = "link-idle";
const LINKED_QUEUES = [2, 4, 8];
/** Nothing to do in which the queues tell each other how they are. */
const IDLE_SECONDS = 5;
const LINKED = "deno --nats";
const THROUGH = "through a link";
/** What the link carries, and what stays at one queue. */
const LOADS: Readonly<Record<string, PlainLoad>> = {
  "32 B, 1 outstanding": { bytes: 32, outstanding: 1, ...FEW_OF_EACH },
  "32 B, 64 outstanding": { bytes: 32, outstanding: 64, ...FEW_OF_EACH },
  "1 MiB, 1 outstanding": { bytes: 2 ** 20, outstanding: 1, ...FEW_OF_EACH },
  "1 MiB, 64 outstanding": { bytes: 2 ** 20, outstanding: 64, ...FEW_OF_EACH },
};
const SMALL = Object.keys(LOADS).slice(0, 2);
const CPU = "CPU, us";
const PACE = "requests/s";

/** The queues as one target of a load; others' processes may count, too. */
function together(queues: readonly RunningQueue[], counted: readonly RunningQueue[] = queues): Target {
  const join = (values: readonly (string | number)[]) => values.join(",");
  return {
    program: queues[0]!.program,
    frontend: join(queues.map(({ frontend }) => frontend)),
    backend: join(queues.map(({ backend }) => backend)),
    pid: join(counted.map(({ pid }) => pid)),
  };
}

async function measureFleet(bench: Bench): Promise<Sample[]> {
  const { rounds, warmupMs, measureMs, programs } = bench;
  const cores = coresOf("apart", bench.cores);
  const runs = WORKERS.flatMap((workers) => QUEUES.map((count) => ({ workers, count })));
  const seen = await inRounds(rounds, runs, async ({ workers, count }) => {
    await using stack = new AsyncDisposableStack();
    const queues: RunningQueue[] = [];
    while (queues.length < count) queues.push(stack.use(await startQueue(sourceQueue(), cores.queue)));
    const load = { bytes: 32, outstanding: 64 * count, workers, clients: 64 * count };
    const times = { warmup: warmupMs, measure: measureMs };
    return figuresOf(await measure(together(queues), { program: programs.load, cores: cores.load }, load, times));
  });
  const samples = [...seen].map(([{ workers, count }, values]) =>
    sampleOf({ subject: FLEET, of: queuesText(count), labels: { workers: `${workers}` } }, values)
  );
  return withRatios(samples, [CPU], queuesText(1));
}

function queuesText(count: number): string {
  return count === 1 ? "1 queue" : `${count} queues`;
}

/** A server of NATS and queues that have found each other through it. */
interface Linked extends AsyncDisposable {
  readonly nats: RunningQueue;
  readonly queues: readonly RunningQueue[];
}

async function startLinked(server: QueueProgram, cores: string, count: number = 2): Promise<Linked> {
  await using stack = new AsyncDisposableStack();
  const nats = stack.use(await startQueue(server, cores));
  const queue = sourceQueue();
  const args = [...queue.args, "--nats", nats.frontend.replace("tcp:", "nats:")];
  const queues: RunningQueue[] = [];
  while (queues.length < count) queues.push(stack.use(await startQueue({ ...queue, args }, cores)));
  for (const { said } of queues) await said(/"event":"linked queue joined"/);
  const running = stack.move();
  return { nats, queues, [Symbol.asyncDispose]: () => running.disposeAsync() };
}

/** What a queue that is linked costs its own clients and workers: the other one has no work. */
async function measureLocal(bench: Bench, server: QueueProgram): Promise<Sample[]> {
  const cores = coresOf("together", bench.cores);
  const times = { warmup: bench.warmupMs, measure: bench.measureMs };
  const generator = { program: bench.programs.load, cores: cores.load };
  const measureOn = async (queue: RunningQueue, load: string) => {
    const measured = await measure(queue, generator, LOADS[load]!, times);
    return { ...figuresOf(measured), "resident idle, MiB": measured.idleMiB };
  };
  const runs = SMALL.flatMap((load) => [OUR_QUEUE, LINKED].map((of) => ({ load, of })));
  const seen = await inRounds(bench.rounds, runs, async ({ load, of }) => {
    if (of === LINKED) {
      await using linked = await startLinked(server, cores.queue);
      return await measureOn(linked.queues[0]!, load);
    }
    await using queue = await startQueue(sourceQueue(), cores.queue);
    return await measureOn(queue, load);
  });
  return [...seen].map(([{ load, of }, values]) => sampleOf({ subject: LOCAL, of, labels: { load } }, values));
}

/** Clients at one queue, workers at the other; beside both at one queue. */
async function measureRemote(bench: Bench, server: QueueProgram): Promise<Sample[]> {
  const cores = coresOf("apart", bench.cores);
  const times = { warmup: bench.warmupMs, measure: bench.measureMs };
  const generator = { program: bench.programs.load, cores: cores.load };
  const runs = Object.keys(LOADS).flatMap((load) => [OUR_QUEUE, THROUGH].map((of) => ({ load, of })));
  const seen = await inRounds(bench.rounds, runs, async ({ load, of }) => {
    if (of === OUR_QUEUE) {
      await using queue = await startQueue(sourceQueue(), cores.queue);
      return figuresOf(await measure(queue, generator, LOADS[load]!, times));
    }
    await using linked = await startLinked(server, cores.queue);
    const { queues: [borrower, lender], nats } = linked;
    const target = { ...together([borrower!], [borrower!, lender!, nats]), backend: lender!.backend };
    const measured = await measure(target, generator, LOADS[load]!, times);
    const [atBorrower, atLender, atNats] = measured.processCpuUs as [number, number, number];
    return { ...figuresOf(measured), "borrower, us": atBorrower, "lender, us": atLender, "nats-server, us": atNats };
  });
  const samples = [...seen].map(([{ load, of }, values]) =>
    sampleOf({ subject: REMOTE, of, labels: { load } }, values)
  );
  return withRatios(samples, [PACE], OUR_QUEUE);
}

/** What it costs that queues know of each other. */
async function measureIdle(bench: Bench, server: QueueProgram): Promise<Sample[]> {
  const generator = { program: bench.programs.load, cores: bench.cores.load };
  const options = { hold: 1, measure: IDLE_SECONDS * bench.measureMs };
  const seen = await inRounds(bench.rounds, LINKED_QUEUES, async (count) => {
    await using linked = await startLinked(server, bench.cores.queue, count);
    const [queue] = linked.queues;
    const processes = { process: `${queue!.pid},${linked.nats.pid}` };
    const printed = await putLoad(queue!, generator, { ...processes, ...options });
    const [atQueue, atNats] = readFields(printed, ["processCpuUs"], isNumbers).processCpuUs as [number, number];
    return { "a queue, CPU ms/s": atQueue / 1000, "nats-server, CPU ms/s": atNats / 1000 };
  });
  return [...seen].map(([count, values]) => sampleOf({ subject: IDLE, of: `${count} linked queues` }, values));
}

const LINKS: Readonly<Record<string, (bench: Bench, server: QueueProgram) => Promise<Sample[]>>> = {
  [LOCAL]: measureLocal,
  [REMOTE]: measureRemote,
  [IDLE]: measureIdle,
};

/** Several queues, with a link and without. */
export const fleet: Part = {
  title: "Several queues",
  cases: {
    [FLEET]:
      "Every worker at every queue: 32 B, 64 outstanding at each; all queues share a core, the load has the other",
    [LOCAL]: "Requests that stay at their queue, with a link and without; all on one core",
    [REMOTE]:
      "Clients at one queue, 16 workers at another; both queues and nats-server on one core, the load on the other",
    [IDLE]: "Linked queues without work, which tell each other four times a second how they are",
  },
  async run(names, bench) {
    const samples: Sample[] = [];
    const leftOut: LeftOut[] = [];
    const command = await findNats();
    for (const name of names) {
      bench.progress(name);
      if (name === FLEET) samples.push(...await measureFleet(bench));
      else if (isMissing(command)) leftOut.push({ name, reason: command.missing });
      else samples.push(...await LINKS[name]!(bench, { ...NATS, command }));
    }
    return { samples, leftOut };
  },
  goals: (samples): GoalResult[] =>
    SMALL.flatMap((load) => {
      const about = { subject: LOCAL, of: LINKED, figure: CPU, labels: { load } };
      const figure = `${CPU} / without, ${load}`;
      return judge({ subject: LOCAL, of: LINKED, figure }, ratioOf(samples, about, { of: OUR_QUEUE }), {
        atMost: 1.03,
      });
    }),
};
