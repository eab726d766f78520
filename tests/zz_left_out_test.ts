/**
 * Says in one line what a run of the tests leaves out. Its name makes it the last file.
 *
 * @module
 */

import { leftOut } from "./harness/capabilities.ts";

const reasons = leftOut();
if (reasons.length > 0) {
  const hint = reasons.some((reason) => reason.startsWith("no permission"))
    ? "; deno task test has all permissions"
    : "";
  Deno.test.ignore(`left out here: ${reasons.join(", ")}${hint}`, () => {});
}
