/**
 * The contents of a folder of exhausted requests: their number and size, and which to remove when there are too many.
 *
 * @module
 */

/** The most requests that are kept. */
const MAX_REQUESTS = 1000;
/** The most bytes that are kept, of bodies and descriptions. */
const MAX_BYTES = 256 * 1024 * 1024;

/** The suffix of a body's file name. */
export const BODY_SUFFIX = ".body";
/** The suffix of a description's file name. */
export const RECORD_SUFFIX = ".json";

const NAME = /^(\d{8}T\d{6}\.\d{3}Z-[0-9a-f]+(?:-\d+)?)\.(?:body|json)$/;

/** A file. */
export interface FileFacts {
  /** Its name. */
  readonly name: string;
  /** Its size. */
  readonly bytes: number;
}

/** The contents of a folder. Other files in it do not count. */
export class FolderContents {
  /** The bytes of each request by its name without suffix, oldest first. */
  readonly #requests = new Map<string, number>();
  #bytes = 0;

  /** @param files The files in the folder. */
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
   * @param time When it reached its limit, such as `2026-11-30T09:15:00.123Z`.
   * @param digest Its hash.
   * @returns The name, such as `20261130T091500.123Z-0123456789abcdef`. Names of later requests sort after those of earlier
   * ones.
   */
  newName(time: string, digest: string): string {
    const name = `${time.replaceAll(/[-:]/g, "")}-${digest}`;
    if (!this.#requests.has(name)) return name;
    let number = 2;
    while (this.#requests.has(`${name}-${number}`)) number++;
    return `${name}-${number}`;
  }

  /**
   * The next request to remove before another may be added.
   *
   * @param bytes The size of the request to be added.
   * @returns The name of the oldest request; `undefined` if there is room.
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
