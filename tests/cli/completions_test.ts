/** The completions, in the real shells. */

import { assert, assertEquals } from "@std/assert";
import { completionScript } from "../../lib/cli/completions.ts";
import { flagOf, type OptionTable, type Program } from "../../lib/cli/program.ts";
import { type Shell, SHELLS } from "../../lib/cli/shells.ts";
import { CLIENT_PROGRAM } from "../../lib/client/options.ts";
import { QUEUE_PROGRAM } from "../../lib/queue/options.ts";
import { WORKER_PROGRAM } from "../../lib/worker/options.ts";
import { Folder } from "../harness/folder.ts";
import { scenario } from "../harness/scenario.ts";

const PROGRAMS: readonly Program<OptionTable>[] = [QUEUE_PROGRAM, WORKER_PROGRAM, CLIENT_PROGRAM];

/** Calls the completion function as readline does: with words that are split at "=". */
const BASH = `source "$0"
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
"_$1" && printf '%s\\n' "\${COMPREPLY[@]}"`;

/** Types the line and Tab into a shell on a terminal once its editor listens, and prints what it adds as matches. */
const ZSH = `zmodload zsh/zpty
out=$2
zpty inner zsh -f -i
zpty -w inner "OUT=\${(q)out} PROMPT=; autoload -Uz compinit; compinit -D -u; source \${(q)0}"
zpty -w inner 'compadd() {
  if [[ \${@[1,(i)(-|--)]} == *-(O|A|D)* ]]; then builtin compadd "$@"; return; fi
  local -a found
  builtin compadd -O found "$@"
  print -rl -- $found >> $OUT
  builtin compadd "$@"
}'
zpty -w inner '_capture() { _main_complete; print -n END-OF-''MATCHES }; zle -C capture complete-word _capture
bindkey "^I" capture
ready() { print -n READY-FOR-''TAB }; zle -N zle-line-init ready'
zpty -r inner text '*READY-FOR-TAB*'
zpty -n -w inner "$1"$'\\t'
zpty -r inner text '*END-OF-MATCHES*'
zpty -d inner
cat $out`;

const FISH = `source $argv[1]; complete -C $argv[2]`;

/** What a shell offers at the end of a line, sorted, without quotes and slashes at the end. */
async function offered(shell: Shell, program: Program<OptionTable>, line: string, cwd: string): Promise<string[]> {
  using scripts = new Folder();
  const script = scripts.file(`${program.name}.${shell}`);
  await Deno.writeTextFile(script, completionScript(program, shell));
  const args = {
    bash: ["--norc", "-c", BASH, script, ...line.split(/ |(=)/).filter((word) => word !== undefined)],
    zsh: ["-f", "-c", ZSH, script, line, scripts.file("out")],
    fish: ["--no-config", "-c", FISH, script, line],
  }[shell];
  let text = "";
  // On a busy machine zsh's terminal may pass the Tab on without the line: then it is typed again.
  for (let tries = 0; text.trim() === "" && tries < (shell === "zsh" ? 3 : 1); tries++) {
    await Deno.writeTextFile(scripts.file("out"), "");
    const { success, stdout, stderr } = await new Deno.Command(shell, { args, cwd }).output();
    assert(success, `${shell}: ${new TextDecoder().decode(stderr)}`);
    text = new TextDecoder().decode(stdout);
  }
  // fish adds a description, and repeats the option before "=".
  const words = text.split("\n").map((row) => row.replace(/\t.*/, "").replace(/^--\S+=/, "").replaceAll("\\", ""));
  return [...new Set(words.map((word) => word.replace(/\/$/, "")).filter((word) => word !== ""))].sort();
}

/** Command lines up to the cursor, and what is offered there. */
const CASES: readonly (readonly [program: Program<OptionTable>, line: string, words: readonly string[]])[] = [
  [QUEUE_PROGRAM, "spqueue k", ["key"]],
  [QUEUE_PROGRAM, "spqueue key ", ["add", "list", "new", "remove", "show"]],
  [QUEUE_PROGRAM, "spqueue key r", ["remove"]],
  [QUEUE_PROGRAM, "spqueue key add ", ["client", "client,worker", "worker"]],
  [QUEUE_PROGRAM, "spqueue key add --keys key w", ["worker"]],
  [QUEUE_PROGRAM, "spqueue key add worker ", []],
  [QUEUE_PROGRAM, "spqueue completion ", ["bash", "fish", "zsh"]],
  [QUEUE_PROGRAM, "spqueue --redeliveries 3 --order ", ["auto", "fifo"]],
  [QUEUE_PROGRAM, "spqueue --log-level=w", ["warning"]],
  [QUEUE_PROGRAM, "spqueue --log-format auto --log-level w", ["warning"]],
  [QUEUE_PROGRAM, "spqueue --keys ", ["key folder"]],
  [QUEUE_PROGRAM, "spqueue --frontend ", []],
  [QUEUE_PROGRAM, "spqueue key list --keys k", ["key folder"]],
  [WORKER_PROGRAM, "spworker key ", ["new"]],
  [WORKER_PROGRAM, "spworker --frames ", ["body", "json"]],
  [WORKER_PROGRAM, "spworker --concurrency ", ["auto"]],
  [CLIENT_PROGRAM, "spclient --key ", ["a key.txt", "key folder"]],
  [CLIENT_PROGRAM, "spclient --completion ", ["bash", "fish", "zsh"]],
  [CLIENT_PROGRAM, "spclient --retries ", []],
];

for (const shell of SHELLS) {
  // Its completion needs a terminal, one for each line.
  const needs = [shell, "files", ...(shell === "zsh" ? ["long run" as const] : [])] as const;
  scenario(`completionScript() teaches ${shell} commands, choices, files and folders`, needs, async () => {
    using folder = new Folder();
    await Deno.mkdir(folder.file("key folder"));
    await Deno.writeTextFile(folder.file("a key.txt"), "");
    for (const [program, line, words] of CASES) {
      assertEquals(await offered(shell, program, line, folder.path), words, `${shell}: ${line}`);
    }
    assert((await offered(shell, WORKER_PROGRAM, "spworker --exec base6", folder.path)).includes("base64"));
  });

  scenario(`completionScript() teaches ${shell} every flag of every command`, needs, async () => {
    using folder = new Folder();
    for (const program of PROGRAMS) {
      for (const { name, options } of [program, ...program.commands ?? []]) {
        const flags = [...Object.keys(options).map((option) => `--${flagOf(option)}`), "--help", "--version"];
        assertEquals(await offered(shell, program, `${name} --`, folder.path), flags.sort(), `${shell}: ${name}`);
      }
    }
  });
}
