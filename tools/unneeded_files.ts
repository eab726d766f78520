/**
 * Files of npm packages that no program needs at run time: types, source maps, tests and the like. Leaving them out
 * makes binaries smaller and saves memory, since Deno holds all files of a binary in memory.
 *
 * @module
 */

const UNNEEDED_FOLDERS: readonly string[] = ["docs", "examples", "specs", "test", "tests"];
const UNNEEDED_FILES = /\.(d\.[cm]?ts|map|md)$/;

/**
 * Finds such files in a package.
 *
 * @param folder The package's folder; its URL ends with a slash.
 * @returns Folders, without a final slash, and single files.
 */
export function unneededFiles(folder: URL): URL[] {
  return [...Deno.readDirSync(folder)].flatMap(({ name, isDirectory }) => {
    const entry = encodeURIComponent(name);
    if (!isDirectory) return UNNEEDED_FILES.test(name) ? [new URL(entry, folder)] : [];
    return UNNEEDED_FOLDERS.includes(name) ? [new URL(entry, folder)] : unneededFiles(new URL(`${entry}/`, folder));
  });
}
