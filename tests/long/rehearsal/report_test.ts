import { assertEquals } from "@std/assert";
import { Report } from "./report.ts";
import { Resources } from "./resources.ts";

Deno.test("Report has each act once, with its last miss if there was one, and says that there was one", async () => {
  const report = new Report();
  await report.record("deploys", () => Promise.resolve("first"));
  await report.record("upgrade", () => Promise.reject(new Error("lost\nstack")));
  assertEquals(report.hasMiss, true);
  await report.record("upgrade", () => Promise.resolve("well"));
  await report.record("deploys", () => Promise.resolve("second"));
  report.add("dns-gone", "left out", "no root");
  const rows = report.table().trimEnd().split("\n").map((row) => row.split(/ {2,}/));
  assertEquals(rows, [
    ["deploys", "2 times", "ok", "second"],
    ["upgrade", "2 times", "MISSED", "lost"],
    ["dns-gone", "left out", "no root"],
  ]);
});

Deno.test("Report without a miss says so", async () => {
  const report = new Report();
  await report.record("deploys", () => Promise.resolve("well"));
  report.add("dns-gone", "left out", "no root");
  assertEquals(report.hasMiss, false);
});

Deno.test("Resources.isWithin() allows some growth of memory and few descriptors", () => {
  const first = { memoryMiB: 100, descriptors: 60 };
  const isWithin = (memoryMiB: number, descriptors: number) =>
    Resources.isWithin({ name: "queue", first, last: { memoryMiB, descriptors } });
  assertEquals([isWithin(154, 68), isWithin(155, 68), isWithin(154, 69)], [true, false, false]);
});
