/**
 * Lists which files of the repository go into an archive.
 *
 * @module
 */

import { filesIn, pathOf } from "./archive.ts";
import { PLACEMENTS } from "./layout.ts";

/** A file, and where it goes. */
export interface PlacedFile {
  /** The file. */
  readonly from: URL;
  /** Where it goes, relative to the prefix. */
  readonly to: string;
}

/**
 * Lists what an archive contains besides the programs and the notices.
 *
 * @param source The repository's folder.
 * @returns The files. A folder that does not exist contributes none.
 */
export async function contentsOf(source: URL): Promise<PlacedFile[]> {
  const files: PlacedFile[] = [];
  for (const { from, to, only } of PLACEMENTS) {
    const url = new URL(from, source);
    if (!from.endsWith("/")) files.push({ from: url, to });
    else {
      for (const path of await listFiles(url)) {
        if (only === undefined || only.test(path)) files.push({ from: new URL(encodePath(path), url), to: to + path });
      }
    }
  }
  return files;
}

/** The paths of the files below a folder, relative to it; empty if there is no such folder. */
async function listFiles(folder: URL): Promise<string[]> {
  try {
    return (await Array.fromAsync(filesIn(folder))).map((path) => path.slice(pathOf(folder).length));
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return [];
  }
}

function encodePath(path: string): string {
  return path.split("/").map(encodeURIComponent).join("/");
}
