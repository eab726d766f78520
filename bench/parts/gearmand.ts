/**
 * Measures gearmand beside our queue and the C queue where it is at its best: with few busy connections, whose messages
 * share system calls.
 *
 * @module
 */

import { judge, ratioOf } from "../report/goals.ts";
import type { Sample } from "../report/results.ts";
import { findGearmand, isMissing } from "../run/build.ts";
import { coresOf, PLACES } from "../run/cores.ts";
import { putLoad, readFields, readNumbers } from "../run/load.ts";
import { type QueueProgram, startQueue } from "../run/queue_process.ts";
import { type LeftOut, OURS } from "../run/queues.ts";
import { CASES } from "./cases.ts";
import { type Bench, comparedQueues, inRounds, type Part, sampleOf, withRatios } from "./part.ts";
import { countCalls, straceMissing } from "./system_calls.ts";
import { isThreads } from "./threads.ts";

const GEARMAND = "gearmand";
const SUBJECT = "gearmand";
const CALLS_SUBJECT = "gearmand-calls";
const LOAD = "pipelined";
const PACE = "requests/s";
/** As often as elsewhere, so that what connections take at first does not show in the calls. */
const COUNTED_MS = 10_000;
/** Ports that the system gives to no connection. */
const FIRST_PORT = 20_000;
const PORTS = 10_000;

function gearmand(command: string): QueueProgram {
  const port = FIRST_PORT + Math.floor(Math.random() * PORTS);
  // The level at which it says where it listens; it says nothing of jobs.
  const log = ["--verbose=INFO", "--log-file=stderr"];
  const args = ["--listen=127.0.0.1", `--port=${port}`, "--backlog=128", ...log];
  return { name: GEARMAND, command, args, protocol: "gearman", announcesOn: "stderr" };
}

async function measureRun(queue: QueueProgram, place: "together" | "apart", bench: Bench) {
  const cores = coresOf(place, bench.cores);
  await using running = await startQueue(queue, cores.queue);
  const { bytes, outstanding, workers, clients } = CASES[LOAD]!;
  const times = { warmup: bench.warmupMs, measure: bench.measureMs, threads: 1 };
  const load = { process: running.pid, bytes, outstanding, workers, clients, ...times };
  const printed = await putLoad(running, { program: bench.programs.load, cores: cores.load }, load);
  const { requestsPerSecond, queueCpuUs, loadCpuUs } = readNumbers(printed, [
    "requestsPerSecond",
    "queueCpuUs",
    "loadCpuUs",
  ]);
  const { threads } = readFields(printed, ["threads"], isThreads);
  const [first = 0, second = 0] = threads.map(({ cpuUs }) => cpuUs).sort((a, b) => b - a);
  return {
    [PACE]: requestsPerSecond,
    "CPU, us": queueCpuUs,
    "busiest thread, us": first,
    "second, us": second,
    "load CPU, us": loadCpuUs,
  };
}

async function measureCalls(queues: readonly QueueProgram[], bench: Bench): Promise<Sample[]> {
  const { queue: cores } = coresOf("together", bench.cores);
  const samples: Sample[] = [];
  for (const queue of queues) {
    await using running = await startQueue(queue, cores);
    const measureMs = bench.isShort ? bench.measureMs : COUNTED_MS;
    const calls = await countCalls(running, { program: bench.programs.load, cores }, LOAD, measureMs);
    const sum = (...names: string[]) => names.reduce((sum, name) => sum + (calls.get(name) ?? 0), 0);
    const figures = {
      "all, a request": [sum("all")],
      sends: [sum("sendto", "sendmsg", "write", "writev")],
      receives: [sum("recvfrom", "recvmsg", "read", "readv")],
      "epoll_ctl": [sum("epoll_ctl")],
      "waits": [sum("epoll_wait", "epoll_pwait", "poll")],
    };
    samples.push({ subject: CALLS_SUBJECT, of: queue.name, figures });
  }
  return samples;
}

/** gearmand, the C queue and ours. */
export const besideGearmand: Part = {
  title: "Beside gearmand",
  cases: {
    [SUBJECT]: `The load ${LOAD}, queue and load ${PLACES.together} and ${PLACES.apart}`,
    [CALLS_SUBJECT]: `The system calls of a request with the load ${LOAD}, counted by strace`,
  },
  async run(names, bench) {
    const samples: Sample[] = [];
    const command = await findGearmand();
    if (isMissing(command)) {
      return { samples, leftOut: names.map((name) => ({ name, reason: command.missing })) };
    }
    const leftOut: LeftOut[] = [];
    const queues = [...comparedQueues(bench.queues), gearmand(command)];
    if (names.includes(SUBJECT)) {
      const places = ["together", "apart"] as const;
      const runs = places.flatMap((place) => queues.map((queue) => ({ place, queue })));
      const seen = await inRounds(bench.rounds, runs, ({ place, queue }) => measureRun(queue, place, bench));
      const measured = [...seen].map(([{ place, queue }, values]) =>
        sampleOf({ subject: SUBJECT, of: queue.name, labels: { cores: PLACES[place] } }, values)
      );
      samples.push(...withRatios(measured, [PACE, "CPU, us"], GEARMAND));
    }
    if (names.includes(CALLS_SUBJECT)) {
      const missing = await straceMissing();
      if (missing === undefined) samples.push(...await measureCalls(queues, bench));
      else leftOut.push({ name: CALLS_SUBJECT, reason: missing });
    }
    return { samples, leftOut };
  },
  goals: (samples) =>
    OURS.flatMap((of) =>
      [PLACES.together, PLACES.apart].flatMap((cores) => {
        const ratios = ratioOf(samples, { subject: SUBJECT, of, figure: PACE, labels: { cores } }, { of: GEARMAND });
        return judge({ subject: SUBJECT, of, figure: `${PACE} / gearmand, ${cores}` }, ratios, { atLeast: 1 });
      })
    ),
};
