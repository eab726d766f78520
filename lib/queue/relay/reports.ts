/**
 * Limits reports: of each kind, at most one per interval is passed on.
 *
 * @module
 */

import { LogLimiter } from "../../log_limiter.ts";
import type { RelayReport } from "./messages.ts";

/** The intervals, in milliseconds. */
const INTERVALS_MS = {
  usual: 10_000,
  byKind: {
    // People who watch an overload want to see its end.
    "order changed": 1000,
    // People look at each of these, but a broken worker can reconnect all the time.
    "worker lost": 1000,
    "job timeout": 1000,
    "ready while busy": 1000,
    "slow job": 1000,
    // Somebody misses each of these requests, but a broken worker can exhaust thousands per second.
    "redelivery limit reached": 100,
    // People want to see each of these, and there are few, unless somebody forges them.
    "queue joined": 100,
    "queue left": 100,
  } satisfies Partial<Record<RelayReport["event"], number>>,
  // A few workers are named one by one when they start or are lost together.
  bursts: {
    "worker joined": 10,
    "worker left": 10,
    "worker lost": 10,
    "job timeout": 10,
    "ready while busy": 10,
    "slow job": 10,
  } satisfies Partial<Record<RelayReport["event"], number>>,
};

/**
 * Makes a limiter of reports.
 *
 * @param post Receives a report, and how many reports of its kind it stands for, including itself.
 * @returns The limiter; {@linkcode kindOf} says which reports it limits together.
 */
export function reportLimiter(post: (report: RelayReport, count: number) => void): LogLimiter<RelayReport> {
  return new LogLimiter(INTERVALS_MS, post);
}

/**
 * Says which reports are limited together.
 *
 * @param report A report.
 * @returns Its kind: one of a few fixed texts.
 */
export function kindOf(report: RelayReport): string {
  switch (report.event) {
    case "request refused":
      return `${report.event}: ${report.reason}`;
    case "message dropped":
    case "message failed":
      return `${report.event}: ${report.side}`;
    default:
      return report.event;
  }
}
