/** docs/guarantees.md keeps its form, and names only tests that exist. */

import { assert, assertEquals } from "@std/assert";
import { FAULTS } from "../faults/all.ts";
import { ROOT } from "../harness/capabilities.ts";
import { scenario } from "../harness/scenario.ts";

const PARTS = ["Promise", "When", "Not", "Test"];

scenario("docs/guarantees.md says for each guarantee what is promised, when, what is not, and which test shows it", [
  "files",
], async () => {
  const text = await Deno.readTextFile(new URL("docs/guarantees.md", ROOT));
  const guarantees = text.split(/^## /m).filter((section) => /^\d/.test(section));
  assertEquals(guarantees.map((section) => Number.parseInt(section)), guarantees.map((_, index) => index + 1));
  assert(guarantees.length >= 11);
  for (const guarantee of guarantees) {
    const title = guarantee.split("\n")[0];
    assertEquals(Array.from(guarantee.matchAll(/^- \*\*(\w+)\*\*: /gm), ([, part]) => part), PARTS, title);
  }
});

scenario("docs/guarantees.md names tests that exist", ["files"], async () => {
  const text = await Deno.readTextFile(new URL("docs/guarantees.md", ROOT));
  const faults = new Set(FAULTS.map(({ name }) => name));
  for (const [, tests] of text.matchAll(/^- \*\*Test\*\*:(.*?)\n\n/gms)) {
    for (const [, name] of tests!.matchAll(/`(.*?)`/gs)) {
      if (name!.startsWith("deno task ") || faults.has(name!)) continue;
      const { isFile } = await Deno.stat(new URL(`tests/${name}`, ROOT));
      assert(isFile, name);
    }
  }
});
