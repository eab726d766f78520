/**
 * Loads libzmq before the tests of one file: the leak checks would take a library that stays loaded for a leak, and
 * libzmq stays loaded (`lib/zmq/library.ts` says why).
 *
 * @module
 */

import { loadLibrary } from "../../lib/zmq/library.ts";

if (Deno.permissions.querySync({ name: "ffi" }).state === "granted") await loadLibrary();
