/**
 * The disk with the queue's log is full.
 *
 * @module
 */

import { demand } from "../../../faults/fault.ts";
import type { Act } from "../act.ts";

const CHUNK_BYTES = 64 * 1024;
/** Lines that are long enough, and so many that they do not fit into what is left of the log's last block. */
const LINES = 20;
const REASON = "a rehearsal ".repeat(16);

/** It is filled, the queue logs what it cannot write, and there is room again. */
export const fullDisk: Act = {
  name: "full-disk",
  whyNot: ({ settings }) => settings.ownNetwork ? undefined : "no disk of its own can be mounted here",
  play: async (production) => {
    const { queue, settings } = production;
    const filler = `${settings.disk}/filler`;
    const before = production.totals.answered;
    const lostBefore = queue.log.count("log lines lost");
    fill(filler);
    try {
      await Promise.all(Array.from({ length: LINES }, () => queue.tell("pause", { reason: REASON, by: REASON })));
      await queue.tell("resume", {});
      await production.everybodyAnswered();
      demand(queue.process.isRunning, "A full disk does not end the queue", {});
    } finally {
      await Deno.remove(filler);
    }
    await queue.tell("pause", { reason: REASON });
    await queue.tell("resume", {});
    const events = await queue.log.events("log lines lost", lostBefore + 1);
    const lost = Number(events.at(-1)!.lines);
    demand(lost > 0, "The queue says how many lines were lost", events.at(-1));
    await production.everybodyAnswered();
    return `${lost} lines of the log were lost, which the log says; ` +
      `${production.totals.answered - before} requests answered meanwhile`;
  },
};

/** Fills a disk. */
function fill(path: string): void {
  using file = Deno.openSync(path, { write: true, create: true });
  const chunk = new Uint8Array(CHUNK_BYTES);
  // What is left is less than a chunk, then less than a byte.
  for (let bytes = CHUNK_BYTES; bytes >= 1; bytes = Math.floor(bytes / 2)) {
    try {
      for (;;) if (file.writeSync(chunk.subarray(0, bytes)) < bytes) break;
    } catch (error) {
      if (!/No space left/.test((error as Error).message)) throw error;
    }
  }
}
