/**
 * Made-up runs of the benchmark, for tests.
 *
 * @module
 */

import type { Case } from "../../bench/cases.ts";
import type { Measurement } from "../../bench/measure.ts";

/**
 * Makes a run of 1,000 requests.
 *
 * @param queueCpuUs The queue's CPU time per request.
 * @param requestsPerSecond Its pace.
 * @returns The run.
 */
export function runWith(queueCpuUs: number, requestsPerSecond = 1000): Measurement {
  return {
    connectSeconds: 0.1,
    requests: 1000,
    seconds: 1000 / requestsPerSecond,
    requestsPerSecond,
    p50Us: 50,
    p99Us: 90,
    maxUs: 100,
    loadCpuSeconds: 0.001,
    queueCpuSeconds: queueCpuUs / 1000,
    residentBeforeBytes: 2 ** 20,
    residentConnectedBytes: 2 * 2 ** 20,
    residentAfterBytes: 3 * 2 ** 20,
    residentPeakBytes: 4 * 2 ** 20,
  };
}

/**
 * Makes a case.
 *
 * @param name Its name.
 * @param goals Its goals.
 * @returns The case, with queue and load on one core.
 */
export function caseNamed(name: string, goals: Case["goals"] = []): Case {
  return { name, bodyBytes: 32, outstanding: 64, workers: 16, clients: 64, place: "together", goals };
}
