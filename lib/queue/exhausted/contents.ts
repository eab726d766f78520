/**
 * What is in a folder of exhausted requests: how many there are and how large, and which must go when there are too many.
 *
 * @module
 */

/** Requests that are kept. */
const MAX_REQUESTS = 1000;
/** Bytes that are kept, of bodies and descriptions. */
const MAX_BYTES = 256 * 1024 * 1024;

/** The end of the name of a body's file. */
export const BODY_SUFFIX = ".body";
/** The end of the name of a description's file. */
export const RECORD_SUFFIX = ".json";

const NAME = /^(\d{8}T\d{6}\.\d{3}Z-[0-9a-f]+(?:-\d+)?)\.(?:body|json)$/;

/** A file. */
export interface FileFacts {
  /** Its name. */
  readonly name: string;
  /** Its size. */
  readonly bytes: number;
}

/** The contents of a folder. Files of other people count for nothing. */
export class FolderContents {
  /** Bytes by the names that requests have without their suffix, oldest first. */
  readonly #requests = new Map<string, number>();
  #bytes = 0;

  /** @param files What is in the folder. */
  constructor(files: Iterable<FileFacts>) {
    const known = [...files].toSorted((one, other) => one.name < other.name ? -1 : 1);
    for (const { name, bytes } of known) {
      const request = NAME.exec(name)?.[1];
      if (request !== undefined) this.add(request, bytes);
    }
  }

  /** How many requests there are. */
  get size(): number {
    return this.#requests.size;
  }

  /** Whether a request is there. */
  has(name: string): boolean {
    return this.#requests.has(name);
  }

  /**
   * Makes a name that no request has.
   *
   * @param time When it met its limit, such as `2026-11-30T09:15:00.123Z`.
   * @param digest Its hash.
   * @returns Such as `20261130T091500.123Z-0123456789abcdef`; names of later requests sort behind those of earlier ones.
   */
  newName(time: string, digest: string): string {
    const name = `${time.replaceAll(/[-:]/g, "")}-${digest}`;
    if (!this.#requests.has(name)) return name;
    let number = 2;
    while (this.#requests.has(`${name}-${number}`)) number++;
    return `${name}-${number}`;
  }

  /**
   * The request that must go first so that another one may be added.
   *
   * @param bytes The size of that one.
   * @returns The oldest one; `undefined` when there is room.
   */
  surplus(bytes: number): string | undefined {
    if (this.#requests.size < MAX_REQUESTS && this.#bytes + bytes <= MAX_BYTES) return undefined;
    return this.#requests.keys().next().value;
  }

  /**
   * A file of a request was written.
   *
   * @param name The request's name.
   * @param bytes The file's size.
   */
  add(name: string, bytes: number): void {
    this.#requests.set(name, (this.#requests.get(name) ?? 0) + bytes);
    this.#bytes += bytes;
  }

  /** A request's files are gone. */
  delete(name: string): void {
    this.#bytes -= this.#requests.get(name) ?? 0;
    this.#requests.delete(name);
  }
}
