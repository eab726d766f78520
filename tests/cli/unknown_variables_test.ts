import { assertEquals } from "@std/assert";
import { findUnknownVariables } from "../../lib/cli/unknown_variables.ts";
import { VARIABLES } from "../../lib/cli/variables.ts";

const KNOWN = ["SPQ_FRONTEND", "SPQ_BACKEND", "SPQ_MAX_BACKLOG", "SPQ_QUEUE_JOB_TIMEOUT", "SPQ_LIBZMQ"];

Deno.test("findUnknownVariables() suggests the name that was probably meant", () => {
  assertEquals(findUnknownVariables(["SPQ_FRONTENDS", "SPQ_MAXBACKLOG"], KNOWN), [
    { name: "SPQ_FRONTENDS", didYouMean: "SPQ_FRONTEND" },
    { name: "SPQ_MAXBACKLOG", didYouMean: "SPQ_MAX_BACKLOG" },
  ]);
});

Deno.test("findUnknownVariables() suggests the names of all programs that have the option", () => {
  assertEquals(findUnknownVariables(["SPQ_JOB_TIMEOUT", "SPQ_KEY", "SPQ_CONCURRENCY"], VARIABLES), [
    { name: "SPQ_JOB_TIMEOUT", didYouMean: "SPQ_QUEUE_JOB_TIMEOUT or SPQ_WORKER_JOB_TIMEOUT" },
    { name: "SPQ_KEY", didYouMean: "SPQ_CLIENT_KEY or SPQ_WORKER_KEY" },
    { name: "SPQ_CONCURRENCY", didYouMean: "SPQ_WORKER_CONCURRENCY" },
  ]);
});

Deno.test("findUnknownVariables() suggests nothing when no name is like it", () => {
  assertEquals(findUnknownVariables(["SPQ_COLOUR_OF_EVERYTHING"], KNOWN), [{
    name: "SPQ_COLOUR_OF_EVERYTHING",
    didYouMean: undefined,
  }]);
});

Deno.test("findUnknownVariables() finds nothing in known names, those of tests, and other programs' names", () => {
  assertEquals(findUnknownVariables([...KNOWN, "SPQ_TEST_BINARIES", "PATH", "SPQR", "FRONTEND"], KNOWN), []);
});
