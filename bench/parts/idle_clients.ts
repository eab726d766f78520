/**
 * Measures the memory that idle clients take: each connects, is answered once and idles.
 *
 * @module
 */

import { judge } from "../report/goals.ts";
import type { Sample } from "../report/results.ts";
import { putLoad, readNumbers } from "../run/load.ts";
import { loadOptions } from "../run/measure.ts";
import { descriptorLimit, startQueue } from "../run/queue_process.ts";
import { C_QUEUE, OURS } from "../run/queues.ts";
import type { Part } from "./part.ts";

const SUBJECT = "idle-clients";
const RESIDENT = "resident, MiB";
const FEW = 1000;
const MANY = 10_000;
/** What a queue needs beside its clients. */
const OTHER_DESCRIPTORS = 100;

/** What a client takes beyond the first ones, which also bring what V8 makes once, for the first messages ever; in KiB. */
function furtherKiB(samples: readonly Sample[], of: string): number | undefined {
  const [few, many] = [FEW, MANY].map((clients) =>
    samples.find((sample) => sample.of === of && sample.labels?.clients === `${clients}`)?.figures[RESIDENT]?.[0]
  );
  return few === undefined || many === undefined ? undefined : (many - few) * 1024 / (MANY - FEW);
}

/** The memory of all queues with idle clients. */
export const idleClients: Part = {
  title: "Idle clients",
  cases: { [SUBJECT]: "Memory with clients that were answered once and idle" },
  async run(_, { queues, programs, cores, isShort }) {
    const limit = await descriptorLimit();
    const counts = isShort ? [FEW] : [FEW, MANY];
    const isPossible = (clients: number) => clients + OTHER_DESCRIPTORS <= limit;
    const samples: Sample[] = [];
    for (const clients of counts.filter(isPossible)) {
      for (const queue of queues) {
        await using running = await startQueue(queue, cores.queue);
        const load = loadOptions(running, { bodyBytes: 32, outstanding: 1, workers: 1, clients });
        const options = { ...load, measure: 0 };
        const printed = await putLoad(running, { program: programs.load, cores: cores.load, options });
        const { idleMiB, connectedMiB } = readNumbers(printed, ["idleMiB", "connectedMiB"]);
        const figures = { [RESIDENT]: [connectedMiB], "a client, KiB": [(connectedMiB - idleMiB) * 1024 / clients] };
        samples.push({ subject: SUBJECT, of: queue.name, labels: { clients: `${clients}` }, figures });
      }
    }
    const leftOut = counts.filter((clients) => !isPossible(clients)).map((clients) => ({
      name: `${clients} clients`,
      subject: SUBJECT,
      reason: `ulimit -Hn is ${limit}`,
    }));
    return { samples, leftOut };
  },
  goals(samples) {
    const reference = furtherKiB(samples, C_QUEUE);
    const figure = `memory of each idle client after the first ${FEW} / ${C_QUEUE}`;
    return OURS.flatMap((of) => {
      const further = furtherKiB(samples, of);
      if (further === undefined || reference === undefined) return [];
      return judge({ subject: SUBJECT, of, figure }, [further / reference], { atMost: 1.1 });
    });
  },
};
