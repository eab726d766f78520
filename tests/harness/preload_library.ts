/**
 * Loads libzmq and the C library before the first test of a file. They stay loaded (`lib/zmq/library.ts` says why), and
 * Deno's leak checks would report that for the test that loads them.
 *
 * Programs that tests start speak English in UTF-8, and do not complain about a locale that this machine does not have.
 *
 * @module
 */

import { cLibrary } from "../../lib/c_library.ts";
import { loadLibrary } from "../../lib/zmq/library.ts";

if (Deno.permissions.querySync({ name: "env" }).state === "granted") {
  for (const name of Object.keys(Deno.env.toObject())) if (/^(LC_|LANG)/.test(name)) Deno.env.delete(name);
  Deno.env.set("LANG", "C.UTF-8");
}
if (Deno.permissions.querySync({ name: "ffi" }).state === "granted") {
  cLibrary();
  await loadLibrary();
}
