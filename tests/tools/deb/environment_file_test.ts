import { assert, assertEquals } from "@std/assert";
import type { OptionTable, Program } from "../../../lib/cli/program.ts";
import { QUEUE_PROGRAM } from "../../../lib/queue/options.ts";
import { WORKER_PROGRAM } from "../../../lib/worker/options.ts";
import { environmentFile } from "../../../tools/deb/environment_file.ts";

const PROGRAM = {
  name: "example",
  summary: [],
  options: {
    wait: {
      kind: "duration",
      defaultValue: 8000,
      min: 0,
      max: 1e6,
      help: "How long.",
      variable: "SPQ_WAIT",
      group: "Time",
    },
    limit: { kind: "size", defaultValue: 1024, min: 0, max: 1e6, help: "How much.", variable: "SPQ_LIMIT" },
    keep: { kind: "switch", defaultValue: false, help: "Whether.", variable: "SPQ_KEEP" },
    keys: { kind: "text", defaultValue: undefined, help: "Where.", placeholder: "DIR", variable: "SPQ_KEYS" },
    flag: { kind: "switch", defaultValue: false, help: "Without a variable." },
  },
  exitCodes: [],
} as const satisfies Program<OptionTable>;

Deno.test("environmentFile() writes each variable with its help and its default, commented out", () => {
  assertEquals(
    environmentFile(PROGRAM, ["For an example.\n  as it is"]),
    `# For an example.
#   as it is

# Commas separate the values of what can be repeated; a switch is 1 or 0. DURATION is a number with
# a unit, such as 250ms, 10s, 5m or 2h. SIZE is a number of bytes, or one with a unit, such as 64KiB
# or 256MiB.

## Time

# How long.
#SPQ_WAIT=8s

## Options

# How much.
#SPQ_LIMIT=1KiB

# Whether.
#SPQ_KEEP=0

# Where.
#SPQ_KEYS=DIR
`,
  );
});

Deno.test("environmentFile() has every variable of the queue's and the worker's options", () => {
  for (const program of [QUEUE_PROGRAM, WORKER_PROGRAM] as const) {
    const text = environmentFile(program as Program<OptionTable>, []);
    for (const { variable } of Object.values<OptionTable[string]>(program.options)) {
      if (variable !== undefined) assert(text.includes(`\n#${variable}=`), variable);
    }
    assertEquals(text.split("\n").filter((line) => line !== "" && !line.startsWith("#")), []);
  }
});
