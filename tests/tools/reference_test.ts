/** The man pages and completions that `deno task reference` makes. */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { flagOf } from "../../lib/cli/program.ts";
import { escaped } from "../../tools/reference/roff.ts";
import { makeReference, PROGRAMS } from "../../tools/reference.ts";
import { Folder } from "../harness/folder.ts";
import { scenario } from "../harness/scenario.ts";

const DATE = "2026-11-30";

scenario("reference has pages and completions where packages install them", ["files"], async () => {
  assertEquals([...(await makeReference(DATE)).keys()].sort(), [
    "bash-completion/completions/spclient",
    "bash-completion/completions/spqueue",
    "bash-completion/completions/spworker",
    "fish/vendor_completions.d/spclient.fish",
    "fish/vendor_completions.d/spqueue.fish",
    "fish/vendor_completions.d/spworker.fish",
    "man/man1/spclient.1",
    "man/man1/spqueue.1",
    "man/man1/spworker.1",
    "man/man7/spqueue-protocol.7",
    "man/man7/spworker-exec.7",
    "zsh/site-functions/_spclient",
    "zsh/site-functions/_spqueue",
    "zsh/site-functions/_spworker",
  ]);
});

scenario("reference has every option, subcommand and variable, and all sections, in each program's page", [
  "files",
], async () => {
  const files = await makeReference(DATE);
  for (const program of PROGRAMS) {
    const page = files.get(`man/man1/${program.name}.1`)!;
    for (const { name, options } of [program, ...program.commands ?? []]) {
      if (name !== program.name) assertStringIncludes(page, `.Ss ${name}\n`);
      for (const [property, { variable }] of Object.entries(options)) {
        assertStringIncludes(page, `.It Fl ${escaped(`-${flagOf(property)}`)}`);
        if (variable !== undefined) assertStringIncludes(page, `.It Ev ${variable}\n`);
      }
    }
    const sections = ["SIGNALS", "ENVIRONMENT", "FILES", "EXIT STATUS", "EXAMPLES", "SEE ALSO"];
    for (const section of sections) assertStringIncludes(page, `.Sh ${section}\n`, program.name);
  }
});

scenario("reference has pages in which mandoc finds no fault", ["files", "mandoc"], async () => {
  using folder = new Folder();
  const pages = [...await makeReference(DATE)].filter(([path]) => path.startsWith("man/"));
  const names = pages.map(([path]) => path.split("/").at(-1)!);
  for (const [index, [, text]] of pages.entries()) await Deno.writeTextFile(folder.file(names[index]!), text);
  const { stdout } = await new Deno.Command("mandoc", { args: ["-T", "lint", ...names], cwd: folder.path }).output();
  const problems = new TextDecoder().decode(stdout).trimEnd().split("\n").filter((line) => {
    // It looks only for pages that are installed.
    const [, name, section] = /referenced manual not found: Xr (\S+) (\d)/.exec(line) ?? [];
    return line !== "" && !names.includes(`${name}.${section}`);
  });
  assertEquals(problems, []);
});
