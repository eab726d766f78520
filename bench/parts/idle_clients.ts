/**
 * Measures the memory that idle clients take: each connects, is answered once and idles.
 *
 * @module
 */

import { judge, valuesOf } from "../report/goals.ts";
import type { Sample } from "../report/results.ts";
import { ratiosOf } from "../report/statistics.ts";
import { putLoad, readNumbers } from "../run/load.ts";
import { startQueue } from "../run/queue_process.ts";
import { C_QUEUE, OURS } from "../run/queues.ts";
import type { Part } from "./part.ts";

const SUBJECT = "idle-clients";
const RESIDENT = "resident, MiB";
const FEW = 1000;
const MANY = 10_000;

/** What a client takes beyond the first ones, which also bring what V8 makes once, for the first messages ever; in MiB. */
function furtherMiB(samples: readonly Sample[], of: string): number[] {
  const [[few], [many]] = [FEW, MANY].map((clients) =>
    valuesOf(samples, { subject: SUBJECT, of, figure: RESIDENT, labels: { clients: `${clients}` } })
  ) as [readonly number[], readonly number[]];
  return few === undefined || many === undefined ? [] : [(many - few) / (MANY - FEW)];
}

/** The memory of all queues with idle clients. */
export const idleClients: Part = {
  title: "Idle clients",
  cases: { [SUBJECT]: "Memory with clients that were answered once and idle" },
  descriptors: () => MANY + 100,
  async run(_, { queues, programs, cores, isShort }) {
    const samples: Sample[] = [];
    for (const clients of isShort ? [FEW] : [FEW, MANY]) {
      for (const queue of queues) {
        await using running = await startQueue(queue, cores.queue);
        const generator = { program: programs.load, cores: cores.load };
        const printed = await putLoad(running, generator, { process: running.pid, clients });
        const { idleMiB, connectedMiB } = readNumbers(printed, ["idleMiB", "connectedMiB"]);
        const figures = { [RESIDENT]: [connectedMiB], "a client, KiB": [(connectedMiB - idleMiB) * 1024 / clients] };
        samples.push({ subject: SUBJECT, of: queue.name, labels: { clients: `${clients}` }, figures });
      }
    }
    return { samples };
  },
  goals(samples) {
    const figure = `memory of each idle client after the first ${FEW} / ${C_QUEUE}`;
    return OURS.flatMap((of) => {
      const ratios = ratiosOf(furtherMiB(samples, of), furtherMiB(samples, C_QUEUE));
      return judge({ subject: SUBJECT, of, figure }, ratios, { atMost: 1.1 });
    });
  },
};
