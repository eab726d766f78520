/** Commands in documents are ones that the programs take. What they do is tested elsewhere, by what each document tells. */

import { assert, assertEquals } from "@std/assert";
import config from "../../deno.json" with { type: "json" };
import { BENCH_PROGRAM } from "../../bench/run/options.ts";
import { findCommand } from "../../lib/cli/command.ts";
import { parseCommandLine } from "../../lib/cli/parse.ts";
import type { OptionTable, Program } from "../../lib/cli/program.ts";
import { CLIENT_PROGRAM } from "../../lib/client/options.ts";
import { QUEUE_COMMANDS } from "../../lib/queue/commands/commands.ts";
import { QUEUE_PROGRAM } from "../../lib/queue/options.ts";
import { WORKER_COMMANDS } from "../../lib/worker/commands/commands.ts";
import { WORKER_PROGRAM } from "../../lib/worker/options.ts";
import { COMPILE_PROGRAM } from "../../tools/compile.ts";
import { DEMO_PROGRAM } from "../../tools/demo.ts";
import { RELEASE_PROGRAM } from "../../tools/release.ts";
import { PYTHON, ROOT } from "../harness/capabilities.ts";
import { readDocuments } from "../harness/documents.ts";
import { scenario } from "../harness/scenario.ts";
import { type ShellCommand, shellCommands } from "../harness/shell_words.ts";
import { CHAOS_PROGRAM } from "../long/chaos.ts";
import { PAGE_GROWTH_PROGRAM } from "../long/page_growth.ts";
import { REHEARSAL_PROGRAM } from "../long/rehearsal.ts";
import { SOAK_PROGRAM } from "../long/soak.ts";
import { FOREIGN_PROGRAMS } from "./elsewhere.ts";

const COMMANDS = { spqueue: QUEUE_COMMANDS, spworker: WORKER_COMMANDS, spclient: [] } as const;
/** The command line of each task that has one. */
const PROGRAM_BY_TASK: Readonly<Record<string, Program<OptionTable>>> = {
  queue: QUEUE_PROGRAM,
  worker: WORKER_PROGRAM,
  client: CLIENT_PROGRAM,
  bench: BENCH_PROGRAM,
  chaos: CHAOS_PROGRAM,
  compile: COMPILE_PROGRAM,
  demo: DEMO_PROGRAM,
  "page:growth": PAGE_GROWTH_PROGRAM,
  rehearsal: REHEARSAL_PROGRAM,
  release: RELEASE_PROGRAM,
  soak: SOAK_PROGRAM,
};
/** Tasks that take arguments, and have no table for them. */
const TASKS_WITH_ARGUMENTS: readonly string[] = ["fuzz"];
const PROGRAMS: Readonly<Record<string, Program<OptionTable>>> = {
  spqueue: QUEUE_PROGRAM,
  spworker: WORKER_PROGRAM,
  spclient: CLIENT_PROGRAM,
};
/** What stands for a value of one's own, and such a value. */
const VALUES: Readonly<Record<string, string>> = { "PUBLIC-KEY": "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7" };
const LANGUAGES = ["", "dockerfile", "ini", "java", "json", "nginx", "python", "text", "ts", "yaml"];

/** Parses arguments as a program does. */
function parse(
  program: Program<OptionTable>,
  given: readonly string[],
  variables: ShellCommand["variables"] = {},
): void {
  const args = given.map((word) => VALUES[word] ?? word);
  if (args.includes("--help") || args.includes("--version")) return;
  const commands = COMMANDS[program.name as keyof typeof COMMANDS] ?? [];
  const found = findCommand(program.name, commands, args);
  parseCommandLine(found?.command.program ?? program, found?.args ?? args, (name) => variables[name]);
}

/** Checks a command of a shell; resolves to the program's name if it is not ours. */
function check({ words, variables }: ShellCommand): string | undefined {
  const [name, ...args] = words as [string, ...string[]];
  // Wherever it was installed.
  const own = PROGRAMS[name.replace(/^.*\/bin\//, "")];
  if (own !== undefined) return void parse(own, args, variables);
  if (name === "npx") return check({ words: args.filter((word) => word !== "-y"), variables });
  if (!/^deno(@[\d.]+)?$/.test(name)) return name;
  if (args[0] === undefined) return undefined;
  // deno run and deno compile end with a file of this repository.
  if (args[0] !== "task") return void Deno.statSync(new URL(args.at(-1)!, ROOT));
  const [, task = "", ...rest] = args;
  assert(Object.hasOwn(config.tasks, task), `there is no task "${task}"`);
  const program = PROGRAM_BY_TASK[task];
  if (program !== undefined) parse(program, rest, variables);
  else if (!TASKS_WITH_ARGUMENTS.includes(task)) assertEquals(rest, [], `task ${task} takes no arguments`);
  return undefined;
}

scenario("commands in documents are accepted by the programs' own parsers", ["files"], async () => {
  const foreign = new Set<string>();
  for (const { path, blocks, codes } of await readDocuments()) {
    const texts = [
      ...blocks.filter(({ language }) => language === "").map(({ text }) => text),
      // In a sentence, a command may be a form with names for its arguments.
      ...codes.filter((code) => /^(npx |deno task )/.test(code) && !/[[A-Z]{2}|\.\.\./.test(code)),
    ];
    for (const text of texts) {
      for (const command of shellCommands(text)) {
        try {
          const name = check(command);
          if (name !== undefined) foreign.add(name);
        } catch (error) {
          throw new Error(`${path}: "${command.words.join(" ")}": ${(error as Error).message}`, { cause: error });
        }
      }
    }
  }
  assertEquals([...foreign].sort(), [...FOREIGN_PROGRAMS].sort());
});

scenario("units, images and JSON in documents can be parsed", ["files"], async () => {
  for (const { path, blocks } of await readDocuments()) {
    for (const { language, text } of blocks) {
      assert(LANGUAGES.includes(language), `${path} has a block of "${language}"`);
      if (language === "json") JSON.parse(text);
      const words = text.split("\n").flatMap((line) => {
        const [, unit] = (language === "ini" && /^Exec\w+=(.*)/.exec(line)) || [];
        const [, image] = (language === "dockerfile" && /^(?:ENTRYPOINT|CMD) (\[.*)/.exec(line)) || [];
        return unit?.split(" ") ?? (image === undefined ? undefined : JSON.parse(image) as string[]) ?? [];
      });
      const [file, ...args] = words;
      const name = file?.split("/").at(-1);
      if (name !== undefined) {
        assertEquals(check({ words: [name, ...args], variables: {} }), undefined, `${path}: ${file}`);
      }
    }
  }
});

scenario("Python code in documents can be parsed", ["files", "python"], async () => {
  const texts = (await readDocuments()).flatMap(({ blocks }) => blocks.filter(({ language }) => language === "python"));
  for (const { text } of texts) {
    const args = ["-c", "import ast, sys; ast.parse(sys.argv[1])", text];
    const { success, stderr } = await new Deno.Command(PYTHON, { args, stdout: "null" }).output();
    assert(success, new TextDecoder().decode(stderr));
  }
});

scenario("documents name every task, and no nonexistent one", ["files"], async () => {
  const texts = (await readDocuments()).map(({ text }) => text).join("\n");
  const named = new Set(Array.from(texts.matchAll(/\bdeno(?:@[\d.]+)? task ([\w:]*\w)/g), ([, task]) => task!));
  assertEquals([...named].sort(), Object.keys(config.tasks).sort());
});
