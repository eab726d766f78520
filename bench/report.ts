/**
 * Publishes the latest benchmark: draws its plots, writes RESULTS.md, puts figures into documents, and keeps the results in
 * results.json.
 * `deno task bench:report`.
 *
 * @module
 */

import { ExitCode, type OptionTable, type Program } from "../lib/cli/program.ts";
import { runProgram } from "../lib/cli/run.ts";
import { loadDrawing } from "./report/chart.ts";
import { DOCUMENTS, withFigures } from "./report/documents.ts";
import { resultsMarkdown } from "./report/markdown.ts";
import { picturesOf, plotsOf } from "./report/plots.ts";
import { PUBLISHED, readLatest, resultsJson } from "./report/results.ts";
import { print } from "./report/table.ts";
import { BENCH } from "./run/build.ts";

const REPORT_PROGRAM = {
  name: "bench:report",
  summary: [
    "Makes bench/plots/*.svg, bench/RESULTS.md, bench/results.json and the tables of figures in " +
    `${DOCUMENTS.join(" and ")} from bench/results/latest.json, or without that file from bench/results.json.`,
  ],
  options: {},
  exitCodes: [
    [ExitCode.DONE, "plots and tables were written"],
    [ExitCode.FAILED, "there are no results that can be used"],
    [ExitCode.USAGE, "usage error"],
  ],
} as const satisfies Program<OptionTable>;

async function write(path: string, text: string): Promise<void> {
  await Deno.writeTextFile(path, text);
  print(path);
}

async function report(): Promise<number> {
  const results = await readLatest();
  const draw = await loadDrawing();
  await Deno.mkdir(`${BENCH}plots`, { recursive: true });
  for (const { name, chart } of plotsOf(results)) await write(`${BENCH}plots/${name}.svg`, draw(chart));
  await write(PUBLISHED, resultsJson(results));
  await write(`${BENCH}RESULTS.md`, resultsMarkdown(results, picturesOf(results)));
  for (const document of DOCUMENTS) {
    const path = `${BENCH}../${document}`;
    await write(path, withFigures(await Deno.readTextFile(path), results.rows));
  }
  return ExitCode.DONE;
}

if (import.meta.main) await runProgram(REPORT_PROGRAM, report);
