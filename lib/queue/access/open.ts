/**
 * Whether the program asks for keys: what `--keys` and `--open` come to together.
 *
 * @module
 */

import { KeyFileError, queueCertificatePath } from "../../access/key_files.ts";
import { UsageError } from "../../cli/program.ts";

/** What the command line and the environment say of keys. */
export interface KeyChoice {
  /** `--keys`: the key folder. */
  readonly keys: string | undefined;
  /** `--open`: whether to ask for no keys. */
  readonly open: boolean;
  /** What gave each of the two, such as `--keys` or `SPQ_OPEN`; those that were not given are missing. */
  readonly sources: ReadonlyMap<string, string>;
}

/**
 * Decides which keys are asked for. A container image sets `SPQ_KEYS` for all who run it. Whoever has no keys there must say so;
 * a folder that was not mounted must not open the queue.
 *
 * @param choice What was said.
 * @returns The key folder; `undefined`: no keys are asked for.
 * @throws {KeyFileError} When there are no keys in the folder, and nobody said `--open`.
 * @throws {UsageError} When both are said, and there are keys in the folder.
 */
export async function keyFolderOf({ keys, open, sources }: KeyChoice): Promise<string | undefined> {
  if (keys === undefined) return undefined;
  const hasKeys = await isThere(queueCertificatePath(keys));
  const [keysSource, openSource] = [sources.get("keys"), sources.get("open")];
  if (open) {
    if (!hasKeys && keysSource?.startsWith("SPQ_")) return undefined;
    throw new UsageError(`${openSource} asks for no keys, but ${keysSource} names "${keys}": leave one of them out`);
  }
  if (hasKeys) return keys;
  throw new KeyFileError(
    `There are no keys in "${keys}", which ${keysSource} names: mount or make them ("spqueue key add"), or set SPQ_OPEN=1 ` +
      "to let in everybody who reaches the queue",
  );
}

/** Whether there is a file, as far as one may see: if not, whoever reads it says why. */
async function isThere(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch (error) {
    return !(error instanceof Deno.errors.NotFound);
  }
}
