import { assertEquals } from "@std/assert";
import { http } from "../../../bench/parts/http.ts";

Deno.test("http compares readers with a queue without an HTTP side, an attack and a page with one that nobody visits", () => {
  const sampleOf = (subject: string, of: string, us: number[]) => {
    return { subject, of, figures: { "p99, us": us, "relay, us": us.map((value) => value / 10) } };
  };
  const goals = http.goals?.([
    sampleOf("http-readers", "deno", [100, 100]),
    sampleOf("http-readers", "deno --http", [500, 500]),
    sampleOf("http-readers", "deno --http, readers", [120, 90]),
    sampleOf("http-attack", "deno --http", [100]),
    sampleOf("http-attack", "deno --http, attacked", [130]),
    sampleOf("http-page", "deno --http", [100]),
    sampleOf("http-page", "deno --http, a page open", [101]),
    { subject: "http-snapshot", of: "deno --http", figures: { "a snapshot, ms": [0.9, 0.8] } },
  ]) ?? [];
  assertEquals(goals.map(({ figure, value, isMet }) => [figure, value, isMet]), [
    ["p99, us / deno", { median: 1.05, min: 0.9, max: 1.2 }, true],
    ["p99, us / deno --http", 1.3, false],
    ["relay, us / deno --http", 1.01, true],
    ["a snapshot, ms", { median: 0.8500000000000001, min: 0.8, max: 0.9 }, true],
  ]);
  assertEquals(http.goals?.([]), []);
});
