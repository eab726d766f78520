import { assertEquals } from "@std/assert";
import { suggestionFor } from "../lib/suggestion.ts";

const NAMES = ["frontend", "backend", "order"];

Deno.test("suggestionFor() returns the closest name when it is a likely slip", () => {
  assertEquals(suggestionFor("frontends", NAMES), "frontend");
  assertEquals(suggestionFor("backnd", NAMES), "backend");
  assertEquals(suggestionFor("ordre", NAMES), "order");
});

Deno.test("suggestionFor() returns undefined when nothing is similar", () => {
  assertEquals(suggestionFor("verbosity", NAMES), undefined);
});

Deno.test("suggestionFor() skips a short name that is as close but mostly different", () => {
  assertEquals(suggestionFor("retry", ["key", "retries"]), "retries");
});
