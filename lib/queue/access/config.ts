/**
 * Who a queue lets in: the options of {@linkcode startQueue} about it, and what the relay makes of them.
 *
 * @module
 */

import { parseAddressRange } from "../../access/address_range.ts";
import { queueCertificatePath, readPermittedKeys, readSecretCertificate } from "../../access/key_files.ts";
import type { Option, OptionValues } from "../../option.ts";
import type { AccessConfig } from "./door.ts";

const RANGES = { kind: "texts", defaultValue: undefined, parse: checkRange } as const;

/** The options; {@linkcode AccessOptions} says what each one does. */
export const ACCESS_OPTIONS = {
  keys: { kind: "text", defaultValue: undefined },
  allow: RANGES,
  allowClients: RANGES,
  allowWorkers: RANGES,
} as const satisfies Record<keyof AccessOptions, Option>;

/** Who is let in. Without any of these options everybody who can reach an endpoint is. */
export interface AccessOptions {
  /**
   * A key folder, made by `spqueue key add`: peers on `tcp://` endpoints must have a key that its file `permitted` names. The list
   * is read again when it changes.
   *
   * @default no keys are needed
   */
  readonly keys?: string | undefined;
  /**
   * Ranges of addresses that are let in on `tcp://` endpoints, such as `"10.1.0.0/16"` or `["192.0.2.7", "fd00::/8"]`. Where keys
   * are needed as well, both must permit.
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
 * @returns Who is let in; `undefined`: everybody.
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
  // Whoever types what the log says may be in another folder.
  return { folder: await Deno.realPath(folder), publicKey, secretKey, permitted: keys };
}
