import { assertEquals, assertThrows } from "@std/assert";
import { notesOf, whyNotReleasable } from "../../../tools/release/notes.ts";

const CHANGELOG = `# Changes

## 1.1.0 (unreleased)

### Changed

- Something.

## 1.0.0 (2026-12-01)

First version.
`;

Deno.test("notesOf() extracts the section of a version", () => {
  assertEquals(notesOf(CHANGELOG, "1.1.0"), { date: undefined, text: "### Changed\n\n- Something.\n" });
  assertEquals(notesOf(CHANGELOG, "1.0.0"), { date: "2026-12-01", text: "First version.\n" });
});

Deno.test("notesOf() throws when CHANGELOG.md does not have the version", () => {
  for (const version of ["1.0", "1", "1.0.0 ("]) {
    assertThrows(() => notesOf(CHANGELOG, version), Error, `Cannot find version ${version} in CHANGELOG.md`);
  }
});

Deno.test("whyNotReleasable() asks for a tag of the version, and for the day of the release", () => {
  const released = notesOf(CHANGELOG, "1.0.0");
  assertEquals(whyNotReleasable("v1.0.0", "1.0.0", released), undefined);
  for (const tag of ["1.0.0", "v1.0.1", ""]) {
    assertEquals(
      whyNotReleasable(tag, "1.0.0", released),
      `The tag is "${tag}", and the version in deno.json 1.0.0: it must be "v1.0.0"`,
    );
  }
  assertEquals(
    whyNotReleasable("v1.1.0", "1.1.0", notesOf(CHANGELOG, "1.1.0")),
    "CHANGELOG.md says that 1.1.0 is unreleased: write the day of the release there",
  );
});
