/**
 * The options for making a key on a worker's or client's machine.
 *
 * @module
 */

import type { OptionTable } from "../cli/program.ts";
import { isKey } from "./certificate.ts";

/**
 * Checks a public key.
 *
 * @param text The key.
 * @returns The same key.
 * @throws {RangeError} When it is not a key. The message is a phrase that says what a key looks like.
 */
export function parsePublicKey(text: string): string {
  if (isKey(text)) return text;
  throw new RangeError('a public key has 40 characters of Z85, as "spqueue key show" prints it');
}

/** The queue that a new key is for. */
export const PEER_KEY_OPTIONS = {
  queue: {
    kind: "text",
    defaultValue: undefined,
    parse: parsePublicKey,
    help: 'The queue\'s public key, as "spqueue key show" prints it.',
    placeholder: "PUBLIC-KEY",
  },
} as const satisfies OptionTable;
