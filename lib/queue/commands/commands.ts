/**
 * The queue's subcommands. Their implementations are loaded when needed.
 *
 * @module
 */

import { type Command, command } from "../../cli/command.ts";
import { completionCommand } from "../../cli/completion_command.ts";
import { KEY_ADD, KEY_LIST, KEY_NEW, KEY_REMOVE, KEY_SHOW } from "./key_options.ts";
import { TOP } from "./top_options.ts";
import { DRAIN, PAUSE, RESUME, STATUS } from "./status_options.ts";

/** All subcommands of `spqueue`. */
export const QUEUE_COMMANDS: readonly Command[] = [
  command(KEY_ADD, async () => (await import("./key.ts")).addKey),
  command(KEY_LIST, async () => (await import("./key.ts")).listKeys),
  command(KEY_REMOVE, async () => (await import("./key.ts")).removeKey),
  command(KEY_SHOW, async () => (await import("./key.ts")).showKey),
  command(KEY_NEW, async () => (await import("./key.ts")).makeKeys),
  command(STATUS, async () => (await import("./status.ts")).showStatus),
  command(TOP, async () => (await import("./top.ts")).showTop),
  command(PAUSE, async () => (await import("./status.ts")).pauseQueue),
  command(RESUME, async () => (await import("./status.ts")).resumeQueue),
  command(DRAIN, async () => (await import("./status.ts")).drainQueue),
  completionCommand("spqueue"),
];
