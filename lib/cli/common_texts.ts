/**
 * Texts that the man pages of all programs share.
 *
 * @module
 */

import { LIBRARY_VARIABLE } from "../zmq/library.ts";
import type { OptionTable, Program } from "./program.ts";

/** What all programs do on further signals. */
export const COMMON_SIGNALS: NonNullable<Program<OptionTable>["signals"]> = [
  [
    "a second signal",
    "Exit at once, with 128 plus the signal's number. The same signal again within 0.3 s counts as the first one, and so does " +
    "SIGHUP together with another. A program that was started with SIGHUP ignored (nohup) keeps ignoring it.",
  ],
];

/** Environment variables of all programs that belong to no option. */
export const COMMON_ENVIRONMENT: NonNullable<Program<OptionTable>["environment"]> = [
  [LIBRARY_VARIABLE, "A file of libzmq, or its name for the dynamic linker, to use instead of the bundled one."],
  ["NO_COLOR", "If it is set and not empty, the log has no colours. It has none either if TERM is dumb."],
];

/** The variables that systemd sets for a service of `Type=notify`. */
export const SERVICE_ENVIRONMENT: NonNullable<Program<OptionTable>["environment"]> = [
  ["NOTIFY_SOCKET", "Where to tell the service manager that the service is ready, connected or ending: sd_notify(3)."],
  ["WATCHDOG_USEC", "Set by WatchdogSec= of a unit: within this time the service says that it is alive."],
];
