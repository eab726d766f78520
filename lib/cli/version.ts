/**
 * What `--version` prints: the versions of the program, of its source, and of what it runs on.
 *
 * @module
 */

import { loadLibrary } from "../zmq/library.ts";
import { ownCommit } from "./commit.ts";
import { VERSION } from "./program.ts";

const HASH_LENGTH = 12;
const UNKNOWN = "unknown";

/**
 * Describes the version of a program. A part that cannot be determined is `unknown`: the commit without a repository or
 * without permission to read it, libzmq without FFI permission or when it cannot be loaded.
 *
 * @param name The program's name.
 * @returns Such as `spqueue 1.2.3 (commit 0123456789ab, Deno 2.9.6, libzmq 4.3.5)`.
 */
export async function versionText(name: string): Promise<string> {
  const [commit, libzmq] = await Promise.all([ownCommit(), libraryVersion()]);
  const [hash, ...marks] = (commit ?? UNKNOWN).split("-");
  const source = [hash!.slice(0, HASH_LENGTH), ...marks].join("-");
  return `${name} ${VERSION} (commit ${source}, Deno ${Deno.version.deno}, libzmq ${libzmq})`;
}

async function libraryVersion(): Promise<string> {
  if (Deno.permissions.querySync({ name: "ffi" }).state !== "granted") return UNKNOWN;
  try {
    return (await loadLibrary()).version;
  } catch {
    return UNKNOWN;
  }
}
