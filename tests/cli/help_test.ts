import { assertEquals } from "@std/assert";
import { helpText } from "../../lib/cli/help.ts";
import { group, VERSION } from "../../lib/cli/program.ts";

Deno.test("helpText() has a section for each group, wraps lines, and keeps each note on one line", () => {
  const text = helpText({
    name: "fetch",
    summary: ["Fetches.", "A second paragraph."],
    arguments: [{ help: "What to fetch.", placeholder: "NAME" }],
    options: {
      ...group("Source", {
        from: {
          kind: "endpoints",
          defaultValue: ["tcp://localhost:1"],
          use: "connect",
          help:
            "Where from: a sentence that is so long that it does not fit into what is left of the line beside the flag.",
          variable: "SPQ_FROM",
        },
      }),
      ...group("Limits", {
        maxSize: { kind: "size", defaultValue: 64 * 1024, min: 1, max: 1024 ** 2, help: "The largest size." },
        after: { kind: "duration", defaultValue: undefined, min: 0, max: 10, help: "When.", shownDefault: "never" },
        dryRun: { kind: "switch", defaultValue: false, help: "Do nothing.", variable: "SPQ_DRY_RUN" },
      }),
    },
    examples: [["fetch one", "Fetch one."], ["fetch", "Fetch nothing."]],
    exitCodes: [[0, "done"], ["128+n", "killed by a signal n"]],
  });
  assertEquals(
    text,
    `fetch ${VERSION}

Fetches.

A second paragraph.

Usage: fetch [OPTIONS] [NAME]

Argument:
  NAME              What to fetch.

Source:
  --from ENDPOINT   Where from: a sentence that is so long that it does not fit into what is left of
                    the line beside the flag. [default: tcp://localhost:1] [can be repeated]
                    [SPQ_FROM]

Limits:
  --max-size SIZE   The largest size. [default: 64KiB]
  --after DURATION  When. [default: never]
  --dry-run         Do nothing. [SPQ_DRY_RUN]

Help:
  -h, --help        Print this text and exit.
  --version         Print the version and exit.

DURATION is a number with a unit, such as 250ms, 10s, 5m or 2h. SIZE is a number of bytes, or one
with a unit, such as 64KiB or 256MiB.

SPQ_... in brackets is the environment variable of an option; a flag takes precedence over it. In a
variable, a switch is 1 or 0, and commas separate repeated values.

Examples:
  fetch one  Fetch one.
  fetch      Fetch nothing.

Exit codes:
  0      done
  128+n  killed by a signal n
`,
  );
});

Deno.test("helpText() leaves out what a program does not have", () => {
  assertEquals(
    helpText({ name: "fetch", summary: ["Fetches."], options: {}, exitCodes: [[0, "done"]] }),
    `fetch ${VERSION}

Fetches.

Usage: fetch [OPTIONS]

Help:
  -h, --help  Print this text and exit.
  --version   Print the version and exit.

Exit codes:
  0  done
`,
  );
});
