/**
 * Unmodified peers on pyzmq for fault injections, from `tests/faults/peers`.
 *
 * @module
 */

import { PYTHON, ROOT } from "../harness/capabilities.ts";
import { within } from "../harness/deadline.ts";
import { type LogLine, Program } from "../harness/program.ts";
import { demand } from "./fault.ts";

/** A peer that is a Python script. */
export class PythonPeer extends Program {
  /**
   * Starts it.
   *
   * @param script Its file's name without extension.
   * @param args Its arguments, an endpoint first.
   * @param through A command that starts the rest of the line as a program.
   */
  constructor(script: string, args: readonly (string | number)[], through: readonly string[] = []) {
    const { pathname } = new URL(`tests/faults/peers/${script}.py`, ROOT);
    const [command, ...rest] = [...through, PYTHON, decodeURIComponent(pathname), ...args.map(String)];
    super(command!, { args: rest, logOn: "stdout" });
  }
}

/** Longer than any client waits for one answer. */
const ANSWERS_WITHIN_MS = 60_000;

/** What clients report about themselves. */
export interface ClientTotals {
  /** Requests that were started. */
  readonly requests: number;
  /** Requests that received a reply. */
  readonly answered: number;
  /** Requests without a reply after all tries. */
  readonly abandoned: number;
  /** Requests that were sent again. */
  readonly retries: number;
  /** When this was so, in milliseconds of the system's clock. */
  readonly atMs: number;
  /** For how long the oldest request without a reply had been waiting then, in milliseconds. */
  readonly oldestMs: number;
  /** Replies to another request. */
  readonly wrong: number;
  /** The longest time from the start of a request to its end, in milliseconds. */
  readonly longestMs: number;
  /** How often the request that was sent most often was sent. */
  readonly mostTries: number;
  /** Of a hundred requests, ninety-nine took no longer than this from their start to their end, in milliseconds; in the last totals. */
  readonly p99Ms?: number;
  /** A few of the wrong replies. */
  readonly wrongExamples: readonly string[];
}

/** Lazy Pirate clients; see `peers/clients.py`. */
export class PythonClients extends PythonPeer {
  /**
   * @param endpoint Where they connect.
   * @param count How many.
   * @param options Further options of `clients.py`.
   * @param through A command that starts the rest of the line as a program.
   */
  constructor(
    endpoint: string,
    count: number,
    options: readonly (string | number)[] = [],
    through: readonly string[] = [],
  ) {
    super("clients", [endpoint, count, ...options], through);
  }

  /** Their last totals. */
  get totals(): ClientTotals {
    const line = this.lines.findLast(({ event }) => event !== "request");
    return line as unknown as ClientTotals;
  }

  /**
   * Waits until a total number of requests has been answered.
   *
   * @param count How many.
   * @throws {Error} When that takes more than a minute.
   */
  async answered(count: number): Promise<void> {
    const wait = async () => {
      for await (const line of this.log()) if ((line as unknown as ClientTotals).answered >= count) return;
      throw new Error(`The clients ended before ${count} requests were answered`);
    };
    await within(wait(), () => `${count} answers: ${JSON.stringify(this.totals)}`, ANSWERS_WITHIN_MS);
  }

  /**
   * Waits until no request is under way that was started before, so that none is left that has met the fault.
   *
   * @throws {Error} When that takes more than a minute.
   */
  async allAnswered(): Promise<void> {
    const sinceMs = Date.now();
    const wait = async () => {
      for await (const line of this.log()) {
        const { atMs, oldestMs } = line as unknown as ClientTotals;
        if (atMs - oldestMs > sinceMs) return;
      }
      throw new Error("The clients ended before all were answered");
    };
    await within(wait(), () => `answers: ${JSON.stringify(this.totals)}`, ANSWERS_WITHIN_MS);
  }

  /** Lets them finish the requests that they have sent, and checks that each reply was the right one. */
  async finish(): Promise<ClientTotals> {
    this.kill("SIGTERM");
    const done = await this.event("done") as LogLine & ClientTotals;
    await this.exit;
    const { event: _, ...totals } = done;
    demand(totals.wrong === 0, "A client never gets the answer to another request", totals);
    return totals;
  }
}

/** Workers, one process each; see `peers/workers.py`. */
export class PythonWorkers extends PythonPeer {
  readonly #count: number;

  /**
   * @param endpoint Where they connect.
   * @param count How many.
   * @param workMs How long a job takes.
   * @param options Further options of `workers.py`.
   * @param through A command that starts the rest of the line as a program.
   */
  constructor(
    endpoint: string,
    count: number,
    workMs: number,
    options: readonly (string | number)[] = [],
    through: readonly string[] = [],
  ) {
    super("workers", [endpoint, count, workMs, ...options], through);
    this.#count = count;
  }

  /** Waits until each has sent READY. */
  async ready(): Promise<void> {
    await this.events("ready", this.#count);
  }

  /** The processes that have sent READY and have not ended. */
  get pids(): number[] {
    const pids = new Set<number>();
    for (const line of this.lines) {
      if (line.event === "ready") pids.add(line["pid"] as number);
      else if (line.event === "worker ended") pids.delete(line["pid"] as number);
    }
    return [...pids];
  }

  /** Waits until each has reported a job (`--tell-jobs`). */
  async allWorked(): Promise<void> {
    const numbers = Array.from({ length: this.#count }, (_, number) => number);
    await Promise.all(numbers.map((number) => this.event("job", { number })));
  }

  /** Sends one of them a signal. Does nothing if it has ended. */
  signal(pid: number, signal: Deno.Signal): void {
    try {
      Deno.kill(pid, signal);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
}
