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
    "Exit at once, with 128 plus the signal's number. The same signal again within 0.3 s does not count as a second " +
    "one, nor does SIGHUP together with another. A program that was started with SIGHUP ignored (nohup) keeps ignoring it.",
  ],
];

/** Environment variables of all programs that belong to no option. */
export const COMMON_ENVIRONMENT: NonNullable<Program<OptionTable>["environment"]> = [
  [LIBRARY_VARIABLE, "The libzmq to use instead of the bundled one: a file, or a name for the dynamic linker."],
  ["NO_COLOR", "If this is set and not empty, or if TERM is dumb, the log has no colours."],
];

/** The variables that systemd sets for a service of `Type=notify`. */
export const SERVICE_ENVIRONMENT: NonNullable<Program<OptionTable>["environment"]> = [
  ["NOTIFY_SOCKET", "The socket for telling the service manager the state of the service: sd_notify(3)."],
  ["WATCHDOG_USEC", "Set by WatchdogSec= of a unit: the time within which the service must report that it is alive."],
];
