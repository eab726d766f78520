import { assertEquals } from "@std/assert";
import { NAMES } from "../../../bench/parts/all.ts";
import { inRounds } from "../../../bench/parts/part.ts";

Deno.test("inRounds() goes through all subjects in each round, and leaves out one that failed", async () => {
  const order: string[] = [];
  const seen = await inRounds(3, ["a", "b"], (subject, round) => {
    order.push(`${subject}${round}`);
    return Promise.resolve(subject === "b" && round === 2 ? undefined : round);
  });
  assertEquals(order, ["a1", "b1", "a2", "b2", "a3"]);
  assertEquals([...seen], [["a", [1, 2, 3]]]);
});

Deno.test("NAMES has each case once, so that --only and --update are unambiguous", () => {
  assertEquals(new Set(NAMES).size, NAMES.length);
});
