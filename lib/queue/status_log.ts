/**
 * Logs the status when an operator asks for it with a signal.
 *
 * @module
 */

import type { LogFields } from "../log.ts";
import { formatAccount } from "./status/account.ts";
import type { QueueStatus } from "./status/status.ts";

/** The signal that asks for the status. */
export const STATUS_SIGNAL = "SIGUSR1";

/**
 * The fields of the log line with a queue's status.
 *
 * @param status Its status.
 * @param isForPeople Whether people read the line. They get the account as a sum, programs as separate numbers.
 */
export function statusFields({ sentence, account }: QueueStatus, isForPeople: boolean): LogFields {
  return isForPeople ? { sentence, account: formatAccount(account) } : { sentence, ...account };
}
