/**
 * Access control: the options of {@linkcode startQueue} about it, and the configuration derived from them.
 *
 * @module
 */

import { parseAddressRange } from "../../access/address_range.ts";
import { queueCertificatePath, readPermittedKeys, readSecretCertificate } from "../../access/key_files.ts";
import type { Option, OptionValues } from "../../option.ts";
import type { AccessConfig } from "./door.ts";

const RANGES = { kind: "texts", defaultValue: undefined, parse: checkRange } as const;

/** The options; {@linkcode AccessOptions} describes each. */
export const ACCESS_OPTIONS = {
  keys: { kind: "text", defaultValue: undefined },
  allow: RANGES,
  allowClients: RANGES,
  allowWorkers: RANGES,
} as const satisfies Record<keyof AccessOptions, Option>;

/** Access control. Without any of these options everybody who can reach an endpoint is let in. */
export interface AccessOptions {
  /**
   * A key folder, made by `spqueue key add`: peers on `tcp://` endpoints must have a key that is listed in its file
   * `permitted`. The list is read again when it changes.
   *
   * @default no keys are needed
   */
  readonly keys?: string | undefined;
  /**
   * Ranges of addresses to let in on `tcp://` endpoints, such as `"10.1.0.0/16"` or `["192.0.2.7", "fd00::/8"]`. With `keys`
   * as well, a peer needs both a permitted address and a permitted key.
   *
   * @default every address
   */
  readonly allow?: string | readonly string[] | undefined;
  /**
   * As `allow`, for clients only.
   *
   * @default the option `allow`
   */
  readonly allowClients?: string | readonly string[] | undefined;
  /**
   * As `allow`, for workers only.
   *
   * @default the option `allow`
   */
  readonly allowWorkers?: string | readonly string[] | undefined;
}

function checkRange(text: string): string {
  parseAddressRange(text);
  return text;
}

/**
 * Reads the files that the options name.
 *
 * @param options The options.
 * @returns The configuration; `undefined`: everybody is let in.
 * @throws {KeyFileError} When a key file cannot be used.
 */
export async function readAccess(options: OptionValues<typeof ACCESS_OPTIONS>): Promise<AccessConfig | undefined> {
  const { keys: folder, allow, allowClients = allow, allowWorkers = allow } = options;
  if (folder === undefined && allowClients === undefined && allowWorkers === undefined) return undefined;
  return {
    keys: folder === undefined ? undefined : await readKeys(folder),
    allow: { client: allowClients, worker: allowWorkers },
  };
}

async function readKeys(folder: string): Promise<NonNullable<AccessConfig["keys"]>> {
  const { publicKey, secretKey } = await readSecretCertificate(queueCertificatePath(folder));
  const { keys } = await readPermittedKeys(folder);
  // The absolute path, since people may run the commands from the log in another folder.
  return { folder: await Deno.realPath(folder), publicKey, secretKey, permitted: keys };
}
