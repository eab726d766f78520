/**
 * Measures how long the queues take to start, and their memory when they have nothing to do.
 *
 * @module
 */

import { compileEmpty, isMissing } from "./build.ts";
import { ratioGoal, valueGoal } from "./goals.ts";
import type { PartResult } from "./part.ts";
import { QueueProcess, type QueueProgram } from "./queue_process.ts";
import { spreadOf } from "./statistics.ts";
import { print, printTable } from "./table.ts";

/** What `--only` names. */
export const STARTS = "starts";

/** The name of the compiled program that does nothing. */
const EMPTY = "empty program";

/** Start and memory of one queue: medians. */
export interface StartRow {
  readonly queue: string;
  /** From the start of the process until it listens, in s. */
  readonly seconds: number;
  /** Resident memory then, in bytes. */
  readonly residentBytes: number;
}

async function measureStart(queue: QueueProgram, cores: string, times: number): Promise<StartRow> {
  const seconds: number[] = [];
  const residentBytes: number[] = [];
  for (let i = 0; i <= times; i++) {
    await using running = await QueueProcess.start(queue, cores);
    // The first fills the machine's caches.
    if (i === 0) continue;
    seconds.push(running.startSeconds);
    residentBytes.push(await running.residentBytes());
  }
  return { queue: queue.name, seconds: spreadOf(seconds).median, residentBytes: spreadOf(residentBytes).median };
}

/**
 * Starts and ends each queue several times, and a compiled program that does nothing, where there can be one.
 *
 * @param queues The queues.
 * @param setup The cores they may use, as `taskset -c` takes them, and how many starts of each count; 1 or more.
 * @returns A row for each.
 * @throws {BenchError} When a queue does not start or end as it should.
 */
export async function runStarts(
  queues: readonly QueueProgram[],
  { cores, times }: { readonly cores: string; readonly times: number },
): Promise<PartResult<StartRow>> {
  const empty = await compileEmpty();
  const programs: QueueProgram[] = isMissing(empty)
    ? [...queues]
    : [...queues, { name: EMPTY, command: empty, args: [], protocol: "zmtp" }];
  const rows: StartRow[] = [];
  for (const program of programs) rows.push(await measureStart(program, cores, times));
  const rowOf = (queue: string) => rows.find((row) => row.queue === queue);
  const binary = rowOf("binary");
  const seconds = binary?.seconds;
  const about = (figure: string) => ({ queue: "binary", subject: STARTS, figure });
  const goals = [
    ...valueGoal(about("start to listening, ms"), seconds === undefined ? undefined : seconds * 1000, { atMost: 100 }),
    ...ratioGoal(about("resident memory idle / of an empty program"), {
      value: binary?.residentBytes,
      reference: rowOf(EMPTY)?.residentBytes,
      goal: { atMost: 1.4 },
    }),
  ];
  return { rows, goals, leftOut: isMissing(empty) ? [{ name: EMPTY, reason: empty.missing }] : [] };
}

/**
 * Prints start and memory of each queue.
 *
 * @param rows What was measured.
 */
export function printStarts(rows: readonly StartRow[]): void {
  print("");
  print(`${STARTS}: from the start of the process until it listens, and memory then`);
  printTable([
    ["", "start to listening, ms", "resident idle, MiB"],
    ...rows.map(({ queue, seconds, residentBytes }) => [
      queue,
      (seconds * 1000).toFixed(1),
      (residentBytes / 2 ** 20).toFixed(1),
    ]),
  ]);
}
