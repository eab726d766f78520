/**
 * Archives and compressed files that are the same whenever they are made of the same files.
 *
 * @module
 */

import { createReadStream, createWriteStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";

/** Beyond this, gzip takes three times as long and saves half a percent. */
const LEVEL = 6;

/**
 * Packs a folder into a .tar.gz: sorted, without owners, and with one date.
 *
 * @param folder The folder; the archive begins with its name.
 * @param file The archive.
 * @param date The date of all files in it.
 */
export async function pack(folder: URL, file: URL, date: Date): Promise<void> {
  const parent = pathOf(new URL("../", folder));
  const files = (await Array.fromAsync(filesIn(folder))).map((path) => path.slice(parent.length)).sort();
  // It can leave out who made an archive. It reads the environment when it is loaded, which only this needs.
  const { create } = await import("tar");
  await create({ file: pathOf(file), cwd: parent, gzip: { level: LEVEL }, portable: true, mtime: date }, files);
}

/**
 * Compresses a file with gzip.
 *
 * @param file The file.
 * @param compressed The compressed one.
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
