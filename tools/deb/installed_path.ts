/**
 * Where Debian wants what an archive has.
 *
 * @module
 */

/** Where a file goes, and how. */
export interface InstalledPath {
  /** Its path. */
  readonly dst: string;
  /** Whether it is compressed. */
  readonly isCompressed: boolean;
  /** Whether it is a program. */
  readonly isProgram: boolean;
}

/**
 * Says where a file of an archive goes.
 *
 * @param path Its path in the archive, such as `share/man/man1/spqueue.1`.
 * @param name The package's name.
 * @returns Its path in the package; `undefined` when it is left out, since the file `copyright` has what it says.
 */
export function installedPath(path: string, name: string): InstalledPath | undefined {
  const [, document] = /^share\/doc\/[^/]+\/(.*)$/.exec(path) ?? [];
  const [dst, isCompressed] = document === undefined ? placeOf(path) : documentPlaceOf(document, name);
  return dst === undefined ? undefined : { dst, isCompressed, isProgram: PROGRAM.test(path) };
}

/** The programs, and what builds the container images. */
const PROGRAM = /^bin\/|\/packaging\/container\/context$/;

function placeOf(path: string): [string, boolean] {
  // Units are not below /usr in Debian 12.
  if (path.startsWith("lib/systemd/")) return [`/${path}`, false];
  if (path.startsWith("share/man/")) return [`/usr/${path}.gz`, true];
  // Debian's zsh looks there.
  return [`/usr/${path.replace("zsh/site-functions/", "zsh/vendor-completions/")}`, false];
}

function documentPlaceOf(document: string, name: string): [string | undefined, boolean] {
  if (document === "LICENSE") return [undefined, false];
  if (document === "CHANGELOG.md") return [`/usr/share/doc/${name}/changelog.gz`, true];
  return [`/usr/share/doc/${name}/${document}`, false];
}
