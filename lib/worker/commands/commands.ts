/**
 * The worker's subcommands. Their code is loaded when it is needed.
 *
 * @module
 */

import { type Command, command } from "../../cli/command.ts";
import { completionCommand } from "../../cli/completion_command.ts";
import type { Program } from "../../cli/program.ts";
import type { OptionTable } from "../../cli/program.ts";
import { PEER_KEY_OPTIONS } from "../../access/new_key_options.ts";

/** `spworker key new`. */
export const KEY_NEW = {
  name: "spworker key new",
  summary: [
    "Make a key on this machine, so that its secret never leaves it.",
    'Prints the line that lets the key in: add it to the file "permitted" in the queue\'s key folder.',
  ],
  arguments: [{ placeholder: "NAME", help: "The worker's name, as the queue's log shows it.", isRequired: true }],
  options: {
    ...PEER_KEY_OPTIONS,
    file: {
      kind: "text",
      defaultValue: undefined,
      help: "Where to write the key. An existing file is never overwritten.",
      placeholder: "FILE",
      shownDefault: "NAME.key",
    },
  },
  exitCodes: [
    [0, "done"],
    [1, "failed: the file cannot be written, or already exists"],
    [2, "usage error"],
  ],
} as const satisfies Program<OptionTable>;

/** All subcommands of `spworker`. */
export const WORKER_COMMANDS: readonly Command[] = [
  command(KEY_NEW, async () => {
    const { makePeerKey } = await import("../../access/new_key.ts");
    return ({ queue, file }, [name]) =>
      makePeerKey({ role: "worker", name: name!, file: file ?? `${name}.key`, queue });
  }),
  completionCommand("spworker"),
];
