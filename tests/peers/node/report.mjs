// deno-lint-ignore-file explicit-module-boundary-types -- plain JavaScript, which Node runs
import process from "node:process";

/** Prints one JSON line. */
export function report(event, fields) {
  process.stdout.write(JSON.stringify({ event, ...fields }) + "\n");
}
