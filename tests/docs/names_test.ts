/** Options and variables that documents name. */

import { assert, assertEquals } from "@std/assert";
import { BENCH_PROGRAM } from "../../bench/run/options.ts";
import { flagOf, type OptionTable, type Program } from "../../lib/cli/program.ts";
import { VARIABLES } from "../../lib/cli/variables.ts";
import { COMPILE_PROGRAM } from "../../tools/compile.ts";
import { DEMO_PROGRAM } from "../../tools/demo.ts";
import { DEB_PROGRAM } from "../../tools/deb.ts";
import { OPTIONS_DOCUMENT, PROGRAMS } from "../../tools/reference.ts";
import { optionsPage } from "../../tools/reference/options_page.ts";
import { RELEASE_PROGRAM } from "../../tools/release.ts";
import { ROOT } from "../harness/capabilities.ts";
import { type Document, readDocuments } from "../harness/documents.ts";
import { scenario } from "../harness/scenario.ts";
import { CHAOS_PROGRAM } from "../long/chaos.ts";
import { PAGE_GROWTH_PROGRAM } from "../long/page_growth.ts";
import { REHEARSAL_PROGRAM } from "../long/rehearsal.ts";
import { SOAK_PROGRAM } from "../long/soak.ts";
import { FOREIGN_FLAGS, SLIPS } from "./elsewhere.ts";

const TOOLS: readonly Program<OptionTable>[] = [
  BENCH_PROGRAM,
  COMPILE_PROGRAM,
  DEMO_PROGRAM,
  RELEASE_PROGRAM,
  DEB_PROGRAM,
  CHAOS_PROGRAM,
  PAGE_GROWTH_PROGRAM,
  SOAK_PROGRAM,
  REHEARSAL_PROGRAM,
];

function flagsOf(programs: readonly Program<OptionTable>[]): string[] {
  const tables = programs.flatMap((program) => [program, ...program.commands ?? []]);
  return [
    "--help",
    "--version",
    ...tables.flatMap(({ options }) => Object.keys(options).map((name) => `--${flagOf(name)}`)),
  ];
}

/** The code of a document. */
function codeOf({ blocks, codes }: Document): string {
  return [...blocks.map(({ text }) => text), ...codes].join("\n");
}

scenario("documents name options that exist", ["files"], async () => {
  const known = new Set(flagsOf([...PROGRAMS, ...TOOLS]));
  const foreign = new Set<string>();
  for (const document of await readDocuments()) {
    for (const [flag] of codeOf(document).matchAll(/(?<![\w-])--[a-z][\w-]*/g)) if (!known.has(flag)) foreign.add(flag);
  }
  assertEquals([...foreign].sort(), Object.values(FOREIGN_FLAGS).flat().sort());
});

scenario("documents name variables that exist", ["files"], async () => {
  const capabilities = await Deno.readTextFile(new URL("tests/harness/capabilities.ts", ROOT));
  const ofTests = Array.from(capabilities.matchAll(/"(SPQ_TEST_\w+)"/g), ([, name]) => name!);
  const known = new Set([...VARIABLES, ...ofTests, ...SLIPS]);
  for (const { path, text } of await readDocuments()) {
    for (const [name] of text.matchAll(/\bSPQ_\w*\w/g)) assert(known.has(name), `${path} names ${name}`);
  }
});

scenario("docs/ names every option and variable", ["files"], async () => {
  const documents = (await readDocuments()).filter(({ path }) => path.startsWith("docs/"));
  const text = documents.map(codeOf).join("\n");
  for (const name of [...flagsOf(PROGRAMS), ...VARIABLES]) assert(text.includes(name), `docs/ does not name ${name}`);
});

scenario("docs/options.md is the output of deno task reference", ["files"], async () => {
  assertEquals(await Deno.readTextFile(OPTIONS_DOCUMENT), optionsPage(PROGRAMS));
});
