/**
 * Measures how long the queues take to start, and their memory when they have nothing to do.
 *
 * @module
 */

import { judge, ratioOf, valuesOf } from "../report/goals.ts";
import { compileProgram, isMissing } from "../run/build.ts";
import { coresOf } from "../run/cores.ts";
import { type QueueProgram, residentMiB, startQueue } from "../run/queue_process.ts";
import type { LeftOut } from "../run/queues.ts";
import { inRounds, type Part } from "./part.ts";

const SUBJECT = "starts";
const START = "start to listening, ms";
const RESIDENT = "resident idle, MiB";
const EMPTY = "empty program";
/** Compiled programs that do nothing, beside which our binary is measured, by their names in `bench/peers`. */
const EMPTY_PROGRAMS = { empty: EMPTY, empty_thread: "empty program with a thread" };

/** Start and memory of all queues, and of compiled programs that do nothing. */
export const starts: Part = {
  title: "Start and memory",
  cases: { [SUBJECT]: "From the start of the process until it listens, and memory then" },
  async run(_, bench) {
    const programs: QueueProgram[] = [...bench.queues];
    const leftOut: LeftOut[] = [];
    for (const [file, name] of Object.entries(EMPTY_PROGRAMS)) {
      const command = await compileProgram(file);
      if (isMissing(command)) leftOut.push({ name, reason: command.missing });
      else programs.push({ name, command, args: [], protocol: "zmtp", announcesOn: "stdout" });
    }
    const { queue: cores } = coresOf("unpinned", bench.cores);
    const seen = await inRounds(bench.isShort ? 2 : 8, programs, async (program) => {
      await using running = await startQueue(program, cores);
      return { startMs: running.startMs, resident: await residentMiB(running.pid) };
    });
    const samples = [...seen].map(([{ name }, values]) => {
      // The first start fills the machine's caches.
      const counted = values.slice(1);
      return {
        subject: SUBJECT,
        of: name,
        figures: {
          [START]: counted.map(({ startMs }) => startMs),
          [RESIDENT]: counted.map(({ resident }) => resident),
        },
      };
    });
    return { samples, leftOut };
  },
  goals(samples) {
    const [start, resident] = [START, RESIDENT].map((figure) => ({ subject: SUBJECT, of: "binary", figure }));
    const ratios = ratioOf(samples, resident!, { of: EMPTY });
    return [
      ...judge(start!, valuesOf(samples, start!), { atMost: 100 }),
      ...judge({ ...resident!, figure: `${RESIDENT} / of an empty program` }, ratios, { atMost: 1.4 }),
    ];
  },
};
