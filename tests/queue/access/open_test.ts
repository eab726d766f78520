import { assertEquals, assertRejects } from "@std/assert";
import { KeyFileError } from "../../../lib/access/key_files.ts";
import { UsageError } from "../../../lib/cli/program.ts";
import { keyFolderOf } from "../../../lib/queue/access/open.ts";
import { Folder } from "../../harness/folder.ts";
import { scenario } from "../../harness/scenario.ts";

/** What gave the options. */
function sources(keys: string, open = "SPQ_OPEN"): ReadonlyMap<string, string> {
  return new Map([["keys", keys], ["open", open]]);
}

scenario("keyFolderOf() asks for no keys when none are named", ["files"], async () => {
  assertEquals(await keyFolderOf({ keys: undefined, open: false, sources: new Map() }), undefined);
  assertEquals(await keyFolderOf({ keys: undefined, open: true, sources: new Map([["open", "--open"]]) }), undefined);
});

scenario("keyFolderOf() asks for the keys that are there", ["files"], async () => {
  using folder = new Folder();
  await Deno.writeTextFile(folder.file("queue.key"), "");
  assertEquals(await keyFolderOf({ keys: folder.path, open: false, sources: sources("SPQ_KEYS") }), folder.path);
});

scenario("keyFolderOf() names both remedies when there are no keys", ["files"], async () => {
  using folder = new Folder();
  for (const keys of [folder.path, folder.file("missing")]) {
    for (const source of ["SPQ_KEYS", "--keys"]) {
      const { message } = await assertRejects(
        () => keyFolderOf({ keys, open: false, sources: sources(source) }),
        KeyFileError,
      );
      assertEquals(
        message,
        `There are no keys in "${keys}", which ${source} names: mount or make them ("spqueue key add"), or set ` +
          "SPQ_OPEN=1 to let in everybody who reaches the queue",
      );
    }
  }
});

scenario("keyFolderOf() lets --open take precedence over a variable whose folder has no keys", ["files"], async () => {
  using folder = new Folder();
  for (const keys of [folder.path, folder.file("missing")]) {
    assertEquals(await keyFolderOf({ keys, open: true, sources: sources("SPQ_KEYS") }), undefined);
  }
});

scenario(
  "keyFolderOf() refuses --open when there are keys, or keys were named on the command line",
  ["files"],
  async () => {
    using folder = new Folder();
    const missing = folder.file("missing");
    await Deno.writeTextFile(folder.file("queue.key"), "");
    for (
      const [keys, source] of [[folder.path, "SPQ_KEYS"], [folder.path, "--keys"], [missing, "--keys"]] as const
    ) {
      await assertRejects(
        () => keyFolderOf({ keys, open: true, sources: sources(source, "--open") }),
        UsageError,
        `--open asks for no keys, but ${source} names "${keys}": leave one of them out`,
      );
    }
  },
);
