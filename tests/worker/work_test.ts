import { assertEquals, assertThrows } from "@std/assert";
import { parseCommandLine } from "../../lib/cli/parse.ts";
import { UsageError } from "../../lib/cli/program.ts";
import { WORKER_PROGRAM } from "../../lib/worker/options.ts";
import { faultsOf, workOf } from "../../lib/worker/work.ts";

function optionsOf(...args: string[]) {
  return parseCommandLine(WORKER_PROGRAM, args, () => undefined).options;
}

Deno.test("workOf() says what does the jobs", () => {
  assertEquals(workOf(optionsOf()), { kind: "guide" });
  assertEquals(workOf(optionsOf("--exec", "tr a-z A-Z")), {
    kind: "program",
    argv: ["tr", "a-z", "A-Z"],
    framesFormat: "body",
  });
  assertEquals(workOf(optionsOf("--exec", "a | b", "--shell", "--frames", "json")), {
    kind: "program",
    argv: ["/bin/sh", "-c", "a | b"],
    framesFormat: "json",
  });
  assertEquals(workOf(optionsOf("--exec", "a b", "--keep")), { kind: "persistent program", argv: ["a", "b"] });
});

Deno.test("workOf() throws a UsageError when options contradict each other, or the command cannot be split", () => {
  for (
    const [args, message] of [
      [
        ["--exec", "a", "--keep", "--poison-exit", "65"],
        "Option --poison-exit cannot be given with --keep: a persistent",
      ],
      [["--exec", "a", "--keep", "--frames", "body"], 'Option --frames cannot be "body" with --keep'],
      [["--exec", "a 'b"], `Option --exec cannot be "a 'b"`],
    ] as const
  ) assertThrows(() => workOf(optionsOf(...args)), UsageError, message);
});

Deno.test("faultsOf() says how the demo misbehaves", () => {
  assertEquals(faultsOf(optionsOf()), { healthyJobs: 3, crashOdds: 6, overloadOdds: 6 });
  assertEquals(faultsOf(optionsOf("--healthy-jobs", "1", "--crash-odds", "2", "--overload-odds", "0")), {
    healthyJobs: 1,
    crashOdds: 2,
    overloadOdds: 0,
  });
  assertEquals(faultsOf(optionsOf("--no-faults", "--crash-odds", "1")), {
    healthyJobs: 0,
    crashOdds: 0,
    overloadOdds: 0,
  });
});
