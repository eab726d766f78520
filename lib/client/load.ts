/**
 * The client that makes many requests and measures how they fare (`spclient --concurrency 32 --duration 10s`).
 *
 * @module
 */

// HdrHistogram keeps the latencies of any number of requests in 200 kB, to three digits.
import { build as buildHistogram } from "hdr-histogram-js";
import { ExitCode } from "../cli/program.ts";
import { delay } from "../delay.ts";
import { type LazyPirate, NoReplyError, RequestAbortedError } from "./lazy_pirate.ts";
import { formatReport, type LoadFigures, loadReport } from "./load_report.ts";
import { type LoadEnd, showProgress } from "./load_progress.ts";
import { writeAll } from "../log.ts";

/** A timer fires up to so much late, in milliseconds: our own doing, and no latency. What is later counts as latency. */
const TIMER_SLACK_MS = 2;

/** What load to make. */
export interface LoadPlan extends LoadEnd {
  /** Requests at once, at most. */
  readonly concurrency: number;
  /**
   * Requests a second, each due at a time of its own.
   *
   * @default the next one is due when one has ended
   */
  readonly rate?: number;
  /** The size of each request's body, in bytes. */
  readonly bytes: number;
}

/** A load that is being made. */
export interface LoadRun {
  /** What was measured so far. */
  readonly figures: LoadFigures;
  /** Resolves when the load was made, or its signal was aborted. */
  readonly ended: Promise<void>;
}

/**
 * Makes a load. At a rate, a request's latency counts from when it was due, also if all of `concurrency` were busy then: a
 * server that stalls delays the requests behind, and these count as the users would feel them (no coordinated omission).
 *
 * @param client Makes the requests.
 * @param plan What load.
 * @param signal Ends it; requests that are under way then are not counted.
 */
export function startLoad(client: Pick<LazyPirate, "request">, plan: LoadPlan, signal: AbortSignal): LoadRun {
  const body = new Uint8Array(plan.bytes).fill("x".charCodeAt(0));
  const latenciesUs = buildHistogram({ numberOfSignificantValueDigits: 3, autoResize: true });
  const figures: LoadFigures = { durationMs: 0, answered: 0, failed: 0, retries: 0, notSent: 0, latenciesUs };
  const startMs = performance.now();
  const elapsedMs = () => performance.now() - startMs;
  const intervalMs = plan.rate === undefined ? 0 : 1000 / plan.rate;
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
  return { figures, ended: run() };
}

/** How a load is made known. */
export interface LoadOptions {
  /** Whether the result is to be JSON, one object, instead of a table. */
  readonly json: boolean;
  /** Ends the load early. */
  readonly signal: AbortSignal;
}

/**
 * Makes a load, shows its progress on standard error if that is a terminal, and writes the result to standard output.
 *
 * @param client Makes the requests.
 * @param plan What load.
 * @param options How it is made known.
 * @returns The exit code.
 */
export async function measureLoad(client: LazyPirate, plan: LoadPlan, options: LoadOptions): Promise<number> {
  const { figures, ended } = startLoad(client, plan, options.signal);
  {
    using _ = showProgress(plan, figures);
    await ended;
  }
  const report = loadReport(figures);
  writeAll(Deno.stdout, options.json ? `${JSON.stringify(report)}\n` : formatReport(report));
  return figures.failed === 0 ? ExitCode.DONE : ExitCode.NO_REPLY;
}
