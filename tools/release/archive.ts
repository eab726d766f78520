/**
 * Reproducible archives and compressed files: the same input files always give the same output.
 *
 * @module
 */

import { createReadStream, createWriteStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";

/** gzip's level. Higher levels take three times as long and save half a percent. */
const LEVEL = 6;

/**
 * Packs a folder into a .tar.gz: sorted, without owners, and with the same date for all files.
 *
 * @param folder The folder; the archive begins with its name.
 * @param file The archive.
 * @param date The date of all files in it.
 */
export async function pack(folder: URL, file: URL, date: Date): Promise<void> {
  const parent = pathOf(new URL("../", folder));
  const files = (await Array.fromAsync(filesIn(folder))).map((path) => path.slice(parent.length)).sort();
  // This package can leave out owners. Imported only here, since it reads the environment when it is loaded.
  const { create } = await import("tar");
  await create({ file: pathOf(file), cwd: parent, gzip: { level: LEVEL }, portable: true, mtime: date }, files);
}

/**
 * Compresses a file with gzip.
 *
 * @param file The file.
 * @param compressed The compressed file.
 */
export async function compress(file: URL, compressed: URL): Promise<void> {
  await pipeline(createReadStream(file), createGzip({ level: LEVEL }), createWriteStream(compressed));
}

/** The files below a folder. */
export async function* filesIn(folder: URL): AsyncGenerator<string> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const path = new URL(encodeURIComponent(name) + (isDirectory ? "/" : ""), folder);
    if (isDirectory) yield* filesIn(path);
    else yield pathOf(path);
  }
}

/** The path of a file URL. */
export function pathOf(url: URL): string {
  return decodeURIComponent(url.pathname);
}
