import { assertEquals } from "@std/assert";
import type { OptionTable, Program } from "../../lib/cli/program.ts";
import { VARIABLES } from "../../lib/cli/variables.ts";
import { CLIENT_PROGRAM } from "../../lib/client/options.ts";
import { QUEUE_PROGRAM } from "../../lib/queue/options.ts";
import { WORKER_PROGRAM } from "../../lib/worker/options.ts";
import { LIBRARY_VARIABLE } from "../../lib/zmq/library.ts";

const PROGRAMS: readonly Program<OptionTable>[] = [QUEUE_PROGRAM, WORKER_PROGRAM, CLIENT_PROGRAM];

Deno.test("VARIABLES has the variable of every option, sorted, and that of libzmq", () => {
  const tables = PROGRAMS.flatMap((program) => [program, ...program.commands ?? []]);
  const variables = tables.flatMap(({ options }) => Object.values(options)).flatMap(({ variable }) => variable ?? []);
  assertEquals(VARIABLES, [...new Set([...variables, LIBRARY_VARIABLE])].toSorted());
});

Deno.test("two programs share a variable only for one and the same option", () => {
  // What an option needs beside it differs between programs.
  const options = PROGRAMS.flatMap(({ options }) => Object.values(options))
    .map((option) => ({ ...option, needsOneOf: undefined }));
  for (const option of options) {
    if (option.variable === undefined) continue;
    for (const other of options) if (other.variable === option.variable) assertEquals(other, option);
  }
});
