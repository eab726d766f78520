/**
 * Measures how long garbage collections stop the relay under full load, as V8 traces them with `--trace-gc`.
 *
 * @module
 */

import { judge, valuesOf } from "../report/goals.ts";
import { measure } from "../run/load.ts";
import { startQueue } from "../run/queue_process.ts";
import { OUR_QUEUE, sourceQueue } from "../run/queues.ts";
import { CASES } from "./cases.ts";
import type { Part } from "./part.ts";

const SUBJECT = "garbage-collection";
const LONGEST = "longest pause, ms";

/** A garbage collection. */
export interface Collection {
  /** The isolate, a thread of Deno, by its address. */
  readonly isolate: string;
  /** V8's name for its kind, such as `Scavenge`. */
  readonly kind: string;
  /** How long the isolate stood still. */
  readonly pauseMs: number;
}

/**
 * Reads a line of `--trace-gc`.
 *
 * @param line Such as `[7:0x7f4c]  64 ms: Scavenge 4.5 (5.8) -> 3.9 (6.2) MB, pooled: 0.0 MB, 3.03 / 0.00 ms ...`.
 * @returns The collection, or undefined when it is another line.
 */
export function parseCollection(line: string): Collection | undefined {
  const pattern = /^\[\d+:(0x[\da-f]+)\]\s+\d+ ms: (.+?) [\d.]+ \([\d.]+\) -> .*? ([\d.]+) \/ [\d.]+ ms/;
  const [, isolate, kind, pause] = pattern.exec(line) ?? [];
  if (isolate === undefined || kind === undefined || pause === undefined) return undefined;
  return { isolate, kind, pauseMs: Number(pause) };
}

/** Sums up the collections of the isolate that had most of them: under load that is the relay, which alone has work. */
export function summarizeBusiest(
  collections: readonly Collection[],
): { readonly count: number; readonly totalMs: number; readonly maxMs: number; readonly maxKind: string } {
  const isolates = [...Map.groupBy(collections, ({ isolate }) => isolate).values()];
  const busiest = isolates.toSorted((a, b) => b.length - a.length)[0] ?? [];
  const longest = busiest.toSorted((a, b) => b.pauseMs - a.pauseMs)[0];
  const totalMs = busiest.reduce((sum, { pauseMs }) => sum + pauseMs, 0);
  return { count: busiest.length, totalMs, maxMs: longest?.pauseMs ?? 0, maxKind: longest?.kind ?? "none" };
}

/** The garbage collections of our relay. */
export const garbageCollection: Part = {
  title: "Garbage collection",
  cases: { [SUBJECT]: "Garbage collections of the relay under full load" },
  async run(_, { programs, cores, isShort }) {
    const seconds = isShort ? 2 : 60;
    const queue = await startQueue(sourceQueue(["--v8-flags=--trace-gc"]), cores.queue);
    const generator = { program: programs.load, cores: cores.load };
    const measuring = measure(queue, generator, CASES["32B-64"]!, { warmup: 0, measure: seconds * 1000 });
    // V8 writes the last lines when the queue ends.
    const { requestsPerSecond } = await measuring.finally(() => queue[Symbol.asyncDispose]());
    const collections = queue.stdout.split("\n").flatMap((line) => parseCollection(line) ?? []);
    const { count, totalMs, maxMs, maxKind } = summarizeBusiest(collections);
    const labels = { seconds: `${seconds}`, collections: `${count}`, "longest is a": maxKind };
    const figures = { "requests/s": [requestsPerSecond], "in all, ms": [totalMs], [LONGEST]: [maxMs] };
    return { samples: [{ subject: SUBJECT, of: OUR_QUEUE, labels, figures }] };
  },
  goals(samples) {
    const about = { subject: SUBJECT, of: OUR_QUEUE, figure: LONGEST };
    return judge(about, valuesOf(samples, about), { atMost: 5 });
  },
};
