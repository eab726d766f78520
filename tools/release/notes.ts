/**
 * The notes of a release, from CHANGELOG.md.
 *
 * @module
 */

/** A section of CHANGELOG.md. */
export interface ReleaseNotes {
  /** When it was released, such as `2026-12-01`; `undefined` if it is unreleased. */
  readonly date: string | undefined;
  /** What changed, in Markdown. */
  readonly text: string;
}

/**
 * Extracts the section of a version.
 *
 * @param changelog The text of CHANGELOG.md.
 * @param version The version.
 * @returns Its section, without the heading.
 * @throws {Error} When there is none.
 */
export function notesOf(changelog: string, version: string): ReleaseNotes {
  for (const section of changelog.split(/^## /m).slice(1)) {
    const [, found, when] = /^(\S+) \((unreleased|\d{4}-\d\d-\d\d)\)$/m.exec(section.split("\n", 1)[0]!) ?? [];
    if (found !== version) continue;
    const text = section.slice(section.indexOf("\n")).trim();
    return { date: when === "unreleased" ? undefined : when, text: `${text}\n` };
  }
  throw new Error(
    `Cannot find version ${version} in CHANGELOG.md: it needs a heading "## ${version} (unreleased)" or, instead of ` +
      "that word, the day of the release",
  );
}

/**
 * Says why a tag cannot be released.
 *
 * @param tag The tag.
 * @param version The version in deno.json.
 * @param notes The section of that version in CHANGELOG.md.
 * @returns The reason; `undefined` if it can be released.
 */
export function whyNotReleasable(tag: string, version: string, notes: ReleaseNotes): string | undefined {
  if (tag !== `v${version}`) {
    return `The tag is "${tag}", and the version in deno.json ${version}: it must be "v${version}"`;
  }
  if (notes.date !== undefined) return undefined;
  return `CHANGELOG.md says that ${version} is unreleased: write the day of the release there`;
}
