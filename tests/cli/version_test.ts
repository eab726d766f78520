import { assertEquals } from "@std/assert";
import config from "../../deno.json" with { type: "json" };
import { checkedOutCommit } from "../../lib/cli/commit.ts";
import { versionText } from "../../lib/cli/version.ts";
import { ROOT } from "../harness/capabilities.ts";
import { scenario } from "../harness/scenario.ts";

scenario("versionText() names the commit, Deno and libzmq", ["ffi", "files"], async () => {
  const commit = (await checkedOutCommit(ROOT))?.slice(0, 12) ?? "unknown";
  assertEquals(
    await versionText("spqueue"),
    `spqueue ${config.version} (commit ${commit}, Deno ${Deno.version.deno}, libzmq 4.3.5)`,
  );
});
