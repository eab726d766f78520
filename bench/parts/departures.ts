/**
 * Measures what it costs our queue when a client leaves whose request waits, in a short and in a long backlog. The other
 * queues do not notice departures, so there is nothing to compare it with.
 *
 * @module
 */

import { judge, ratioOf } from "../report/goals.ts";
import { putLoad, readNumbers } from "../run/load.ts";
import { startQueue } from "../run/queue_process.ts";
import { OURS } from "../run/queues.ts";
import { inRounds, type Part } from "./part.ts";

const SUBJECT = "departures";
const COST = "CPU, us a departure";
/** Clients that leave, each with one request; as many stay and have the others. */
const LEAVING = 1000;
const BACKLOGS = [1000, 100_000];

/** Departures from our queues. */
export const departures: Part = {
  title: "Departures",
  cases: { [SUBJECT]: `${LEAVING.toLocaleString("en")} clients leave, each with a request in the backlog` },
  async run(_, { queues, programs, cores, rounds }) {
    const ours = queues.filter(({ name }) => OURS.includes(name));
    const runs = ours.flatMap((queue) => BACKLOGS.map((backlog) => ({ queue, backlog })));
    const seen = await inRounds(rounds, runs, async ({ queue, backlog }) => {
      await using running = await startQueue(queue, cores.queue);
      const load = { process: running.pid, workers: 16, outstanding: backlog, clients: 2 * LEAVING, depart: LEAVING };
      const printed = await putLoad(running, { program: programs.load, cores: cores.load }, load);
      return readNumbers(printed, ["departureCpuUs"]).departureCpuUs;
    });
    const samples = [...seen].map(([{ queue, backlog }, values]) => {
      return { subject: SUBJECT, of: queue.name, labels: { backlog: `${backlog}` }, figures: { [COST]: values } };
    });
    return { samples };
  },
  goals: (samples) =>
    OURS.flatMap((of) => {
      const [short, long] = BACKLOGS.map((backlog) => ({ labels: { backlog: `${backlog}` } }));
      const ratios = ratioOf(samples, { subject: SUBJECT, of, figure: COST, ...long }, { ...short });
      const figure = "CPU per departure, backlog of 100,000 / 1,000";
      return judge({ subject: SUBJECT, of, figure }, ratios, { atMost: 1.3 });
    }),
};
