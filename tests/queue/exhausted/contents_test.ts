import { assertEquals } from "@std/assert";
import { FolderContents } from "../../../lib/queue/exhausted/contents.ts";

/** A time, and the times after it. */
const time = (afterMs = 0) => new Date(Date.UTC(2026, 10, 30, 9, 15, 0, 123) + afterMs).toISOString();
const MIB = 1024 * 1024;

Deno.test("FolderContents.newName() returns unique names that sort by time", () => {
  const contents = new FolderContents([]);
  const names: string[] = [];
  for (const [afterMs, digest] of [[0, "ab"], [0, "ab"], [0, "ab"], [1, "00"]] as const) {
    names.push(contents.newName(time(afterMs), digest));
    contents.add(names.at(-1)!, 1);
  }
  assertEquals(names, [
    "20261130T091500.123Z-ab",
    "20261130T091500.123Z-ab-2",
    "20261130T091500.123Z-ab-3",
    "20261130T091500.124Z-00",
  ]);
  assertEquals(names.toSorted(), names);
});

Deno.test("FolderContents knows the existing requests, oldest first, and ignores other files", () => {
  const contents = new FolderContents([
    { name: "20261130T091500.124Z-ab.json", bytes: 200 },
    { name: "20261130T091500.123Z-cd.json", bytes: 100 },
    { name: "20261130T091500.123Z-cd.body", bytes: 256 * MIB },
    { name: "20261130T091500.122Z-cd.body.txt", bytes: 1 },
    { name: "notes.json", bytes: 1 },
  ]);
  assertEquals([contents.size, contents.surplus(0)], [2, "20261130T091500.123Z-cd"]);
  assertEquals([contents.has("20261130T091500.123Z-cd"), contents.has("notes")], [true, false]);
  contents.delete("20261130T091500.123Z-cd");
  assertEquals(contents.has("20261130T091500.123Z-cd"), false);
  assertEquals([contents.size, contents.surplus(256 * MIB - 200)], [1, undefined]);
  assertEquals(contents.surplus(256 * MIB - 199), "20261130T091500.124Z-ab");
});

Deno.test("FolderContents.surplus() is the oldest when there are a thousand", () => {
  const contents = new FolderContents([]);
  for (let count = 0; count < 999; count++) contents.add(contents.newName(time(count), "ab"), 0);
  assertEquals(contents.surplus(0), undefined);
  contents.add(contents.newName(time(), "cd"), 0);
  assertEquals([contents.size, contents.surplus(0)], [1000, "20261130T091500.123Z-ab"]);
});
