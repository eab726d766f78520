/**
 * The command lines of `spqueue key ...`.
 *
 * @module
 */

import { parsePublicKey } from "../../access/new_key_options.ts";
import type { OptionTable, Program } from "../../cli/program.ts";

const KEYS = {
  keys: {
    kind: "text",
    defaultValue: undefined,
    help: "The key folder.",
    placeholder: "DIR",
    variable: "SPQ_KEYS",
  },
} as const satisfies OptionTable;

const EXIT_CODES: Program<OptionTable>["exitCodes"] = [
  [0, "done"],
  [1, "failed: a file cannot be read or written, or the key or name is already in the list"],
  [2, "usage error"],
];

const NAME = { placeholder: "NAME", help: "The peer's name, as logs show it.", isRequired: true } as const;

/** `spqueue key add`. */
export const KEY_ADD = {
  name: "spqueue key add",
  summary: [
    "Make a key for a worker or client, and let it in.",
    "Writes the key to DIR/NAME.key. Copy this file to the worker's or client's machine, and then delete it here. Makes DIR " +
    "and the queue's own key if they are missing. A running queue lets the key in within a second.",
  ],
  arguments: [
    {
      placeholder: "ROLE",
      help: "What the key is for: worker, client, or client,worker.",
      candidates: ["worker", "client", "client,worker"],
      isRequired: true,
    },
    NAME,
  ],
  options: {
    ...KEYS,
    publicKey: {
      kind: "text",
      defaultValue: undefined,
      parse: parsePublicKey,
      help: "Let in this key, which was made on the peer's machine, instead of making one.",
      placeholder: "KEY",
    },
  },
  exitCodes: EXIT_CODES,
} as const satisfies Program<OptionTable>;

/** `spqueue key list`. */
export const KEY_LIST = {
  name: "spqueue key list",
  summary: ["Print the permitted keys: role, public key and name."],
  options: KEYS,
  exitCodes: EXIT_CODES,
} as const satisfies Program<OptionTable>;

/** `spqueue key remove`. */
export const KEY_REMOVE = {
  name: "spqueue key remove",
  summary: [
    "Remove a permitted key.",
    "A running queue closes the key's connections within two seconds. The key's file is left alone.",
  ],
  arguments: [NAME],
  options: KEYS,
  exitCodes: EXIT_CODES,
} as const satisfies Program<OptionTable>;

/** `spqueue key show`. */
export const KEY_SHOW = {
  name: "spqueue key show",
  summary: ["Print the queue's public key, for keys that are made on a worker's or client's machine."],
  options: KEYS,
  exitCodes: EXIT_CODES,
} as const satisfies Program<OptionTable>;

/** `spqueue key new`. */
export const KEY_NEW = {
  name: "spqueue key new",
  summary: ["Make the key folder with the queue's own key and an empty list, and print the queue's public key."],
  options: KEYS,
  exitCodes: EXIT_CODES,
} as const satisfies Program<OptionTable>;
