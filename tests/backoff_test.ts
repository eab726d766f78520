import { assertEquals } from "@std/assert";
import { Backoff } from "../lib/backoff.ts";

const OPTIONS = { firstMs: 100, maxMs: 500 };

Deno.test("Backoff.failed() returns no pause at first, then twice as long each time, up to the limit", () => {
  const backoff = new Backoff(OPTIONS, () => 0);
  const pauses = Array.from({ length: 6 }, () => backoff.failed());
  assertEquals(pauses, [0, 100, 200, 400, 500, 500]);
  backoff.succeeded();
  assertEquals([backoff.failed(), backoff.failed()], [0, 100]);
});

Deno.test("Backoff.failed() shortens a pause by up to half, depending on the random number", () => {
  const backoff = new Backoff(OPTIONS, () => 0.5);
  assertEquals([backoff.failed(), backoff.failed(), backoff.failed()], [0, 75, 150]);
});

Deno.test("Backoff.failed() stays at the limit when nothing ever succeeds", () => {
  const backoff = new Backoff(OPTIONS, () => 0);
  for (let i = 0; i < 5000; i++) backoff.failed();
  assertEquals(backoff.failed(), 500);
});
