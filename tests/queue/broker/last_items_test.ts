import { assertEquals } from "@std/assert";
import { LastItems } from "../../../lib/queue/broker/last_items.ts";

Deno.test("LastItems.newestFirst returns the last items, newest first", () => {
  const items = new LastItems<number>(3);
  const seen = [0, 1, 2, 3, 4].map((item) => {
    items.add(item);
    return items.newestFirst;
  });
  assertEquals(seen, [[0], [1, 0], [2, 1, 0], [3, 2, 1], [4, 3, 2]]);
});
