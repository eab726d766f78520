/**
 * Our own workers, one process each, which a fault injection stops and replaces.
 *
 * @module
 */

import type { Program } from "../harness/program.ts";
import { start } from "../harness/programs.ts";

/** A fixed number of workers. Leaving `await using`'s scope kills them. */
export class OurWorkers implements AsyncDisposable {
  readonly #backends: readonly string[];
  readonly #workMs: number;
  readonly #args: readonly string[];
  readonly #startIt: (role: "worker", args: readonly string[]) => Program;
  readonly #workers: Program[];
  readonly #leaving = new Set<Program>();

  /**
   * Starts them.
   *
   * @param backends The backends of the queues, at least one.
   * @param count How many.
   * @param workMs How long a job takes.
   * @param args Further arguments.
   * @param startIt What starts a worker, if that is not this machine.
   */
  constructor(
    backends: readonly string[],
    count: number,
    workMs: number,
    args: readonly string[] = [],
    startIt: (role: "worker", args: readonly string[]) => Program = start,
  ) {
    this.#args = args;
    this.#startIt = startIt;
    this.#backends = backends;
    this.#workMs = workMs;
    this.#workers = Array.from({ length: count }, () => this.#start());
  }

  /** The workers that have not been replaced. */
  get programs(): readonly Program[] {
    return this.#workers;
  }

  /** Waits until each has logged that it is ready. */
  async ready(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.event("worker ready")));
  }

  /**
   * Ends a worker with a signal and starts another in its place. Does nothing if the worker is not ready yet.
   *
   * @param index The worker's index.
   * @param signal The signal.
   * @returns Whether it was ready.
   */
  replace(index: number, signal: "SIGKILL" | "SIGTERM"): boolean {
    const worker = this.#workers[index]!;
    if (worker.count("worker ready") === 0) return false;
    worker.kill(signal);
    this.#leaving.add(worker);
    this.#workers[index] = this.#start();
    return true;
  }

  /** Waits for the end of the workers that were replaced, and gives their exit codes. */
  async left(): Promise<number[]> {
    const exits = await Promise.all([...this.#leaving].map((worker) => worker.exit));
    return exits.map(({ code }) => code);
  }

  /** Kills all. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#workers, ...this.#leaving].map((worker) => worker[Symbol.asyncDispose]()));
  }

  #start(): Program {
    const connects = this.#backends.flatMap((backend) => ["--connect", backend]);
    const log = ["--log-format", "json", "--log-level", "debug"];
    return this.#startIt("worker", [...connects, "--work", `${this.#workMs}ms`, "--no-faults", ...log, ...this.#args]);
  }
}
