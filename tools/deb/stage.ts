/**
 * The files of a package, as nfpm's configuration lists them.
 *
 * @module
 */

import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { pathOf } from "../release/archive.ts";

/** A file or folder of a package. */
export interface Content {
  /** The file that it is made of; a folder has none. */
  readonly src?: string;
  /** Where it is when it is installed. */
  readonly dst: string;
  /** Unless it is an ordinary file: a folder, or a file that people change. */
  readonly type?: "dir" | "config|noreplace";
  /** Its permissions. */
  readonly file_info: { readonly mode: number };
}

/** Collects the files of a package. */
export class Stage {
  /** What has been collected. */
  readonly contents: Content[] = [];
  readonly #folder: URL;

  /** @param folder Where the files are put that do not exist yet. */
  constructor(folder: URL) {
    this.#folder = folder;
  }

  /** Adds a file that is there. */
  addFile(src: string, dst: string, mode = 0o644): void {
    this.contents.push({ src, dst, file_info: { mode } });
  }

  /** Adds a text. */
  async addText(text: string, dst: string, type?: "config|noreplace"): Promise<void> {
    const src = await this.#write(dst, new TextEncoder().encode(text));
    this.contents.push({ src, dst, ...(type === undefined ? {} : { type }), file_info: { mode: 0o644 } });
  }

  /** Adds a text that Debian wants compressed. */
  async addCompressed(text: string, dst: string): Promise<void> {
    const bytes = await promisify(gzip)(new TextEncoder().encode(text), { level: 9 });
    this.contents.push({ src: await this.#write(dst, bytes), dst, file_info: { mode: 0o644 } });
  }

  /** Adds a folder. */
  addFolder(dst: string, mode: number): void {
    this.contents.push({ dst, type: "dir", file_info: { mode } });
  }

  async #write(dst: string, bytes: Uint8Array): Promise<string> {
    const file = new URL(dst.slice(1).replaceAll("/", "-"), this.#folder);
    await Deno.writeFile(file, bytes);
    return pathOf(file);
  }
}
