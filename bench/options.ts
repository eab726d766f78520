/**
 * The benchmark's command line.
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import { type Case, CASES } from "./cases.ts";
import type { Pinning } from "./measure.ts";

/** What the command line asks for. */
export interface Options {
  readonly help: boolean;
  /** The cases to run. */
  readonly cases: readonly Case[];
  /** Interleaved pairs of runs for each case. */
  readonly pairs: number;
  /** Requests that count in each run, or undefined for each case's own number. */
  readonly requests: number | undefined;
  /** Starts that count for each queue. */
  readonly starts: number;
  /** A compiled queue to measure besides the one from source. */
  readonly queueBinary: string | undefined;
  /** Whether the C queue takes our queue's place, so that the ratios show what the machine alone does to them. */
  readonly control: boolean;
  /** The core of the queue and the core of the load, where they have one each. */
  readonly pinning: Pinning;
}

/** A wrong command line; the message says what is wrong in one sentence. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** What `--help` prints. */
export const HELP = `Compares the queue with the Guide's queue in C over libzmq, on this machine.

Usage: deno task bench [options]

  --only CASE          run only this case (repeatable): ${CASES.map(({ name }) => name).join(", ")}
  --pairs N            interleaved pairs of runs for each case (default 7)
  --requests N         requests that count in each run (default: by case)
  --short              a smoke test: 1 pair, 2,000 requests, 1 start
  --queue-binary PATH  measure this compiled queue too
  --control            compare the C queue with itself, to see the noise of this machine
  --cores A,B          the queue's core and the load's core (default 0,1)
  --help               print this`;

function wholeNumber(flag: string, value: unknown): number | undefined {
  if (value === undefined) return undefined;
  const number = typeof value === "string" && /^\d{1,9}$/.test(value) ? Number(value) : 0;
  if (number < 1) throw new UsageError(`Cannot take --${flag}: it needs a whole number of at least 1, not "${value}"`);
  return number;
}

function parsePinning(value: unknown): Pinning {
  const [, queueCore, loadCore] = /^(\d{1,4}),(\d{1,4})$/.exec(String(value ?? "0,1")) ?? [];
  if (queueCore === undefined || loadCore === undefined || queueCore === loadCore) {
    throw new UsageError(`Cannot take --cores: it needs the numbers of two cores, such as 0,1, not "${value}"`);
  }
  return { queueCore: Number(queueCore), loadCore: Number(loadCore) };
}

function chooseCases(names: unknown): readonly Case[] {
  if (!Array.isArray(names) || names.length === 0) return CASES;
  const unknown = names.find((name) => !CASES.some((known) => known.name === name));
  if (unknown === undefined) return CASES.filter(({ name }) => names.includes(name));
  throw new UsageError(
    `Cannot take --only: there is no case "${unknown}", only ${CASES.map(({ name }) => name).join(", ")}`,
  );
}

/**
 * Reads the command line.
 *
 * @param args The arguments, as in `Deno.args`.
 * @returns What they ask for.
 * @throws {UsageError} When an argument is unknown or has a wrong value.
 */
export function parseOptions(args: readonly string[]): Options {
  const parsed = parseArgs(args, {
    boolean: ["short", "control", "help"],
    string: ["only", "pairs", "requests", "queue-binary", "cores"],
    collect: ["only"],
    unknown: (argument) => {
      throw new UsageError(`Cannot take "${argument}": unknown option; see --help`);
    },
  });
  const binary = parsed["queue-binary"];
  if (binary === "") throw new UsageError("Cannot take --queue-binary: it needs a path");
  const short = parsed.short === true;
  return {
    help: parsed.help === true,
    cases: chooseCases(parsed.only),
    pairs: wholeNumber("pairs", parsed.pairs) ?? (short ? 1 : 7),
    requests: wholeNumber("requests", parsed.requests) ?? (short ? 2000 : undefined),
    starts: short ? 1 : 7,
    queueBinary: typeof binary === "string" ? binary : undefined,
    control: parsed.control === true,
    pinning: parsePinning(parsed.cores),
  };
}
