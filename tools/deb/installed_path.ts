/**
 * Where the files of an archive go in a Debian package.
 *
 * @module
 */

/** Where a file goes, and in what form. */
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
 * @returns Its path in the package; `undefined` if it is left out because the file `copyright` has its contents.
 */
export function installedPath(path: string, name: string): InstalledPath | undefined {
  const [, document] = /^share\/doc\/[^/]+\/(.*)$/.exec(path) ?? [];
  const [dst, isCompressed] = document === undefined ? placeOf(path) : documentPlaceOf(document, name);
  return dst === undefined ? undefined : { dst, isCompressed, isProgram: PROGRAM.test(path) };
}

/** Executables: the programs, and the script that builds the container images. */
const PROGRAM = /^bin\/|\/packaging\/container\/context$/;

function placeOf(path: string): [string, boolean] {
  // In Debian 12, units are not below /usr.
  if (path.startsWith("lib/systemd/")) return [`/${path}`, false];
  if (path.startsWith("share/man/")) return [`/usr/${path}.gz`, true];
  // Debian's zsh looks in vendor-completions.
  return [`/usr/${path.replace("zsh/site-functions/", "zsh/vendor-completions/")}`, false];
}

function documentPlaceOf(document: string, name: string): [string | undefined, boolean] {
  if (document === "LICENSE") return [undefined, false];
  if (document === "CHANGELOG.md") return [`/usr/share/doc/${name}/changelog.gz`, true];
  return [`/usr/share/doc/${name}/${document}`, false];
}
