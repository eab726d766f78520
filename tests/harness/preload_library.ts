/**
 * Loads libzmq and the C library before the first test of a file. They stay loaded (`lib/zmq/library.ts` says why), and
 * Deno's leak checks would report that for the test that loads them.
 *
 * @module
 */

import { cLibrary } from "../../lib/c_library.ts";
import { loadLibrary } from "../../lib/zmq/library.ts";

if (Deno.permissions.querySync({ name: "ffi" }).state === "granted") {
  cLibrary();
  await loadLibrary();
}
