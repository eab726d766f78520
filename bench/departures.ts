/**
 * Measures what it costs our queue that a client leaves whose request waits in a short or a long backlog.
 *
 * The other queues do not notice departures, so there is nothing to compare it with.
 *
 * @module
 */

import { ratioGoal } from "./goals.ts";
import { namedArguments, readNumbers, runLoad } from "./load_process.ts";
import { loadArguments } from "./measure.ts";
import type { PartResult, PartSetup } from "./part.ts";
import { QueueProcess, type QueueProgram } from "./queue_process.ts";
import { spreadOf } from "./statistics.ts";
import { print, printTable, spreadText } from "./table.ts";

/** What `--only` names. */
export const DEPARTURES = "departures";

/** Clients that leave, each with one request; as many stay and have the others. */
const LEAVING = 1000;
const SHORT_BACKLOG = 1000;
const LONG_BACKLOG = 100_000;

/** What departures cost with a backlog of this length. */
export interface DepartureRow {
  readonly queue: string;
  /** Requests that wait. */
  readonly backlog: number;
  /** CPU time of the queue for each departure, a value for each load. */
  readonly us: readonly number[];
}

async function measureDepartures(
  queue: QueueProgram,
  backlog: number,
  { program, pinning }: PartSetup,
): Promise<number> {
  await using running = await QueueProcess.start(queue, pinning.queueCores);
  const load = { bodyBytes: 32, outstanding: backlog, workers: 16, clients: 2 * LEAVING };
  const args = [...loadArguments(running, load), ...namedArguments({ depart: LEAVING })];
  const [line] = await runLoad({ program, queue: queue.name, args, cores: pinning.loadCores });
  return readNumbers(line, ["departureCpuUs"]).departureCpuUs;
}

/**
 * Fills each queue with requests that nobody serves and has clients leave, several times.
 *
 * @param queues Ours.
 * @param rounds How often.
 * @param setup How.
 * @returns A row for each queue and length of the backlog.
 * @throws {BenchError} When a queue does not start or end as it should.
 */
export async function runDepartures(
  queues: readonly QueueProgram[],
  rounds: number,
  setup: PartSetup,
): Promise<PartResult<DepartureRow>> {
  const seen = queues.flatMap((queue) =>
    [SHORT_BACKLOG, LONG_BACKLOG].map((backlog) => ({ queue, backlog, us: [] as number[] }))
  );
  for (let round = 0; round < rounds; round++) {
    for (const { queue, backlog, us } of seen) us.push(await measureDepartures(queue, backlog, setup));
  }
  const rows = seen.map(({ queue: { name }, backlog, us }): DepartureRow => ({ queue: name, backlog, us }));
  const usOf = (queue: string, backlog: number) =>
    rows.find((row) => row.queue === queue && row.backlog === backlog)?.us;
  const goals = queues.flatMap(({ name }) =>
    ratioGoal({ queue: name, subject: DEPARTURES, figure: "CPU per departure, backlog of 100,000 / 1,000" }, {
      values: usOf(name, LONG_BACKLOG),
      references: usOf(name, SHORT_BACKLOG),
      goal: { atMost: 1.3 },
    })
  );
  return { rows, goals, leftOut: [] };
}

/**
 * Writes the rows into cells.
 *
 * @param rows What was measured.
 * @returns A table, the heading first.
 */
export function departureTable(rows: readonly DepartureRow[]): string[][] {
  return [
    ["", "backlog", "CPU, us a departure"],
    ...rows.map(({ queue, backlog, us }) => [queue, `${backlog}`, spreadText(spreadOf(us))]),
  ];
}

/**
 * Prints what departures cost.
 *
 * @param rows What was measured.
 */
export function printDepartures(rows: readonly DepartureRow[]): void {
  print("");
  print(`${DEPARTURES}: ${LEAVING} clients leave, each with a request in the backlog`);
  printTable(departureTable(rows));
}
