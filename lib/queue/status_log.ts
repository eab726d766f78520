/**
 * The status in the log, for an operator who asks for it with a signal.
 *
 * @module
 */

import type { LogFields } from "../log.ts";
import { formatAccount } from "./status/account.ts";
import type { QueueStatus } from "./status/status.ts";

/** The signal that asks for the status. */
export const STATUS_SIGNAL = "SIGUSR1";

/**
 * Says in a log line how a queue is.
 *
 * @param status Its status.
 * @param isForPeople Whether people read the line, who get the account as a sum; programs get its numbers.
 */
export function statusFields({ sentence, account }: QueueStatus, isForPeople: boolean): LogFields {
  return isForPeople ? { sentence, account: formatAccount(account) } : { sentence, ...account };
}
