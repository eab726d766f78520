/**
 * Draws the plots of the latest benchmark, writes its tables into `bench/README.md`, and keeps its results beside that:
 * `deno task bench:report`.
 *
 * @module
 */

import { ExitCode, type OptionTable, type Program } from "../lib/cli/program.ts";
import { runProgram } from "../lib/cli/run.ts";
import { loadDrawing } from "./chart.ts";
import { BenchError } from "./error.ts";
import { readLatest } from "./latest.ts";
import { plotsOf } from "./plots.ts";
import { replaceResults, resultsText } from "./readme.ts";
import { print } from "./table.ts";

const BENCH = import.meta.dirname ?? ".";
const PUBLISHED = `${BENCH}/results.json`;
const README = `${BENCH}/README.md`;
const PLOTS = "plots";

const PUBLISH_PROGRAM = {
  name: "bench:report",
  summary: [
    "Makes bench/plots/*.svg, the tables of bench/README.md and bench/results.json from bench/results/latest.json.",
  ],
  options: {},
  exitCodes: [
    [ExitCode.DONE, "plots and tables were written"],
    [ExitCode.FAILED, "there are no results that can be used"],
    [ExitCode.USAGE, "usage error"],
  ],
} as const satisfies Program<OptionTable>;

async function publish(): Promise<number> {
  const results = await readLatest();
  if (results.setup.isShort) {
    throw new BenchError("The results are of --short, which means nothing: run deno task bench");
  }
  const draw = await loadDrawing();
  await Deno.mkdir(`${BENCH}/${PLOTS}`, { recursive: true });
  const plots = plotsOf(results).map(({ name, description, chart }) => {
    return { file: `${PLOTS}/${name}.svg`, description, svg: draw(chart) };
  });
  for (const { file, svg } of plots) {
    await Deno.writeTextFile(`${BENCH}/${file}`, svg);
    print(`bench/${file}`);
  }
  await Deno.writeTextFile(README, replaceResults(await Deno.readTextFile(README), resultsText(results, plots)));
  const { success, stderr } = await new Deno.Command(Deno.execPath(), { args: ["fmt", "--quiet", README] }).output();
  if (!success) throw new BenchError(`Cannot format ${README}:\n${new TextDecoder().decode(stderr)}`);
  print("bench/README.md");
  await Deno.writeTextFile(PUBLISHED, `${JSON.stringify(results)}\n`);
  print("bench/results.json");
  return ExitCode.DONE;
}

if (import.meta.main) await runProgram(PUBLISH_PROGRAM, publish);
