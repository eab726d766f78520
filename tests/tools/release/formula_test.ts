import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import { formulaText } from "../../../tools/release/formula.ts";
import { Folder } from "../../harness/folder.ts";
import { scenario } from "../../harness/scenario.ts";

const PLATFORMS = ["linux-arm64", "linux-x64", "macos-arm64", "macos-x64"];
const SOURCE = {
  version: "1.2.3",
  homepage: "https://example.com/queue",
  downloads: "https://example.com/queue/releases/download/v1.2.3",
  sums: new Map(PLATFORMS.map((platform, index) => [`simple-pirate-1.2.3-${platform}.tar.gz`, `${index}`.repeat(64)])),
};

Deno.test("formulaText() names the archive of each machine with its sum", () => {
  const found = [...formulaText(SOURCE).matchAll(/url "(.*)"\n +sha256 "(.*)"/g)].map(([, url, sum]) => [url, sum]);
  assertEquals(
    found.toSorted(),
    PLATFORMS.map((platform, index) => [
      `${SOURCE.downloads}/simple-pirate-1.2.3-${platform}.tar.gz`,
      `${index}`.repeat(64),
    ]),
  );
});

Deno.test("formulaText() leaves out machines for which there is no archive", () => {
  const sums = new Map([...SOURCE.sums].slice(1, 2));
  const text = formulaText({ ...SOURCE, sums });
  assertMatch(text, /^ {2}on_linux do\n {4}on_intel do\n/m);
  assertEquals(/on_macos|on_arm/.test(text), false);
  assertThrows(() => formulaText({ ...SOURCE, sums: new Map() }), Error, "without an archive of version 1.2.3");
});

scenario("formulaText() is Ruby", ["ruby", "files"], async () => {
  using folder = new Folder();
  await Deno.writeTextFile(folder.file("simple-pirate.rb"), formulaText(SOURCE));
  const ruby = new Deno.Command("ruby", {
    args: ["-c", folder.file("simple-pirate.rb")],
    stdout: "null",
    stderr: "null",
  });
  assertEquals((await ruby.output()).code, 0);
});
