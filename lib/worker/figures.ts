/**
 * What a worker has done and is doing, for its HTTP server.
 *
 * @module
 */

import { JobError, type JobErrorCode } from "./job_error.ts";

/** Why jobs failed: the codes of {@linkcode JobError}, and `ERROR` for anything else that a handler threw. */
export type FailureReason = JobErrorCode | "ERROR";

/** All reasons, so that each has a count from the start. */
export const FAILURE_REASONS: readonly FailureReason[] = [
  "NOT_STARTED",
  "EXITED",
  "KILLED",
  "BAD_REPLY",
  "REPLY_TOO_LONG",
  "REFUSED",
  "BAD_REQUEST",
  "ABORTED",
  "ERROR",
];

/** A worker's status: `/status.json` of `spworker --http`, described by docs/worker_status.schema.json. */
export interface WorkerStatus {
  /** The version of this shape. */
  readonly schema: 1;
  /** Why it is not ready; `null` if it is. */
  readonly unready: string | null;
  /** A summary of its connections, as a sentence. */
  readonly connections: string;
  /** How many queues it should serve, and how many of them it is connected to. */
  readonly queues: { readonly total: number; readonly connected: number };
  /** The most jobs that it does at once. */
  readonly concurrency: number;
  readonly jobs: {
    readonly running: number;
    readonly answered: number;
    /** How many jobs failed, by reason. */
    readonly failed: Readonly<Record<FailureReason, number>>;
  };
  /** How often a persistent program (`--keep`) was restarted. */
  readonly programRestarts: number;
  /** Whether it is draining, and takes no new jobs. */
  readonly draining: boolean;
}

/** The connections of a worker. */
export interface Connections {
  /** Such as `Connected to tcp://localhost:5556`. */
  readonly sentence: string;
  readonly total: number;
  readonly connected: number;
}

const NO_CONNECTIONS: Connections = { sentence: "Starting", total: 0, connected: 0 };

/** Counts what a worker does. */
export class WorkerFigures {
  /** Whether the worker takes no new jobs. */
  draining = false;
  /** How often a persistent program was restarted. */
  programRestarts = 0;
  /** The connections now. */
  connections: () => Connections = () => NO_CONNECTIONS;
  #running = 0;
  #answered = 0;
  readonly #failed = new Map<FailureReason, number>(FAILURE_REASONS.map((reason) => [reason, 0]));
  /** For each slot, why it cannot take a job; `undefined` if it can. */
  readonly #unready: (string | undefined)[] = [];

  /** A job has begun. */
  begin(): void {
    this.#running++;
  }

  /** A job was answered. */
  answered(): void {
    this.#running--;
    this.#answered++;
  }

  /**
   * A job has failed.
   *
   * @param error Why.
   */
  failed(error: unknown): void {
    this.#running--;
    const reason = error instanceof JobError ? error.code : "ERROR";
    this.#failed.set(reason, this.#failed.get(reason)! + 1);
  }

  /**
   * Sets whether a slot can take jobs.
   *
   * @param slot Its index.
   * @param reason Why it cannot; `undefined` if it can.
   */
  setReady(slot: number, reason: string | undefined): void {
    this.#unready[slot] = reason;
  }

  /**
   * The worker's status now.
   *
   * @param concurrency How many slots there are.
   */
  status(concurrency: number): WorkerStatus {
    const { sentence, total, connected } = this.connections();
    return {
      schema: 1,
      unready: this.#unreadyReason(connected) ?? null,
      connections: sentence,
      queues: { total, connected },
      concurrency,
      jobs: {
        running: this.#running,
        answered: this.#answered,
        failed: Object.fromEntries(this.#failed) as Record<FailureReason, number>,
      },
      programRestarts: this.programRestarts,
      draining: this.draining,
    };
  }

  #unreadyReason(connected: number): string | undefined {
    if (this.draining) return "the worker takes no new jobs";
    if (this.#unready.length === 0) return "the worker is starting";
    if (this.#unready.every((reason) => reason !== undefined)) {
      return this.#unready.find((reason) => reason !== undefined);
    }
    return connected === 0 ? "the worker is connected to no queue" : undefined;
  }
}
