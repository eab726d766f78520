/** The binaries run on an old system: they need nothing of it but the C library. */

import { assertEquals } from "@std/assert";
import type { Role } from "../../tools/task_flags.ts";
import { BINARIES, OLD_SYSTEM } from "../harness/capabilities.ts";
import { Program, type ProgramOptions } from "../harness/program.ts";
import { ANY_PORT, QueueProgram } from "../harness/programs.ts";
import { scenario } from "../harness/scenario.ts";

/** Shows the old system, as its root, the binaries and what programs expect of the kernel. */
const SCRIPT =
  'mkdir -p "$2/mnt" "$2/proc" && mount --bind "$1" "$2/mnt" && mount -t proc proc "$2/proc" && shift && ' +
  'exec chroot "$@"';

function optionsFor(role: Role, args: readonly string[]): ProgramOptions {
  return {
    args: ["-m", "sh", "-c", SCRIPT, "sh", BINARIES!, OLD_SYSTEM!, `/mnt/sp${role}`, ...args],
    env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin" },
    cwd: "/",
  };
}

scenario("binaries serve a request on an old system", ["binaries", "namespaces", "old system"], async () => {
  await using queue = new QueueProgram(
    "unshare",
    optionsFor("queue", ["--frontend", ANY_PORT, "--backend", ANY_PORT]),
  );
  await queue.listening();
  await using _worker = new Program(
    "unshare",
    optionsFor("worker", ["--connect", queue.backend, "--work", "0", "--no-faults"]),
  );
  await using client = new Program("unshare", optionsFor("client", ["--connect", queue.frontend, "hello"]));
  const { code, stdout } = await client.exit;
  assertEquals({ code, stdout }, { code: 0, stdout: "hello" });
});
