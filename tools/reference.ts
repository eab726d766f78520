/**
 * Writes man pages and completions into `dist/share/`, laid out as they are installed, and docs/options.md (`deno task
 * reference`). They are made from the programs' tables and from documents, so nothing is written twice. With `--check`,
 * it only checks that docs/options.md is up to date.
 *
 * @module
 */

import { completionScript } from "../lib/cli/completions.ts";
import { manPage } from "./reference/man_page.ts";
import { ExitCode, type OptionTable, type Program } from "../lib/cli/program.ts";
import type { PageReference } from "./reference/roff.ts";
import { type Shell, SHELLS } from "../lib/cli/shells.ts";
import { CLIENT_PROGRAM } from "../lib/client/options.ts";
import { QUEUE_PROGRAM } from "../lib/queue/options.ts";
import { printError } from "../lib/standard_error.ts";
import { writeOutput } from "../lib/standard_output.ts";
import { WORKER_PROGRAM } from "../lib/worker/options.ts";
import { markdownPage } from "./reference/markdown_page.ts";
import { optionsPage } from "./reference/options_page.ts";

const ROOT = new URL("../", import.meta.url);
const FOLDER = new URL("dist/share/", ROOT);

/** The programs that have a page in section 1. */
export const PROGRAMS: readonly Program<OptionTable>[] = [QUEUE_PROGRAM, WORKER_PROGRAM, CLIENT_PROGRAM];

/** The documents that have a page in section 7. */
const DOCUMENTS = [
  { name: "spqueue-protocol", tagline: "wire protocol of the Simple Pirate queue", file: "docs/protocol.md" },
  { name: "spworker-exec", tagline: "programs that do the jobs of spworker", file: "docs/programs.md" },
] as const;

const PAGES: readonly PageReference[] = [
  ...PROGRAMS.map(({ name }): PageReference => [name, 1]),
  ...DOCUMENTS.map(({ name }): PageReference => [name, 7]),
];

/** Where each shell looks for completions, below `share`. */
const COMPLETION_PATHS: Readonly<Record<Shell, (name: string) => string>> = {
  bash: (name) => `bash-completion/completions/${name}`,
  zsh: (name) => `zsh/site-functions/_${name}`,
  fish: (name) => `fish/vendor_completions.d/${name}.fish`,
};

/**
 * Makes all files.
 *
 * @param date The date of the man pages, as `YYYY-MM-DD`.
 * @returns The text of each file, by its path below `share`.
 */
export async function makeReference(date: string): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  const seeAlso = (own: string) => PAGES.filter(([name]) => name !== own);
  for (const program of PROGRAMS) {
    files.set(`man/man1/${program.name}.1`, manPage(program, { date, seeAlso: seeAlso(program.name) }));
    for (const shell of SHELLS) files.set(COMPLETION_PATHS[shell](program.name), completionScript(program, shell));
  }
  for (const { name, tagline, file } of DOCUMENTS) {
    const text = await Deno.readTextFile(new URL(file, ROOT));
    const options = { name, section: 7, tagline, date, folder: "docs", seeAlso: seeAlso(name) };
    files.set(`man/man7/${name}.7`, markdownPage(text, options));
  }
  return files;
}

/** The document that lists all options. */
export const OPTIONS_DOCUMENT: URL = new URL("docs/options.md", ROOT);

/** The date of the commit, or `SOURCE_DATE_EPOCH`, which packagers set: two builds of one commit are identical. */
async function dateOfSource(): Promise<string> {
  const seconds = Deno.env.get("SOURCE_DATE_EPOCH");
  if (seconds) return new Date(Number(seconds) * 1000).toISOString().slice(0, "YYYY-MM-DD".length);
  const { success, stdout } = await new Deno.Command("git", { args: ["log", "-1", "--format=%cs"], cwd: ROOT })
    .output();
  if (!success) {
    throw new Error("Cannot find the commit's date by git log: outside a repository, set SOURCE_DATE_EPOCH");
  }
  return new TextDecoder().decode(stdout).trim();
}

async function check(): Promise<number> {
  if (await Deno.readTextFile(OPTIONS_DOCUMENT) === optionsPage(PROGRAMS)) return ExitCode.DONE;
  printError("docs/options.md is out of date: run deno task reference\n");
  return ExitCode.FAILED;
}

async function write(): Promise<number> {
  for (const [path, text] of await makeReference(await dateOfSource())) {
    const url = new URL(path, FOLDER);
    await Deno.mkdir(new URL(".", url), { recursive: true });
    await Deno.writeTextFile(url, text);
    writeOutput(`dist/share/${path}\n`);
  }
  await Deno.writeTextFile(OPTIONS_DOCUMENT, optionsPage(PROGRAMS));
  writeOutput("docs/options.md\n");
  return ExitCode.DONE;
}

if (import.meta.main) Deno.exit(await (Deno.args.includes("--check") ? check() : write()));
