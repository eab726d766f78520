/**
 * Debian's own changelog format.
 *
 * @module
 */

/** A version of a package. */
export interface PackageVersion {
  /** The package's name. */
  readonly name: string;
  /** The version with the package's revision, such as `0.1.0-1`. */
  readonly version: string;
  /** Who makes the package, as `NAME <ADDRESS>`. */
  readonly maintainer: string;
  /** Its date. */
  readonly date: Date;
}

/**
 * Writes an entry, for `changelog.Debian` or `NEWS.Debian`.
 *
 * @param of The version.
 * @param text The text of the entry; its lines get indented.
 */
export function debianEntry({ name, version, maintainer, date }: PackageVersion, text: string): string {
  const lines = text.trim().split("\n").map((line) => line === "" ? "" : `  ${line}`);
  const when = date.toUTCString().replace("GMT", "+0000");
  return `${name} (${version}) unstable; urgency=medium\n\n${lines.join("\n")}\n\n -- ${maintainer}  ${when}\n`;
}
