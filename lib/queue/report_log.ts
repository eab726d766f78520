/**
 * Writes the relay's reports to the queue's log.
 *
 * @module
 */

import type { PeerRole } from "../access/permitted_keys.ts";
import { toPermit } from "./access/to_permit.ts";
import { printableIdentity } from "../identity.ts";
import type { EventLog, LogFields } from "../log.ts";
import { MAX_IDENTITY_BYTES } from "../zmq/message_pool.ts";
import type { RelayReport, Side } from "./relay/messages.ts";

/**
 * Writes a report to the log.
 *
 * @param log The log.
 * @param report What happened.
 * @param count How many events this report stands for, since the last one of its kind.
 */
export function logReport(log: EventLog, report: RelayReport, count: number): void {
  const times: LogFields = count > 1 ? { count } : {};
  switch (report.event) {
    case "order changed":
      return log.info("order changed", {
        order: report.newestFirst ? "newest connection first" : "oldest first",
        backlog: report.backlog,
        ...times,
      });
    case "worker joined":
    case "worker left":
      return log.info(report.event, { worker: printableIdentity(report.worker), workers: report.workers, ...times });
    case "worker lost":
    case "job timeout":
    case "ready while busy":
      return log.warning(report.event, {
        worker: printableIdentity(report.worker),
        request: report.request,
        afterMs: Math.round(report.afterMs),
        ...times,
      });
    case "remote request lost":
      return log.warning("remote request lost", {
        queue: report.queue,
        request: report.request,
        afterMs: Math.round(report.afterMs),
        ...times,
      });
    case "queue joined":
    case "queue left": {
      const { queue, address, borrowed } = report;
      return log.info(`linked ${report.event}`, { queue, address, ...(borrowed > 0 ? { borrowed } : {}), ...times });
    }
    case "slow job":
      return log.warning("slow job", {
        worker: printableIdentity(report.worker),
        client: printableIdentity(report.client),
        bytes: report.bytes,
        ageMs: Math.round(report.ageMs),
        ...times,
      });
    case "redelivery limit reached":
      return log.error("redelivery limit reached", {
        bytes: report.bytes,
        digest: report.digest,
        client: printableIdentity(report.client),
        workers: report.workers.map(printableIdentity),
        ...times,
      });
    case "jobs take longer than clients wait":
      return log.warning("jobs take longer than clients wait", {
        replies: report.replies,
        undeliverable: report.undeliverable,
        medianJobMs: Math.round(report.medianJobMs),
        ...times,
      });
    case "ready at the frontend":
      return log.warning("a worker seems to be connected to the frontend", {
        client: printableIdentity(report.client),
        ...times,
      });
    case "request at the backend":
      return log.warning("a client seems to be connected to the backend", {
        client: printableIdentity(report.client),
        ...times,
      });
    case "request refused":
      return log.warning("request refused", { reason: report.reason, ...times });
    case "message dropped":
      return log.warning("message dropped", {
        side: report.side,
        reason: `identity over ${MAX_IDENTITY_BYTES} bytes`,
        ...times,
      });
    case "message failed":
      return log.error("message failed", { side: report.side, reason: report.reason, ...times });
    case "exhausted request not kept":
      return log.warning("exhausted request not kept", { digest: report.digest, reason: report.reason, ...times });
    case "peer refused":
      return log.warning("peer refused", { ...refusalFields(report), ...times });
    case "handshake failed": {
      const { role, address, reason, isGuarded } = report;
      const fields = { side: sideOf(role), address, reason, ...times };
      // On an open endpoint, a failed handshake does no harm.
      return isGuarded ? log.warning("handshake failed", fields) : log.info("handshake failed", fields);
    }
    case "keys no longer permitted":
      return log.info("keys no longer permitted", { names: report.names, ...times });
    case "worker identity taken over":
      return log.warning("worker identity taken over", {
        worker: printableIdentity(report.identity),
        ...(report.previousAddress === undefined ? {} : { previousAddress: report.previousAddress }),
        ...(report.address === undefined ? {} : { address: report.address }),
        ...times,
      });
    default:
      return log.warning(report.event, { worker: printableIdentity(report.worker), ...times });
  }
}

function sideOf(role: PeerRole): Side {
  return role === "client" ? "frontend" : "backend";
}

/** Which peer was refused and why, and how to let it in. */
function refusalFields(report: RelayReport & { event: "peer refused" }): LogFields {
  const { role, address, publicKey, name, reason, keyFolder } = report;
  return {
    side: sideOf(role),
    address,
    ...(publicKey === undefined ? {} : { publicKey }),
    ...(name === undefined ? {} : { name }),
    reason,
    toPermit: toPermit(report, keyFolder),
  };
}
