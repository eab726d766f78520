/**
 * Measures how long the queues take to start, and their memory when they have nothing to do.
 *
 * @module
 */

import { judge, valuesOf } from "../report/goals.ts";
import { compileProgram, findNats, isMissing } from "../run/build.ts";
import { coresOf } from "../run/cores.ts";
import { makeKeys } from "../run/keys.ts";
import { idleMiB, type QueueProgram, startQueue } from "../run/queue_process.ts";
import { type LeftOut, NATS, OURS } from "../run/queues.ts";
import { inRounds, type Part } from "./part.ts";

const SUBJECT = "starts";
const START = "start to listening, ms";
const RESIDENT = "resident idle, MiB";
/** Compiled programs that do nothing, beside which our binary is measured, by their names in `bench/peers`. */
const EMPTY_PROGRAMS = { empty: "empty program", empty_thread: "empty program with a thread" };

/** Start and memory of all queues, of ours with what loads more code, and of compiled programs that do nothing. */
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
    await using keys = await makeKeys();
    const options = [["--http", "127.0.0.1:0"], ["--keys", keys.folder]];
    const command = await findNats();
    if (isMissing(command)) leftOut.push({ name: "--nats", subject: SUBJECT, reason: command.missing });
    await using nats = isMissing(command) ? undefined : await startQueue({ ...NATS, command }, cores);
    if (nats !== undefined) options.push(["--nats", nats.frontend.replace("tcp:", "nats:")]);
    for (const ours of bench.queues.filter(({ name }) => OURS.includes(name))) {
      for (const option of options) {
        programs.push({ ...ours, name: `${ours.name} ${option[0]}`, args: [...ours.args, ...option] });
      }
    }
    const seen = await inRounds(bench.isShort ? 2 : 8, programs, async (program) => {
      await using running = await startQueue(program, cores);
      return { startMs: running.startMs, resident: await idleMiB(running) };
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
    return [
      ...judge(start!, valuesOf(samples, start!), { atMost: 100 }),
      ...judge(resident!, valuesOf(samples, resident!), { atMost: 65 }),
    ];
  },
};
