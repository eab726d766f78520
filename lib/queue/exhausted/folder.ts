/**
 * The folder in which exhausted requests are kept, each with a description. Its size is limited: the oldest are removed.
 *
 * @module
 */

import { delay } from "../../delay.ts";
import { printableIdentity } from "../../identity.ts";
import { LimitedLog } from "../../limited_log.ts";
import type { EventLog } from "../../log.ts";
import { fileReason } from "../../system_error.ts";
import { BODY_SUFFIX, type FileFacts, FolderContents, RECORD_SUFFIX } from "./contents.ts";
import { describeExhausted, type ExhaustedCopy } from "./record.ts";

const OWNER_ONLY_FOLDER = 0o700;
const OWNER_ONLY_FILE = 0o600;
/** For how many of the latest requests the file is remembered: as many as the status shows. */
const MAX_KNOWN_FILES = 100;

/** The folder; see the module. */
export class ExhaustedFolder implements Disposable {
  readonly #path: string;
  readonly #contents: FolderContents;
  readonly #log: LimitedLog | undefined;
  /** The name and file of each of the latest requests by its number, oldest first. */
  readonly #known = new Map<number, { readonly name: string; readonly file: string }>();
  #writing: Promise<void> = Promise.resolve();

  private constructor(path: string, files: readonly FileFacts[], log: EventLog | undefined) {
    this.#path = path;
    this.#contents = new FolderContents(files);
    this.#log = log && new LimitedLog(log);
  }

  /**
   * Opens the folder, or creates it with access only for its owner.
   *
   * @param path The folder.
   * @param log Receives an event for each request.
   * @throws {Error} When it cannot be created, or files cannot be written there.
   */
  static async open(path: string, log: EventLog | undefined): Promise<ExhaustedFolder> {
    await Deno.mkdir(path, { recursive: true, mode: OWNER_ONLY_FOLDER });
    const probe = `${path}/.${crypto.randomUUID()}`;
    await writeFile(probe, new Uint8Array());
    await Deno.remove(probe);
    const files: FileFacts[] = [];
    for await (const { name, isFile } of Deno.readDir(path)) {
      if (isFile) files.push({ name, bytes: await sizeOf(`${path}/${name}`) });
    }
    return new ExhaustedFolder(path, files, log);
  }

  /**
   * Keeps a request, after those before it. Errors are logged.
   *
   * @param copy The request.
   * @returns Resolves when it has been written, or could not be.
   */
  async keep(copy: ExhaustedCopy): Promise<void> {
    this.#writing = this.#writing.then(() => this.#write(copy));
    await this.#writing;
  }

  /**
   * The file in which a request of this queue is kept.
   *
   * @param number The request's number.
   * @returns Its path; `undefined` if the request is not kept, not yet kept, or no longer kept.
   */
  fileOf(number: number): string | undefined {
    const known = this.#known.get(number);
    return known !== undefined && this.#contents.has(known.name) ? known.file : undefined;
  }

  /**
   * Waits until all requests are written.
   *
   * @param timeoutMs The longest wait.
   */
  async settled(timeoutMs: number): Promise<void> {
    const waiting = new AbortController();
    await Promise.race([this.#writing, delay(timeoutMs, waiting.signal)]);
    waiting.abort();
  }

  /** Writes the log lines that are held back. */
  [Symbol.dispose](): void {
    this.#log?.[Symbol.dispose]();
  }

  /** Never rejects: the next request must still be written. */
  async #write(copy: ExhaustedCopy): Promise<void> {
    const { digest, client, exhaustedAtMs, body } = copy;
    const name = this.#contents.newName(new Date(exhaustedAtMs).toISOString(), digest);
    try {
      const [bodyPath, recordPath] = this.#pathsOf(name);
      const record = new TextEncoder().encode(describeExhausted(copy));
      const [onlyFrame] = body.length === 1 ? body : [];
      await this.#makeRoom(record.length + (onlyFrame?.length ?? 0));
      if (onlyFrame !== undefined) await this.#writeFile(name, bodyPath, onlyFrame);
      // Written last, so that anyone who finds it finds the complete body, too.
      await this.#writeFile(name, recordPath, record);
      const file = onlyFrame === undefined ? recordPath : bodyPath;
      this.#known.set(copy.number, { name, file });
      if (this.#known.size > MAX_KNOWN_FILES) this.#known.delete(this.#known.keys().next().value!);
      this.#log?.info("exhausted request kept", { file, digest, client: printableIdentity(client) });
    } catch (error) {
      await this.#remove(name).catch(() => undefined);
      this.#log?.error("exhausted request not kept", { digest, reason: keepReason(error) });
    }
  }

  async #writeFile(name: string, path: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    this.#contents.add(name, bytes.length);
    await writeFile(path, bytes);
  }

  async #makeRoom(bytes: number): Promise<void> {
    for (let name = this.#contents.surplus(bytes); name !== undefined; name = this.#contents.surplus(bytes)) {
      await this.#remove(name);
    }
  }

  async #remove(name: string): Promise<void> {
    for (const path of this.#pathsOf(name)) await Deno.remove(path).catch(ignoreMissing);
    this.#contents.delete(name);
  }

  #pathsOf(name: string): readonly [body: string, record: string] {
    return [`${this.#path}/${name}${BODY_SUFFIX}`, `${this.#path}/${name}${RECORD_SUFFIX}`];
  }
}

/** Creates a file. Never follows a link that somebody else has put there. */
async function writeFile(path: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
  await Deno.writeFile(path, bytes, { createNew: true, mode: OWNER_ONLY_FILE });
}

/** The size of a file; 0 if it has been removed since the listing. */
async function sizeOf(path: string): Promise<number> {
  try {
    return (await Deno.stat(path)).size;
  } catch (error) {
    ignoreMissing(error);
    return 0;
  }
}

function ignoreMissing(error: unknown): void {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}

/**
 * Says why requests cannot be kept in the folder.
 *
 * @param error What Deno threw.
 */
export function keepReason(error: unknown): string {
  if (error instanceof Deno.errors.NotFound) return "there is no such folder";
  if (error instanceof Deno.errors.AlreadyExists) return "there is a file of that name";
  return fileReason(error);
}
