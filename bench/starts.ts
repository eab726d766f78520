/**
 * Measures how long the queues take to start, and their memory when they have nothing to do.
 *
 * @module
 */

import { compileProgram, isMissing } from "./build.ts";
import { ratioGoal, valueGoal } from "./goals.ts";
import type { PartResult } from "./part.ts";
import { QueueProcess, type QueueProgram } from "./queue_process.ts";
import type { LeftOut } from "./queues.ts";
import { spreadOf } from "./statistics.ts";
import { print, printTable, spreadText } from "./table.ts";

/** What `--only` names. */
export const STARTS = "starts";

/** The name of the compiled program that does nothing. */
const EMPTY = "empty program";
/** Compiled programs beside which the compiled queue is measured, by their files. */
const EMPTY_PROGRAMS = { empty: EMPTY, empty_thread: "empty program with a thread" };

/** Start and memory of one queue: a value for each start. */
export interface StartRow {
  readonly queue: string;
  /** From the start of the process until it listens, in s. */
  readonly seconds: readonly number[];
  /** Resident memory then, in bytes. */
  readonly residentBytes: readonly number[];
}

/**
 * Starts and ends each queue several times, and compiled programs that do nothing, where there can be such.
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
  const programs = [...queues];
  const leftOut: LeftOut[] = [];
  for (const [file, name] of Object.entries(EMPTY_PROGRAMS)) {
    const command = await compileProgram(file);
    if (isMissing(command)) leftOut.push({ name, reason: command.missing });
    else programs.push({ name, command, args: [], protocol: "zmtp" });
  }
  const seen = programs.map((program) => ({ program, seconds: [] as number[], residentBytes: [] as number[] }));
  for (let i = 0; i <= times; i++) {
    for (const { program, seconds, residentBytes } of seen) {
      await using running = await QueueProcess.start(program, cores);
      // The first fills the machine's caches.
      if (i === 0) continue;
      seconds.push(running.startSeconds);
      residentBytes.push(await running.residentBytes());
    }
  }
  const rows = seen.map(({ program, ...row }): StartRow => ({ queue: program.name, ...row }));
  const rowOf = (queue: string) => rows.find((row) => row.queue === queue);
  const binary = rowOf("binary");
  const about = (figure: string) => ({ queue: "binary", subject: STARTS, figure });
  const goals = [
    ...valueGoal(about("start to listening, ms"), binary?.seconds.map((seconds) => seconds * 1000), { atMost: 100 }),
    ...ratioGoal(about("resident memory idle / of an empty program"), {
      values: binary?.residentBytes,
      references: rowOf(EMPTY)?.residentBytes,
      goal: { atMost: 1.4 },
    }),
  ];
  return { rows, goals, leftOut };
}

/**
 * Writes the rows into cells.
 *
 * @param rows What was measured.
 * @returns A table, the heading first.
 */
export function startTable(rows: readonly StartRow[]): string[][] {
  return [
    ["", "start to listening, ms", "resident idle, MiB"],
    ...rows.map(({ queue, seconds, residentBytes }) => [
      queue,
      spreadText(spreadOf(seconds.map((value) => value * 1000))),
      spreadText(spreadOf(residentBytes.map((value) => value / 2 ** 20))),
    ]),
  ];
}

/**
 * Prints start and memory of each queue.
 *
 * @param rows What was measured.
 */
export function printStarts(rows: readonly StartRow[]): void {
  print("");
  print(`${STARTS}: from the start of the process until it listens, and memory then`);
  printTable(startTable(rows));
}
