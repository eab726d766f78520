/**
 * Loads libzmq before the first test of a file. It stays loaded (`lib/zmq/library.ts` says why), and Deno's leak checks
 * would report that for the test that loads it.
 *
 * @module
 */

import { loadLibrary } from "../../lib/zmq/library.ts";

if (Deno.permissions.querySync({ name: "ffi" }).state === "granted") await loadLibrary();
