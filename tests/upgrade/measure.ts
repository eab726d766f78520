/**
 * Says how long clients wait while a queue is replaced (`deno task upgrade`).
 *
 * @module
 */

import { writeOutput } from "../../lib/standard_output.ts";
import { whyNot } from "../harness/capabilities.ts";
import { upgrade, type UpgradeFigures, WAYS } from "./upgrade.ts";
import type { Waits } from "./requests.ts";

const LEGEND = "Times in milliseconds, of requests that were under way while the queue was away.\n\n";
const HEAD = "way         clients     requests  sent again    p50    p99    max  drain  away\n";

writeOutput(LEGEND + HEAD);
for (const way of WAYS) {
  const missing = way === "linked" ? whyNot(["nats"]) : undefined;
  if (missing !== undefined) {
    writeOutput(`${way.padEnd(12)}left out: ${missing}\n`);
    continue;
  }
  const figures = await upgrade(way);
  writeOutput(rowOf(way, "ours", figures.ours, figures));
  if (figures.unmodified !== undefined) writeOutput(rowOf(way, "unmodified", figures.unmodified, figures));
}

function rowOf(way: string, clients: string, waits: Waits, { drainMs, awayMs }: UpgradeFigures): string {
  const { requests, sentAgain, p50Ms, p99Ms, maxMs } = waits;
  const cells = [[requests, 10], [sentAgain, 12], [p50Ms, 7], [p99Ms, 7], [maxMs, 7], [drainMs, 7], [
    awayMs,
    6,
  ]] as const;
  const numbers = cells.map(([value, width]) => `${Math.round(value)}`.padStart(width)).join("");
  return `${way.padEnd(12)}${clients.padEnd(10)}${numbers}\n`;
}
