import { assert, assertEquals } from "@std/assert";
import { environmentNames, isArgumentAltered } from "../../lib/cli/environment.ts";
import { scenario } from "../harness/scenario.ts";

scenario("environmentNames() lists the names of all variables", ["ffi"], () => {
  Deno.env.set("SPQ_TEST_A_NAME", "with=equals\nand lines");
  try {
    const names = environmentNames();
    assert(names.includes("SPQ_TEST_A_NAME"));
    assertEquals(names.toSorted(), Object.keys(Deno.env.toObject()).toSorted());
  } finally {
    Deno.env.delete("SPQ_TEST_A_NAME");
  }
  assert(!environmentNames().includes("SPQ_TEST_A_NAME"));
  return Promise.resolve();
});

Deno.test("isArgumentAltered() is false for plain text", () => {
  assertEquals(isArgumentAltered("zwölf Boxkämpfer"), false);
});
