/** README.md names only options that exist, with their defaults. */

import { assert, assertStringIncludes } from "@std/assert";
import { CLIENT_PROGRAM } from "../../lib/client/options.ts";
import { helpText } from "../../lib/cli/help.ts";
import { LOG_OPTIONS } from "../../lib/cli/log_options.ts";
import { QUEUE_PROGRAM } from "../../lib/queue/options.ts";
import { WORKER_PROGRAM } from "../../lib/worker/options.ts";
import { ROOT } from "../harness/capabilities.ts";
import { scenario } from "../harness/scenario.ts";

const HELP: Readonly<Record<string, string>> = {
  queue: helpText(QUEUE_PROGRAM),
  worker: helpText(WORKER_PROGRAM),
  client: helpText(CLIENT_PROGRAM),
  all: helpText({ name: "all", summary: [], options: LOG_OPTIONS, exitCodes: [] }),
};

scenario("README.md shows options that --help has, with the same defaults", ["files"], async () => {
  const text = await Deno.readTextFile(new URL("README.md", ROOT));
  const [, table] = /^\| program +\| option .*\n.*\n((?:\|.*\n)+)/m.exec(text)!;
  let program = "";
  for (const row of table!.trimEnd().split("\n")) {
    const [, name, options] = row.split("|").map((cell) => cell.trim());
    program = name || program;
    for (const [, flag, value] of options!.matchAll(/`(--[\w-]+)(?: (\S+))?`/g)) {
      const entry = new RegExp(`^ +${flag} [^]*?(?=^ +-|^$)`, "m").exec(HELP[program]!)?.[0];
      assert(entry !== undefined, `${program} has no ${flag}`);
      if (value !== undefined) assertStringIncludes(entry, `[default: ${value}`, `${program} ${flag}`);
    }
  }
});
