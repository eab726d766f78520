/**
 * The files of a package, in the form of nfpm's configuration.
 *
 * @module
 */

import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { pathOf } from "../release/archive.ts";

/** A file or folder of a package. */
export interface Content {
  /** The source file; a folder has none. */
  readonly src?: string;
  /** Where it is installed. */
  readonly dst: string;
  /** A folder, or a configuration file that users change; missing for an ordinary file. */
  readonly type?: "dir" | "config|noreplace";
  /** Its permissions. */
  readonly file_info: { readonly mode: number };
}

/** Collects the files of a package. */
export class Stage {
  /** What has been collected. */
  readonly contents: Content[] = [];
  readonly #folder: URL;

  /** @param folder Where generated files are written. */
  constructor(folder: URL) {
    this.#folder = folder;
  }

  /** Adds an existing file. */
  addFile(src: string, dst: string, mode = 0o644): void {
    this.contents.push({ src, dst, file_info: { mode } });
  }

  /** Adds a file with this text. */
  async addText(text: string, dst: string, type?: "config|noreplace"): Promise<void> {
    const src = await this.#write(dst, new TextEncoder().encode(text));
    this.contents.push({ src, dst, ...(type === undefined ? {} : { type }), file_info: { mode: 0o644 } });
  }

  /** Adds a file with this text, compressed as Debian requires. */
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
