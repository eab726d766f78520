import { assertEquals, assertStringIncludes } from "@std/assert";
import { denoWarning, SOURCE_DENO } from "../../lib/cli/deno_version.ts";
import { ROOT } from "../harness/capabilities.ts";
import { scenario } from "../harness/scenario.ts";

Deno.test("denoWarning() warns when the program runs from source on an older Deno", () => {
  for (const version of ["2.6.10", "2.7.14", "1.46.3", "2.7.99+abc", "2.7.0-rc.1"]) {
    assertEquals(denoWarning(version, false)?.fields, { version, needed: "2.8.0 or newer" }, version);
  }
});

Deno.test("denoWarning() does not warn on a newer Deno, or in a binary", () => {
  for (const version of [SOURCE_DENO, "2.8.1", "2.9.6", "2.10.0", "3.0.0", "2.8.0+abc"]) {
    assertEquals(denoWarning(version, false), undefined, version);
  }
  assertEquals(denoWarning("2.6.10", true), undefined);
});

scenario("README asks for the Deno that the programs need", ["files"], async () => {
  const readme = await Deno.readTextFile(new URL("README.md", ROOT));
  assertStringIncludes(readme, `${SOURCE_DENO.replace(/\.0$/, "")} or newer`);
});
