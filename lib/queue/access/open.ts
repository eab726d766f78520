/**
 * Whether the program requires keys, according to `--keys` and `--open`.
 *
 * @module
 */

import { KeyFileError, queueCertificatePath } from "../../access/key_files.ts";
import { UsageError } from "../../cli/program.ts";

/** The settings about keys from the command line and the environment. */
export interface KeyChoice {
  /** `--keys`: the key folder. */
  readonly keys: string | undefined;
  /** `--open`: whether to require no keys. */
  readonly open: boolean;
  /** Where each of the two was set, such as `--keys` or `SPQ_OPEN`; one that was not set is missing. */
  readonly sources: ReadonlyMap<string, string>;
}

/**
 * Decides whether keys are required. A container image sets `SPQ_KEYS` for everyone who runs it. Running it without keys
 * takes an explicit `--open`, so that a folder that was not mounted does not open the queue.
 *
 * @param choice The settings.
 * @returns The key folder; `undefined`: no keys are required.
 * @throws {KeyFileError} When there are no keys in the folder and `--open` is not set.
 * @throws {UsageError} When both are set and contradict each other.
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

/** Whether there is a file. If that cannot be told, `true`: reading it will report the error. */
async function isThere(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch (error) {
    return !(error instanceof Deno.errors.NotFound);
  }
}
