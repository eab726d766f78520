/**
 * The day, from the start of the production to the account at its end. `rehearsal.ts` starts this as a program.
 *
 * @module
 */

import { ExitCode } from "../../../lib/cli/program.ts";
import { listenForSignals } from "../../../lib/cli/signals.ts";
import { writeOutput } from "../../../lib/standard_output.ts";
import { demand } from "../../faults/fault.ts";
import { whyNot } from "../../harness/capabilities.ts";
import { ACTS } from "./acts.ts";
import { EventsWatcher } from "./events_watcher.ts";
import { PageWatcher } from "./page_watcher.ts";
import { Production } from "./production.ts";
import { PrometheusWatcher } from "./prometheus_watcher.ts";
import { Report, say } from "./report.ts";
import { BOUNDS, Resources } from "./resources.ts";
import type { DaySettings } from "./settings.ts";
import type { Watcher } from "./watcher.ts";

const MINUTE_MS = 60_000;

let isEnding = false;

/** Opens what watches the queue. */
async function openWatchers(production: Production, report: Report, stack: AsyncDisposableStack): Promise<Watcher[]> {
  const watchers: Watcher[] = [];
  const noPrometheus = whyNot(["prometheus"]);
  if (noPrometheus === undefined) watchers.push(await PrometheusWatcher.open(production));
  else report.add("prometheus", "left out", noPrometheus);
  watchers.push(
    whyNot(["chromium"]) === undefined ? await PageWatcher.open(production) : new EventsWatcher(production),
  );
  for (const watcher of watchers) stack.use(watcher);
  return watchers;
}

/** Plays the acts until the time is over, each of them once at least. */
async function playActs(production: Production, report: Report): Promise<void> {
  const { acts, minutes } = production.settings;
  const endMs = performance.now() + minutes * MINUTE_MS;
  const chosen = ACTS.filter(({ name }) => acts.includes(name));
  for (let count = 0; count < chosen.length || performance.now() < endMs; count++) {
    const act = chosen[count % chosen.length]!;
    const reason = act.whyNot?.(production);
    if (reason !== undefined) {
      if (count < chosen.length) report.add(act.name, "left out", reason);
      if (chosen.every(({ whyNot }) => whyNot?.(production) !== undefined)) return;
      continue;
    }
    const known = production.logLengths;
    await report.record(act.name, () => act.play(production));
    if (report.hasMiss) production.printLogs(known);
    if (isEnding) return;
    if (!production.queue.process.isRunning) return report.add("queue", "MISSED", "it has ended");
    await production.lookAtResources();
  }
}

/** Looks at the processes, ends them, and checks that everything adds up. */
async function finish(production: Production, watchers: readonly Watcher[], report: Report): Promise<void> {
  await report.record("memory, descriptors", async () => {
    await production.lookAtResources();
    const { courses } = production.resources;
    const over = courses.filter((course) => !Resources.isWithin(course));
    demand(over.length === 0, `Each process takes ${BOUNDS}`, over);
    const reason = whyNot(["proc"]);
    return reason ?? `${courses.length} processes: ${BOUNDS}`;
  });
  let answered = 0;
  await report.record("clients", async () => {
    answered = await production.finishClients() + production.otherAnswers;
    return `${answered} requests were answered; of ${production.otherFailures} others the client said why they were not`;
  });
  for (const watcher of watchers) await report.record(watcher.name, () => watcher.check(production));
  await report.record("workers", async () => {
    const codes = await production.finishWorkers();
    demand(codes.every((code) => code === 0), "Each worker exits with 0", codes);
    return `${codes.length} processes exited with 0`;
  });
  await report.record("account", async () => {
    production.ends.push(await production.queue.end());
    const sum = (of: (end: Production["ends"][number]) => number) =>
      production.ends.reduce((total, end) => total + of(end), 0);
    const totals = {
      accepted: sum((end) => end.accepted),
      answered: sum((end) => end.answered),
      clientLeft: sum((end) => end.clientLeft),
      exhausted: sum((end) => end.exhausted),
      leftAtDrain: sum((end) => end.leftAtDrain),
    };
    demand(totals.answered >= answered, "The queues have answered what the clients have received", {
      totals,
      answered,
    });
    demand(totals.exhausted === 0 && totals.leftAtDrain === 0, "No request is dropped", totals);
    const rest = totals.accepted - totals.answered;
    return `${totals.accepted} accepted = ${totals.answered} answered + ${rest} whose client had left, ` +
      `by ${production.ends.length} queue processes`;
  });
}

function describeResources({ resources }: Production): string {
  return resources.courses.filter(({ first, last }) => first !== last).map(({ name, first, last }) =>
    `${name.padEnd(10)}  ${first.memoryMiB} -> ${last.memoryMiB} MiB, ` +
    `${first.descriptors} -> ${last.descriptors} descriptors\n`
  ).join("");
}

async function main(settings: DaySettings): Promise<number> {
  const report = new Report();
  // What a reader of some program's output throws: the day ends in order, so that no process is left.
  addEventListener("unhandledrejection", (event) => {
    event.preventDefault();
    report.add("day", "MISSED", (event.reason as Error).message);
    isEnding = true;
  });
  listenForSignals({
    onFirst: (signal) => {
      report.add("day", "MISSED", `it was ended by ${signal}`);
      isEnding = true;
    },
  });
  const startMs = performance.now();
  await using production = await Production.open(settings);
  await using watching = new AsyncDisposableStack();
  const watchers = await openWatchers(production, report, watching);
  say(`${production.workerPrograms.length} workers on two machines, and clients on a third, are served`);
  await playActs(production, report);
  await finish(production, watchers, report);
  const minutes = ((performance.now() - startMs) / MINUTE_MS).toFixed(1);
  writeOutput(`\n${report.table()}\n${describeResources(production)}\n`);
  say(`${minutes} minutes; ${report.hasMiss ? "not all went as promised" : "all went as promised"}`);
  return report.hasMiss ? ExitCode.FAILED : ExitCode.DONE;
}

Deno.exit(await main(JSON.parse(Deno.args[0]!) as DaySettings));
