/**
 * Runs a load test: makes many requests and measures them (`spclient --concurrency 32 --duration 10s`).
 *
 * @module
 */

// HdrHistogram keeps the latencies of any number of requests in 200 kB, to three digits.
import { build as buildHistogram } from "hdr-histogram-js";
import { ExitCode } from "../cli/program.ts";
import { delay } from "../delay.ts";
import type { EventLog } from "../log.ts";
import { type LazyPirate, NoReplyError, type NoReplyReason, RequestAbortedError } from "./lazy_pirate.ts";
import { formatReport, type LoadFigures, loadReport } from "./load_report.ts";
import { type LoadEnd, showProgress } from "./load_progress.ts";
import type { StandardOutput } from "../standard_output.ts";

/**
 * A timer may fire this many milliseconds late: that is our own delay and not latency. Anything beyond counts as
 * latency.
 */
const TIMER_SLACK_MS = 2;

/** What a load test does. */
export interface LoadPlan extends LoadEnd {
  /** How many requests may be in progress at once. */
  readonly concurrency: number;
  /**
   * Requests per second, each due at its own time.
   *
   * @default each request is due when another one has ended
   */
  readonly rate?: number;
  /** The size of each request's body, in bytes. */
  readonly bytes: number;
}

/** Requests that failed for one reason. */
export interface LoadFailure {
  /** How many. */
  count: number;
  /** The error message of the first one. */
  readonly message: string;
}

/** A running load test. */
export interface LoadRun {
  /** What has been measured so far. */
  readonly figures: LoadFigures;
  /** Requests that failed, by reason. */
  readonly failures: ReadonlyMap<NoReplyReason, LoadFailure>;
  /** Resolves when the last request has ended, or the signal was aborted. */
  readonly ended: Promise<void>;
}

/**
 * Starts a load test. With a rate, a request's latency counts from the time when it was due, even if `concurrency`
 * requests were in progress then. So a stall of the server also counts for the requests that it delays, as users would
 * feel it (no coordinated omission).
 *
 * @param client Makes the requests.
 * @param plan What the test does.
 * @param signal Abort it to end the test. Requests in progress are then not counted.
 */
export function startLoad(client: Pick<LazyPirate, "request">, plan: LoadPlan, signal: AbortSignal): LoadRun {
  const body = new Uint8Array(plan.bytes).fill("x".charCodeAt(0));
  const latenciesUs = buildHistogram({ numberOfSignificantValueDigits: 3, autoResize: true });
  const figures: LoadFigures = { durationMs: 0, answered: 0, failed: 0, retries: 0, notSent: 0, latenciesUs };
  const startMs = performance.now();
  const elapsedMs = () => performance.now() - startMs;
  const intervalMs = plan.rate === undefined ? 0 : 1000 / plan.rate;
  const failures = new Map<NoReplyReason, LoadFailure>();
  let sent = 0;
  const request = async (dueMs: number) => {
    const sentMs = elapsedMs();
    try {
      await client.request([body], { signal, onRetry: () => void figures.retries++ });
      figures.durationMs = elapsedMs();
      const latencyMs = figures.durationMs - (sentMs - dueMs <= TIMER_SLACK_MS ? sentMs : dueMs);
      latenciesUs.recordValue(Math.round(latencyMs * 1000));
      figures.answered++;
    } catch (error) {
      if (error instanceof RequestAbortedError) return;
      if (!(error instanceof NoReplyError)) throw error;
      figures.durationMs = elapsedMs();
      figures.failed++;
      const failure = failures.get(error.reason);
      if (failure === undefined) failures.set(error.reason, { count: 1, message: error.message });
      else failure.count++;
    }
  };
  const requestInTurn = async () => {
    while (!signal.aborted && sent < plan.count && elapsedMs() < plan.durationMs) {
      const dueMs = plan.rate === undefined ? elapsedMs() : sent * intervalMs;
      if (dueMs >= plan.durationMs) return;
      sent++;
      await delay(dueMs - elapsedMs(), signal);
      if (!signal.aborted) await request(dueMs);
    }
  };
  const run = async () => {
    await Promise.all(Array.from({ length: Math.min(plan.concurrency, plan.count) }, requestInTurn));
    if (plan.rate === undefined) return;
    const due = Math.min(plan.count, Math.ceil(Math.min(elapsedMs(), plan.durationMs) / intervalMs));
    figures.notSent = Math.max(0, due - sent);
  };
  return { figures, failures, ended: run() };
}

/** Options of {@linkcode measureLoad}. */
export interface LoadOptions {
  /** Where the result goes. */
  readonly output: Pick<StandardOutput, "write">;
  /** Whether the result is one JSON object instead of a table. */
  readonly json: boolean;
  /** Receives the reasons of failures. */
  readonly log: EventLog;
  /** Abort it to end the test early. */
  readonly signal: AbortSignal;
}

/**
 * Runs a load test, shows its progress on standard error if that is a terminal, and writes the result to standard
 * output.
 *
 * @param client Makes the requests.
 * @param plan What the test does.
 * @param options How to report it.
 * @returns The exit code.
 * @throws {OutputClosedError} When nobody reads standard output any more.
 * @throws {OutputError} When standard output cannot be written.
 */
export async function measureLoad(client: LazyPirate, plan: LoadPlan, options: LoadOptions): Promise<number> {
  const { figures, failures, ended } = startLoad(client, plan, options.signal);
  {
    using _ = showProgress(plan, figures);
    await ended;
  }
  for (const { count, message } of failures.values()) options.log.error("requests failed", { count, reason: message });
  const report = loadReport(figures);
  await options.output.write(options.json ? `${JSON.stringify(report)}\n` : formatReport(report));
  return figures.failed === 0 ? ExitCode.DONE : ExitCode.NO_REPLY;
}
