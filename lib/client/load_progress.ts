/**
 * A progress bar on standard error.
 *
 * @module
 */

// cli-progress fits the bar to the terminal's width and clears it; the one of @std/cli is not on npm.
// @ts-types="./cli_progress.d.ts"
import { SingleBar } from "cli-progress";
import type { LoadFigures } from "./load_report.ts";
import { isDumbTerminal, standardError } from "../standard_error.ts";

const REDRAW_MS = 100;

/** When a load test ends. */
export interface LoadEnd {
  /** After this many requests; `Infinity`: no end. */
  readonly count: number;
  /** After this time, in milliseconds; `Infinity`: no end. */
  readonly durationMs: number;
}

/**
 * Shows the progress of a load test on standard error, if that is a terminal.
 *
 * @param plan When the test ends.
 * @param figures The current measurements, read now and then.
 * @returns Dispose of it when the test has ended, which clears the bar.
 */
export function showProgress(plan: LoadEnd, figures: LoadFigures): Disposable {
  if (!Deno.stderr.isTerminal() || isDumbTerminal()) return { [Symbol.dispose]: () => {} };
  // Node's own stream would end the program when the terminal is closed, and block it when nobody reads the terminal.
  const terminal = standardError();
  const startMs = performance.now();
  const isTimed = plan.durationMs !== Infinity;
  const total = isTimed ? plan.durationMs : plan.count;
  const done = () => isTimed ? Math.min(performance.now() - startMs, total) : figures.answered + figures.failed;
  const texts = () => ({ requests: figures.answered + figures.failed, failures: figures.failed });
  const bar = new SingleBar({
    format: `${total === Infinity ? "" : "{bar} {percentage}%  "}{requests} requests, {failures} failures`,
    barCompleteChar: "=",
    barIncompleteChar: "-",
    stream: { isTTY: true, columns: columns(), write: (text) => terminal.write(text) },
    clearOnComplete: true,
    // With either of these, a killed process would leave the terminal or the signal handling changed.
    linewrap: true,
    gracefulExit: false,
  });
  bar.start(total === Infinity ? 1 : total, 0, texts());
  const timer = setInterval(() => bar.update(total === Infinity ? 0 : done(), texts()), REDRAW_MS);
  return {
    [Symbol.dispose]: () => {
      clearInterval(timer);
      bar.stop();
    },
  };
}

/** The terminal's width. */
function columns(): number {
  try {
    return Deno.consoleSize().columns;
  } catch {
    return 80;
  }
}
