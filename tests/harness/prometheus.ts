/**
 * Debian's Prometheus as a process.
 *
 * @module
 */

import { WAIT_MS } from "./deadline.ts";
import { Program } from "./program.ts";

/** One series' value. */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** A rule, as Prometheus reports it. */
export interface Rule {
  readonly name: string;
  readonly query: string;
  /** `ok` when it has been evaluated. */
  readonly health: "unknown" | "ok" | "err";
  readonly lastError?: string;
  readonly alerts: readonly Alert[];
}

/** An alert that is firing or pending. */
export interface Alert {
  readonly state: "pending" | "firing";
  readonly labels: Readonly<Record<string, string>>;
}

/** A running Prometheus. Leaving the scope of `await using` ends it. */
export class Prometheus implements AsyncDisposable {
  readonly #program: Program;
  readonly #address: string;

  private constructor(program: Program, address: string) {
    this.#program = program;
    this.#address = address;
  }

  /**
   * Starts it, and waits until it answers queries.
   *
   * @param config Its configuration file, next to which it stores its data.
   */
  static async start(config: string): Promise<Prometheus> {
    const program = new Program("prometheus", {
      args: [`--config.file=${config}`, `--storage.tsdb.path=${config}.data`, "--web.listen-address=127.0.0.1:0"],
    });
    try {
      const [, address] = await program.text("stderr", /msg="Listening on" address=(\S+)/);
      await program.text("stderr", /Server is ready to receive web requests/);
      return new Prometheus(program, address!);
    } catch (error) {
      await program[Symbol.asyncDispose]();
      throw error;
    }
  }

  /**
   * Evaluates an expression.
   *
   * @param expression The expression, whose value is a vector.
   * @returns The series; empty if nothing is known yet.
   * @throws {Error} When it is not an expression.
   */
  async query(expression: string): Promise<Sample[]> {
    const { status, error, data } = await this.#get(`query?query=${encodeURIComponent(expression)}`);
    if (status !== "success") throw new Error(`Cannot evaluate "${expression}": ${error}`);
    return data.result.map(({ metric, value }: { metric: Sample["labels"]; value: [number, string] }) => ({
      labels: metric,
      value: Number(value[1]),
    }));
  }

  /** The rules that it has loaded. */
  async rules(): Promise<Rule[]> {
    const { data } = await this.#get("rules");
    return data.groups.flatMap((group: { rules: Rule[] }) => group.rules);
  }

  /** Ends it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#program[Symbol.asyncDispose]();
  }

  // deno-lint-ignore no-explicit-any
  async #get(path: string): Promise<any> {
    return await (await fetch(`http://${this.#address}/api/v1/${path}`)).json();
  }
}

/**
 * Asks repeatedly until there is an answer, because that depends only on Prometheus' own timers.
 *
 * @param ask Returns the answer, or `undefined` as long as there is none.
 * @param what What is awaited, for the error message.
 * @throws {Error} When there is none in time.
 */
export async function until<T>(ask: () => Promise<T | undefined>, what: string): Promise<T> {
  const deadline = performance.now() + WAIT_MS;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (performance.now() > deadline) throw new Error(`Waited ${WAIT_MS} ms for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
