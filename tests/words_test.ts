import { assertEquals } from "@std/assert";
import { formatAge, plural } from "../lib/words.ts";

Deno.test("formatAge() writes about three digits", () => {
  const texts = [0, 40.4, 999, 1200, 12_300, 119_000, 180_000, 7_200_000].map(formatAge);
  assertEquals(texts, ["0 ms", "40 ms", "999 ms", "1.2 s", "12 s", "119 s", "3 min", "2 h"]);
});

Deno.test("plural() adds an s unless there is one", () => {
  assertEquals([0, 1, 2].map((count) => plural(count, "worker")), ["0 workers", "1 worker", "2 workers"]);
});
