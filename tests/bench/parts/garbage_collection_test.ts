import { assertEquals } from "@std/assert";
import { parseCollection, summarizeBusiest } from "../../../bench/parts/garbage_collection.ts";

Deno.test("parseCollection() reads a scavenge", () => {
  const line = "[2023:0x7f4cd8060000]     5504 ms: Scavenge 7.4 (9.2) -> 6.2 (9.5) MB, pooled: 0.0 MB, " +
    "1.25 / 0.00 ms (average mu = 1.000, current mu = 1.000) allocation failure; ";
  assertEquals(parseCollection(line), { isolate: "0x7f4cd8060000", kind: "Scavenge", pauseMs: 1.25 });
});

Deno.test("parseCollection() reads a collection of the old generation, whose marking has other times", () => {
  const line = "[7:0x55c8b53ff000]  190 ms: Mark-Compact (reduce) 20.1 (25.0) -> 9.3 (12.0) MB, pooled: 1 MB, " +
    "5.12 / 0.03 ms  (+ 3.0 ms in 20 steps since start of marking, biggest step 1.0 ms) finalize; ";
  assertEquals(parseCollection(line), { isolate: "0x55c8b53ff000", kind: "Mark-Compact (reduce)", pauseMs: 5.12 });
});

Deno.test("parseCollection() returns undefined for other lines", () => {
  assertEquals(parseCollection('{"event":"listening","frontend":["tcp://127.0.0.1:5555"]}'), undefined);
  assertEquals(parseCollection("[7:0x55c8b53ff000] Heap growing factor 2.1"), undefined);
});

Deno.test("summarizeBusiest() picks the isolate with the most collections, however long those of others were", () => {
  const collection = (isolate: string, kind: string, pauseMs: number) => ({ isolate, kind, pauseMs });
  const collections = [
    collection("main", "Mark-Compact", 30),
    collection("relay", "Scavenge", 0.5),
    collection("relay", "Mark-Compact", 2),
    collection("relay", "Scavenge", 1.5),
  ];
  assertEquals(summarizeBusiest(collections), { count: 3, totalMs: 4, maxMs: 2, maxKind: "Mark-Compact" });
  assertEquals(summarizeBusiest([]), { count: 0, totalMs: 0, maxMs: 0, maxKind: "none" });
});
