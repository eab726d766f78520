/**
 * Made-up measurements and results of the benchmark, for tests.
 *
 * @module
 */

import { samplesOf } from "../../bench/parts/loads.ts";
import { type Results, RESULTS_FORMAT, type Sample } from "../../bench/report/results.ts";

/** CPU time per request and pace of each run, by queue. */
type Runs = Readonly<Record<string, readonly (number | readonly [cpuUs: number, pace: number])[]>>;

/**
 * Makes the samples of a case whose load costs 1 us a request.
 *
 * @param subject The case.
 * @param runs Of each queue the CPU time per request, and its pace where it is not 1,000 requests/s.
 */
export function loadSamples(subject: string, runs: Runs): Sample[] {
  return samplesOf(
    Object.entries(runs).map(([of, list]) => ({
      subject,
      of,
      measured: list.map((run) => {
        const [queueCpuUs, requestsPerSecond] = typeof run === "number" ? [run, 1000] : run;
        const times = { connectSeconds: 1, p50Us: 50, p99Us: 90 };
        const cpu = { queueCpuUs, loadCpuUs: 1, processCpuUs: [queueCpuUs] };
        return { requestsPerSecond, ...times, ...cpu, idleMiB: 60, peakMiB: 3 };
      }),
    })),
  );
}

/**
 * Makes results.
 *
 * @param special What is not empty.
 */
export function resultsWith(special: Partial<Results>): Results {
  return {
    format: RESULTS_FORMAT,
    time: "2026-11-25T12:00:00.000Z",
    machine: "Abacus, 2 cores, 4 GiB of memory, Linux 6",
    versions: { deno: "2.9.6" },
    setup: { cores: { queue: "0", load: "1" }, rounds: 3, warmupMs: 1, measureMs: 2 },
    updates: [],
    leftOut: [],
    rows: [],
    goals: [],
    ...special,
  };
}
