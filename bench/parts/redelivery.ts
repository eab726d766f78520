/**
 * Measures how long a request takes from the end of its worker's connection to the next worker.
 *
 * @module
 */

import { coresOf } from "../run/cores.ts";
import { putLoad, readNumbers } from "../run/load.ts";
import { loadOptions } from "../run/measure.ts";
import { startQueue } from "../run/queue_process.ts";
import type { Sample } from "../report/results.ts";
import { comparedQueues, type Part } from "./part.ts";

const SUBJECT = "redelivery";

/** Redelivery by the C queue, which loses such a request, and ours. */
export const redelivery: Part = {
  title: "Redelivery",
  cases: { [SUBJECT]: "A worker's connection ends while it has a request" },
  async run(_, bench) {
    const kills = bench.isShort ? 3 : 30;
    const { load: cores } = coresOf("unpinned", bench.cores);
    const samples: Sample[] = [];
    for (const queue of comparedQueues(bench.queues)) {
      await using running = await startQueue(queue, cores);
      const load = loadOptions(running, { bodyBytes: 32, outstanding: kills, workers: kills + 1, clients: kills });
      const printed = await putLoad(running, {
        program: bench.programs.load,
        cores,
        options: { ...load, kill: kills },
      });
      const { lost, medianMs, maxMs } = readNumbers(printed, ["lost", "medianMs", "maxMs"]);
      const figures = lost === kills ? {} : { "at another worker after, median ms": [medianMs], "max ms": [maxMs] };
      const labels = { ends: `${kills}`, lost: `${lost}` };
      samples.push({ subject: SUBJECT, of: queue.name, labels, figures });
    }
    return { samples };
  },
};
