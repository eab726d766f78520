/**
 * The result of a load test, for people and for machines.
 *
 * @module
 */

/** What a load test measures. */
export interface LoadFigures {
  /** From the start to the last reply or failure, in milliseconds. */
  durationMs: number;
  /** Requests that were answered. */
  answered: number;
  /** Requests without a reply after all tries. */
  failed: number;
  /** How often a request was sent again. */
  retries: number;
  /**
   * Requests that were due at the given rate but never sent, because as many as allowed were in progress until the end.
   */
  notSent: number;
  /** The latencies of the requests answered, in microseconds. */
  readonly latenciesUs: Latencies;
}

/** The part of a histogram that is used here. */
export interface Latencies {
  /** The largest value. */
  readonly maxValue: number;
  /** The smallest value that this percentage of all values does not exceed. */
  getValueAtPercentile(percentile: number): number;
}

/** The result as `--json` prints it. Latencies are `null` when no request was answered. */
export interface LoadReport {
  /** Requests that were answered or failed. */
  readonly requests: number;
  /** From the start to the last reply or failure, in milliseconds. */
  readonly durationMs: number;
  /** Requests answered per second. */
  readonly requestsPerSecond: number;
  /** Half of the latencies are at most this, in microseconds. */
  readonly p50Us: number | null;
  /** 90 % of the latencies are at most this. */
  readonly p90Us: number | null;
  /** 99 % of the latencies are at most this. */
  readonly p99Us: number | null;
  /** 99.9 % of the latencies are at most this. */
  readonly p999Us: number | null;
  /** The longest latency. */
  readonly maxUs: number | null;
  /** How often a request was sent again. */
  readonly retries: number;
  /** Requests without a reply after all tries. */
  readonly failed: number;
  /** Requests that were due but not sent. */
  readonly notSent: number;
}

/**
 * Sums up what was measured.
 *
 * @param figures What was measured.
 */
export function loadReport(figures: LoadFigures): LoadReport {
  const { durationMs, answered, failed, retries, notSent, latenciesUs } = figures;
  // A histogram returns the upper end of a value's bucket, which may exceed the largest value.
  const percentile = (percent: number) =>
    answered === 0 ? null : Math.min(latenciesUs.getValueAtPercentile(percent), latenciesUs.maxValue);
  return {
    requests: answered + failed,
    durationMs: round(durationMs),
    requestsPerSecond: durationMs === 0 ? 0 : round(answered / durationMs * 1000),
    p50Us: percentile(50),
    p90Us: percentile(90),
    p99Us: percentile(99),
    p999Us: percentile(99.9),
    maxUs: answered === 0 ? null : latenciesUs.maxValue,
    retries,
    failed,
    notSent,
  };
}

/**
 * Writes a report as a table.
 *
 * @param report The report.
 * @returns The text, with a line feed at its end.
 */
export function formatReport(report: LoadReport): string {
  const latency = (us: number | null) => us === null ? "-" : `${(us / 1000).toFixed(3)} ms`;
  const rows: readonly (readonly [label: string, value: string])[] = [
    ["requests", `${report.requests} in ${(report.durationMs / 1000).toFixed(2)} s`],
    ["requests/s", report.requestsPerSecond.toFixed(1)],
    ["latency p50", latency(report.p50Us)],
    ["latency p90", latency(report.p90Us)],
    ["latency p99", latency(report.p99Us)],
    ["latency p99.9", latency(report.p999Us)],
    ["latency max", latency(report.maxUs)],
    ["retries", `${report.retries}`],
    ["failures", `${report.failed}`],
    ...(report.notSent === 0 ? [] : [["due, not sent", `${report.notSent}`] as const]),
  ];
  const width = Math.max(...rows.map(([label]) => label.length));
  return rows.map(([label, value]) => `${label.padEnd(width)}  ${value}\n`).join("");
}

/** Rounds to three decimals. */
function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}
