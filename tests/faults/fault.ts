/**
 * What a fault injection is: something that goes wrong on purpose, and the guarantee that holds all the same.
 *
 * @module
 */

import type { QueueProgram } from "../harness/programs.ts";
import type { Need } from "../harness/capabilities.ts";

/** What was counted and measured, by name. */
export type Figures = Readonly<Record<string, number | string>>;

/** What connects clients and workers to the queue. */
export type Transport = "tcp" | "ipc";

/** One run of a fault injection. */
export interface FaultRun {
  /** What connects peers to the queue. */
  readonly transport: Transport;
  /**
   * Starts a queue on that transport, on endpoints that no other queue of the run has.
   *
   * @param args Its arguments besides the endpoints.
   */
  readonly startQueue: (args: readonly string[]) => Promise<QueueProgram>;
  /** How long peers work and things go wrong; starting, ending and waiting for consequences come on top. */
  readonly durationMs: number;
  /** Chooses what goes wrong and when: a number from 0 to below 1. */
  readonly random: () => number;
}

/** A fault injection. */
export interface Fault {
  /** A word for the command line. */
  readonly name: string;
  /** The guarantee, as a test's name: `queue does X when Y`. */
  readonly guarantee: string;
  /** What it needs. */
  readonly needs: readonly Need[];
  /** How long it runs in the test suite, in milliseconds; 0: it takes its own time. */
  readonly testMs: number;
  /** Why it cannot run on `ipc://`, if it cannot. */
  readonly tcpOnly?: string;
  /** Whether it also runs against the binaries. */
  readonly testsBinaries: boolean;
  /**
   * Injects the fault.
   *
   * @param run How.
   * @returns Figures.
   * @throws {BrokenGuarantee} When the guarantee was broken.
   */
  readonly inject: (run: FaultRun) => Promise<Figures>;
}

/** A guarantee did not hold. */
export class BrokenGuarantee extends Error {
  /** The class's name. */
  override readonly name = "BrokenGuarantee";

  /**
   * @param demand What was demanded.
   * @param figures What was counted and measured.
   */
  constructor(demand: string, figures: unknown) {
    super(`${demand}: ${JSON.stringify(figures)}`);
  }
}

/**
 * Checks a guarantee.
 *
 * @param holds Whether it holds.
 * @param demand What is demanded.
 * @param figures What was counted and measured, for the error.
 * @throws {BrokenGuarantee} When it does not hold.
 */
export function demand(holds: boolean, demand: string, figures: unknown): asserts holds {
  if (!holds) throw new BrokenGuarantee(demand, figures);
}

/**
 * A random element.
 *
 * @param random A number from 0 to below 1.
 * @param choices What to choose from, at least one.
 */
export function choose<T>(random: () => number, choices: readonly T[]): T {
  return choices[Math.floor(random() * choices.length)]!;
}
