/**
 * Measures what further I/O threads of libzmq (`--io-threads`) do for our queue, and how evenly its work falls on them.
 *
 * @module
 */

import { coresOf, type Place, PLACES } from "../run/cores.ts";
import { isNumbers, putLoad, readFields, readNumbers } from "../run/load.ts";
import { startQueue } from "../run/queue_process.ts";
import { OUR_QUEUE, sourceQueue } from "../run/queues.ts";
import { CASES } from "./cases.ts";
import { inRounds, type Part, sampleOf, withRatios } from "./part.ts";
import { ioThreadsUs, isThreads, relayUs } from "./threads.ts";

const SUBJECT = "io-threads";
const COUNTS = [1, 2, 4];
/** A few busy peers, many of them, and bodies that take the kernel's time. */
const CHOSEN = ["32B-64", "workers-1000", "1MiB-64"];
const CHOSEN_PLACES: readonly Place[] = ["apart", "unpinned"];

function nameOf(count: number): string {
  return count === 1 ? OUR_QUEUE : `${OUR_QUEUE} --io-threads ${count}`;
}

/** Our queue with one I/O thread, and with more. */
export const ioThreads: Part = {
  title: "I/O threads",
  cases: {
    [SUBJECT]: `Our queue with one I/O thread and with more; queue and load ${
      CHOSEN_PLACES.map((place) => PLACES[place]).join(", or ")
    }`,
  },
  async run(_, bench) {
    const times = { warmup: bench.warmupMs, measure: bench.measureMs, threads: 1 };
    const runs = CHOSEN.flatMap((load) =>
      CHOSEN_PLACES.flatMap((place) => COUNTS.map((count) => ({ load, place, count })))
    );
    const seen = await inRounds(bench.rounds, runs, async ({ load, place, count }) => {
      const cores = coresOf(place, bench.cores);
      const { bytes, outstanding, workers, clients } = CASES[load]!;
      const queue = sourceQueue();
      const args = count === 1 ? queue.args : [...queue.args, "--io-threads", `${count}`];
      await using running = await startQueue({ ...queue, args }, cores.queue);
      const options = { process: running.pid, bytes, outstanding, workers, clients, ...times };
      const printed = await putLoad(running, { program: bench.programs.load, cores: cores.load }, options);
      const measured = readNumbers(printed, ["requestsPerSecond", "queueCpuUs", "p50Us", "p99Us"]);
      const { threads } = readFields(printed, ["threads"], isThreads);
      // Deno's own descriptors wait for less.
      const polled = readFields(printed, ["polled"], isNumbers).polled.sort((a, b) => b - a).slice(0, count);
      return {
        "requests/s": measured.requestsPerSecond,
        "CPU, us": measured.queueCpuUs,
        "p50, us": measured.p50Us,
        "p99, us": measured.p99Us,
        "relay, us": relayUs(threads),
        "most connections": polled[0]!,
        "fewest": polled.at(-1)!,
        ...Object.fromEntries(ioThreadsUs(threads).map((us, i) => [`I/O ${i + 1}, us`, us])),
      };
    });
    const samples = [...seen].map(([{ load, place, count }, values]) =>
      sampleOf({ subject: SUBJECT, of: nameOf(count), labels: { load, place } }, values)
    );
    return { samples: withRatios(samples, ["requests/s", "CPU, us"], OUR_QUEUE) };
  },
};
