/**
 * A fault injection: something goes wrong on purpose, and a guarantee has to hold nevertheless.
 *
 * @module
 */

import type { QueueProgram } from "../harness/programs.ts";
import type { Need } from "../harness/capabilities.ts";
import type { Transport } from "../harness/transports.ts";

/** What was counted and measured, by name. */
export type Figures = Readonly<Record<string, number | string>>;

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
  /** How long things go wrong, in milliseconds; starting, ending and waiting for consequences take additional time. */
  readonly durationMs: number;
  /** Gives random numbers from 0 up to 1, which choose what goes wrong and when. */
  readonly random: () => number;
}

/** A fault injection. */
export interface Fault {
  /** Its name on the command line. */
  readonly name: string;
  /** The guarantee, as the name of a test: `queue does X when Y`. */
  readonly guarantee: string;
  /** What it needs. */
  readonly needs: readonly Need[];
  /** The longest useful time in a test, in milliseconds; 0: it always takes the same time. */
  readonly testMs: number;
  /** Whether it always takes so long that the tests run it only if they may take long (`long run`). */
  readonly isLong?: true;
  /** Why it cannot run on `ipc://`, if it cannot. */
  readonly tcpOnly?: string;
  /** Whether it also runs against the binaries. */
  readonly testsBinaries: boolean;
  /**
   * Injects the fault.
   *
   * @param run Where, for how long, and with which random numbers.
   * @returns What was counted and measured.
   * @throws {BrokenGuarantee} When the guarantee was broken.
   */
  readonly inject: (run: FaultRun) => Promise<Figures>;
}

/** A guarantee did not hold. */
export class BrokenGuarantee extends Error {
  /** The class's name. */
  override readonly name = "BrokenGuarantee";

  /**
   * @param demand The demand that was not met.
   * @param figures What was counted and measured.
   */
  constructor(demand: string, figures: unknown) {
    super(`${demand}: ${JSON.stringify(figures)}`);
  }
}

/**
 * Checks a guarantee.
 *
 * @param holds Whether the demand is met.
 * @param demand The demand, as a sentence.
 * @param figures What was counted and measured, for the error.
 * @throws {BrokenGuarantee} When it does not hold.
 */
export function demand(holds: boolean, demand: string, figures: unknown): asserts holds {
  if (!holds) throw new BrokenGuarantee(demand, figures);
}

/**
 * Chooses a random element.
 *
 * @param random Gives random numbers from 0 up to 1.
 * @param choices The elements, at least one.
 */
export function choose<T>(random: () => number, choices: readonly T[]): T {
  return choices[Math.floor(random() * choices.length)]!;
}
