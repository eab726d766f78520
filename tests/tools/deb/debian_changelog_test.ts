import { assertEquals } from "@std/assert";
import { debianEntry } from "../../../tools/deb/debian_changelog.ts";

Deno.test("debianEntry() writes an entry in the format of deb-changelog(5)", () => {
  const version = {
    name: "spqueue",
    version: "0.1.0-2",
    maintainer: "Some One <one@queue.example>",
    date: new Date("2026-12-01T08:05:00Z"),
  };
  assertEquals(
    debianEntry(version, "One line.\n\n    another\n"),
    `spqueue (0.1.0-2) unstable; urgency=medium

  One line.

      another

 -- Some One <one@queue.example>  Tue, 01 Dec 2026 08:05:00 +0000
`,
  );
});
