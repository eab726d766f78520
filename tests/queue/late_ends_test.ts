import { assertEquals } from "@std/assert";
import { LateEnds } from "../../lib/queue/late_ends.ts";

Deno.test("LateEnds.tick() ends each connection 200 ms after it was added, and says when the next one is due", () => {
  const ended: string[] = [];
  const ends = new LateEnds<string>((connection) => ended.push(connection));
  assertEquals(ends.tick(0), -1);
  ends.add("a", 0);
  ends.add("b", 50.5);
  assertEquals([ends.tick(199), ended], [1, []]);
  assertEquals([ends.tick(200), ended], [51, ["a"]]);
  assertEquals([ends.tick(1000), ended], [-1, ["a", "b"]]);
});
