/**
 * Implements `spqueue key ...`.
 *
 * @module
 */

import { permittedKeysPath } from "../../access/key_files.ts";
import { formatPermittedKey, parseKeyName, parseRoles } from "../../access/permitted_keys.ts";
import { ExitCode, type OptionValues, UsageError } from "../../cli/program.ts";
import { printLast } from "../../standard_error.ts";
import { writeOutput } from "../../standard_output.ts";
import { loadLibrary } from "../../zmq/library.ts";
import { KeyFolder } from "./key_folder.ts";
import type { KEY_ADD, KEY_LIST, KEY_NEW, KEY_REMOVE, KEY_SHOW } from "./key_options.ts";

/** `spqueue key add`. */
export async function addKey(
  { keys, publicKey }: OptionValues<typeof KEY_ADD.options>,
  [role, name]: readonly string[],
): Promise<number> {
  const roles = checked("ROLE", role!, parseRoles);
  const path = await (await openFolder(keys)).add({ roles, name: checked("NAME", name!, parseKeyName), publicKey });
  writeOutput(`${path ?? permittedKeysPath(keys!)}\n`);
  if (path !== undefined) {
    await printLast(`Copy ${path} to the machine of "${name}" and delete it here: whoever has it is let in.\n`);
  }
  return ExitCode.DONE;
}

/** `spqueue key list`. */
export async function listKeys({ keys }: OptionValues<typeof KEY_LIST.options>): Promise<number> {
  const lines = (await (await openFolder(keys)).list()).map((key) => `${formatPermittedKey(key)}\n`);
  writeOutput(lines.join(""));
  return ExitCode.DONE;
}

/** `spqueue key remove`. */
export async function removeKey(
  { keys }: OptionValues<typeof KEY_REMOVE.options>,
  [name]: readonly string[],
): Promise<number> {
  await (await openFolder(keys)).remove(name!);
  writeOutput(`${permittedKeysPath(keys!)}\n`);
  return ExitCode.DONE;
}

/** `spqueue key show`. */
export async function showKey({ keys }: OptionValues<typeof KEY_SHOW.options>): Promise<number> {
  writeOutput(`${await (await openFolder(keys)).publicKey()}\n`);
  return ExitCode.DONE;
}

/** `spqueue key new`. */
export async function makeKeys({ keys }: OptionValues<typeof KEY_NEW.options>): Promise<number> {
  writeOutput(`${await (await openFolder(keys)).create()}\n`);
  return ExitCode.DONE;
}

async function openFolder(path: string | undefined): Promise<KeyFolder> {
  if (path === undefined) throw new UsageError("Option --keys is missing: it names the key folder, as SPQ_KEYS does");
  return new KeyFolder(await loadLibrary(), path);
}

function checked<T>(placeholder: string, text: string, parse: (text: string) => T): T {
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new UsageError(`Argument ${placeholder} cannot be ${JSON.stringify(text)}: ${error.message}`);
  }
}
