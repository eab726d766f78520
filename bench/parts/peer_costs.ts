/**
 * Measures what our workers and our client cost beside pyzmq's that do the same.
 *
 * A program does few jobs or requests, and then many; the difference is what one costs, without the program's start. Its
 * CPU time is that of the whole process and the programs it starts.
 *
 * @module
 */

import { type Role, taskFlags } from "../../tools/task_flags.ts";
import { judge, ratioOf, valuesOf } from "../report/goals.ts";
import { BENCH, findPython, isMissing } from "../run/build.ts";
import { readNumbers, runPinned } from "../run/load.ts";
import { type RunningQueue, startQueue } from "../run/queue_process.ts";
import { sourceQueue } from "../run/queues.ts";
import { inRounds, type Part } from "./part.ts";

const SUBJECT = "peer-costs";
const COST = "CPU, us each";
const OUR_CLIENT = "client: spclient --lines";
const PYZMQ_CLIENT = "client: pyzmq";
const PYZMQ_WORKER = "worker: pyzmq";
const ASYNCIO_WORKER = "worker: pyzmq's asyncio";
const WORK = "worker: work()";
const BLOCKING_WORK = "worker: work(), blockMs 20";
const KEEP = "worker: spworker --keep";
/** The most that a job of a persistent program may cost, with the program's own part of it. */
const KEEP_US = 150;
/** A persistent program that returns each line. */
const PERSISTENT_ECHO = "python3 -c 'import sys\nfor line in sys.stdin: sys.stdout.write(line); sys.stdout.flush()'";

/** A program that is measured: its command for a queue and a number of jobs, without the program itself. */
interface Peer {
  readonly name: string;
  readonly atOnce: number;
  readonly command: (queue: RunningQueue, count: number) => readonly string[];
}

function peersOf(python: string): Peer[] {
  const script = (name: string) => `${BENCH}peers/${name}`;
  const run = (flags: readonly string[], ...command: string[]) => [Deno.execPath(), "run", ...flags, ...command];
  const task = (role: Role, ...args: string[]) => run(taskFlags(role), `${BENCH}../${role}.ts`, ...args);
  // As a user's program runs.
  const echo = (...more: string[]): Peer["command"] => ({ backend }, count) =>
    run(["--allow-ffi", "--allow-env", "--no-prompt"], script("echo_worker.ts"), backend, `${count}`, ...more);
  const persistent: Peer["command"] = ({ backend }, count) => {
    const work = ["--exec", PERSISTENT_ECHO, "--keep", "--max-jobs", `${count}`];
    return task("worker", "--connect", backend, ...work, "--log-level", "error");
  };
  const clients = [1, 32].flatMap((atOnce): Peer[] => [
    {
      name: PYZMQ_CLIENT,
      atOnce,
      command: (queue) => [python, script("python_client.py"), queue.frontend, `${atOnce}`],
    },
    {
      name: OUR_CLIENT,
      atOnce,
      command: (queue) => task("client", "--connect", queue.frontend, "--lines", "--concurrency", `${atOnce}`),
    },
  ]);
  return [
    {
      name: PYZMQ_WORKER,
      atOnce: 1,
      command: (queue, count) => [python, script("python_worker.py"), queue.backend, `${count}`],
    },
    {
      name: ASYNCIO_WORKER,
      atOnce: 1,
      command: (queue, count) => [python, script("asyncio_worker.py"), queue.backend, `${count}`],
    },
    { name: WORK, atOnce: 1, command: echo() },
    { name: BLOCKING_WORK, atOnce: 1, command: echo("20") },
    { name: KEEP, atOnce: 1, command: persistent },
    {
      // With the flags of our client: the floor for it.
      name: "client: Deno, one socket in a loop",
      atOnce: 1,
      command: (queue) => run(taskFlags("client"), script("bare_client.ts"), queue.frontend),
    },
    ...clients,
  ];
}

/** Workers and clients, ours and pyzmq's, each at a queue of ours. */
export const peerCosts: Part = {
  title: "Workers and clients",
  cases: { [SUBJECT]: "CPU time of a worker's job and of a client's request, at most 10 bytes" },
  async run(_, { cores, isShort }) {
    const python = await findPython();
    if (isMissing(python)) return { samples: [], leftOut: [{ name: SUBJECT, reason: python.missing }] };
    const many = isShort ? 500 : 20_000;
    const few = many / 5;
    const seen = await inRounds(isShort ? 1 : 5, peersOf(python), async ({ name, command }) => {
      await using queue = await startQueue(sourceQueue(), cores.queue);
      const cpuSeconds = async (count: number) => {
        const role = name.startsWith("worker") ? "worker" : "client";
        const measured = [python, `${BENCH}peers/cost.py`, role, queue.frontend, queue.backend, `${count}`];
        const printed = await runPinned(cores.load, name, [...measured, ...command(queue, count)]);
        return readNumbers(printed, ["cpuSeconds"]).cpuSeconds;
      };
      const short = await cpuSeconds(few);
      return (await cpuSeconds(many) - short) / (many - few) * 1e6;
    });
    const samples = [...seen].map(([{ name, atOnce }, values]) => {
      return { subject: SUBJECT, of: name, labels: { "at once": `${atOnce}` }, figures: { [COST]: values } };
    });
    return { samples };
  },
  goals: (samples) => {
    const cost = (of: string, atOnce: string) => ({
      subject: SUBJECT,
      of,
      figure: COST,
      labels: { "at once": atOnce },
    });
    const worker = (of: string, peer: string) =>
      judge(
        { subject: SUBJECT, of, figure: `CPU / ${peer}` },
        ratioOf(samples, cost(of, "1"), { of: peer }),
        { atMost: 1 },
      );
    return [
      ...["1", "32"].flatMap((atOnce) => {
        const judged = { subject: SUBJECT, of: "spclient", figure: `client CPU with ${atOnce} at once / pyzmq` };
        return judge(judged, ratioOf(samples, cost(OUR_CLIENT, atOnce), { of: PYZMQ_CLIENT }), { atMost: 1 });
      }),
      ...worker(BLOCKING_WORK, PYZMQ_WORKER),
      ...worker(WORK, ASYNCIO_WORKER),
      ...judge({ subject: SUBJECT, of: KEEP, figure: COST }, valuesOf(samples, cost(KEEP, "1")), { atMost: KEEP_US }),
    ];
  },
};
