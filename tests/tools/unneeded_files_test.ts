import { assertEquals } from "@std/assert";
import { unneededFiles } from "../../tools/unneeded_files.ts";
import { Folder } from "../harness/folder.ts";
import { scenario } from "../harness/scenario.ts";

scenario("unneededFiles() finds types, source maps, texts and tests, and leaves what runs", ["files"], async () => {
  using folder = new Folder();
  const root = new URL(`file://${folder.path}/`);
  await Deno.mkdir(new URL("lib/test", root), { recursive: true });
  for (const name of ["index.js", "package.json", "LICENSE", "README.md", "lib/a.d.ts", "lib/a.mjs", "lib/a.mjs.map"]) {
    await Deno.writeTextFile(new URL(name, root), "");
  }
  const found = unneededFiles(root).map(({ href }) => href.slice(root.href.length)).sort();
  assertEquals(found, ["README.md", "lib/a.d.ts", "lib/a.mjs.map", "lib/test"]);
});
