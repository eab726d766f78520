/** Every place that names the version names the same one. */

import { assertEquals, assertMatch } from "@std/assert";
import config from "../../deno.json" with { type: "json" };
import { BINARIES, ROOT } from "../harness/capabilities.ts";
import { start } from "../harness/programs.ts";
import { scenario } from "../harness/scenario.ts";

scenario("deno.json, CHANGELOG.md and --version of the three programs agree", ["programs", "files"], async () => {
  const changes = await Deno.readTextFile(new URL("CHANGELOG.md", ROOT));
  assertEquals(/^## (\S+) \((?:unreleased|\d{4}-\d\d-\d\d)\)$/m.exec(changes)?.[1], config.version);
  for (const role of ["queue", "worker", "client"] as const) {
    await using program = start(role, ["--version"]);
    const { code, stdout, stderr } = await program.exit;
    assertEquals({ code, stderr }, { code: 0, stderr: "" });
    const [, name, version, commit, libzmq] = /^(\S+) (\S+) \(commit (\S+), Deno \S+, libzmq (\S+)\)\n$/.exec(stdout)!;
    assertEquals([name, version, libzmq], [`sp${role}`, config.version, "4.3.5"]);
    assertMatch(commit!, BINARIES === undefined ? /^([0-9a-f]{12}|unknown)$/ : /^([0-9a-f]{12}(-modified)?|unknown)$/);
  }
});
