/**
 * What the queue's log says of what the relay reports.
 *
 * @module
 */

import type { BrokerReport } from "./broker/output.ts";
import { printableIdentity } from "../identity.ts";
import type { EventLog, LogFields } from "../log.ts";

/**
 * Writes a report to the log.
 *
 * @param log The log.
 * @param report What happened.
 * @param count How many times since it was told last.
 */
export function logReport(log: EventLog, report: BrokerReport, count: number): void {
  const times: LogFields = count > 1 ? { count } : {};
  switch (report.event) {
    case "order changed":
      return log.info("order changed", {
        order: report.newestFirst ? "newest connection first" : "oldest first",
        backlog: report.backlog,
        ...times,
      });
    case "redelivery limit reached":
      return log.error("redelivery limit reached", {
        bytes: report.bytes,
        digest: report.digest,
        client: printableIdentity(report.client),
        workers: report.workers.map(printableIdentity),
      });
    case "jobs take longer than clients wait":
      return log.warning("jobs take longer than clients wait", {
        replies: report.replies,
        undeliverable: report.undeliverable,
        medianJobMs: Math.round(report.medianJobMs),
      });
    case "ready at the frontend":
      return log.warning("a worker seems to be connected to the frontend", {
        client: printableIdentity(report.client),
        ...times,
      });
    case "request refused":
      return log.warning("request refused", { reason: report.reason, ...times });
    default:
      return log.warning(report.event, { worker: printableIdentity(report.worker), ...times });
  }
}
