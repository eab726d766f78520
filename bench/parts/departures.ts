/**
 * Measures what it costs our queue when a client leaves whose request waits, in a short and in a long backlog. The other
 * queues do not notice departures, so there is nothing to compare it with.
 *
 * @module
 */

import { judge, ratioOf } from "../report/goals.ts";
import { putLoad, readFields, readNumbers } from "../run/load.ts";
import { startQueue } from "../run/queue_process.ts";
import { OUR_QUEUE, OURS, sourceQueue } from "../run/queues.ts";
import { inRounds, type Part, sampleOf } from "./part.ts";
import { ioThreadsUs, isThreads, relayUs } from "./threads.ts";

const SUBJECT = "departures";
const COST = "CPU, us a departure";
/**
 * Clients that leave and count, each with one request. Before them as many others leave, and some stay and have the other
 * requests. A garbage collection has to move those that came after the last one: there is one at most while these leave.
 */
const LEAVING = 4000;
const STAYING = 1000;
const BACKLOGS = [10_000, 100_000];
/** With a young generation that has room for the whole backlog, there is none. */
const LARGE_YOUNG_GENERATION = "--v8-flags=--min-semi-space-size=64,--max-semi-space-size=64";

/** Departures from our queues. */
export const departures: Part = {
  title: "Departures",
  cases: { [SUBJECT]: "Clients leave, each with a request in the backlog" },
  descriptors: () => 2 * LEAVING + STAYING + 100,
  async run(_, { queues, programs, cores, rounds, isShort }) {
    const ours = queues.filter(({ name }) => OURS.includes(name));
    if (ours.some(({ name }) => name === OUR_QUEUE)) {
      ours.push({ ...sourceQueue([LARGE_YOUNG_GENERATION]), name: `${OUR_QUEUE}, large young generation` });
    }
    const depart = isShort ? LEAVING / 10 : LEAVING;
    const runs = ours.flatMap((queue) => BACKLOGS.map((backlog) => ({ queue, backlog })));
    const seen = await inRounds(rounds, runs, async ({ queue, backlog }) => {
      await using running = await startQueue(queue, cores.queue);
      const clients = 2 * depart + STAYING;
      const load = { process: running.pid, workers: 16, outstanding: backlog, clients, depart };
      const printed = await putLoad(running, { program: programs.load, cores: cores.load }, load);
      const { departureCpuUs } = readNumbers(printed, ["departureCpuUs"]);
      const { threads } = readFields(printed, ["threads"], isThreads);
      const relay = relayUs(threads);
      const io = ioThreadsUs(threads)[0] ?? 0;
      // V8's threads, which compile and collect garbage, and the main thread.
      const others = threads.reduce((sum, { cpuUs }) => sum + cpuUs, 0) - relay - io;
      return { [COST]: departureCpuUs, "relay, us": relay, "I/O thread, us": io, "other threads, us": others };
    });
    const samples = [...seen].map(([{ queue, backlog }, values]) =>
      sampleOf({ subject: SUBJECT, of: queue.name, labels: { backlog: `${backlog}` } }, values)
    );
    return { samples };
  },
  goals: (samples) =>
    OURS.flatMap((of) => {
      const [short, long] = BACKLOGS.map((backlog) => ({ labels: { backlog: `${backlog}` } }));
      const ratios = ratioOf(samples, { subject: SUBJECT, of, figure: COST, ...long }, { ...short });
      const figure = "CPU per departure, backlog of 100,000 / 10,000";
      return judge({ subject: SUBJECT, of, figure }, ratios, { atMost: 1.3 });
    }),
};
