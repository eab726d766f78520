/**
 * Decides what the client does, from its options, its argument and its standard input.
 *
 * @module
 */

import { type OptionValues, UsageError } from "../cli/program.ts";
import type { LoadPlan } from "./load.ts";
import { type CLIENT_PROGRAM, loadPlan, MAX_BODY_BYTES } from "./options.ts";

/** What the client does. */
export type Mode =
  /** Makes one request. */
  | { readonly kind: "once"; readonly body: Uint8Array<ArrayBuffer> }
  /** Sends each line of standard input. */
  | { readonly kind: "lines" }
  /** Runs a load test. */
  | { readonly kind: "load"; readonly plan: LoadPlan }
  /** Counts like the Guide's client; 0: without end. */
  | { readonly kind: "count"; readonly count: number };

/** Standard input. */
export interface Input {
  /** Whether it is a terminal. */
  readonly isTerminal: boolean;
  /**
   * Reads it to its end.
   *
   * @throws {InputError} When it cannot be read, or has more than `maxBytes` bytes.
   */
  readonly read: (maxBytes: number) => Promise<Uint8Array<ArrayBuffer>>;
}

/**
 * Decides what the client does. It counts only on a terminal or when an option asks for it, since counting sends
 * requests that nobody wrote. In all other cases it reads standard input, whatever that is.
 *
 * @param options The client's options.
 * @param argument Its argument.
 * @param input Standard input.
 * @throws {InputError} When standard input is the request and cannot be read.
 * @throws {UsageError} When standard input is the request and empty, unless `--empty` allows it.
 */
export async function chooseMode(
  options: OptionValues<typeof CLIENT_PROGRAM.options>,
  argument: string | undefined,
  input: Input,
): Promise<Mode> {
  if (options.lines) return { kind: "lines" };
  const plan = loadPlan(options);
  if (plan !== undefined) return { kind: "load", plan };
  if (argument !== undefined && argument !== "-") return { kind: "once", body: new TextEncoder().encode(argument) };
  if (options.count !== undefined) return { kind: "count", count: options.count };
  if (input.isTerminal && argument === undefined && !options.empty) return { kind: "count", count: 0 };
  const body = await input.read(MAX_BODY_BYTES);
  if (body.length > 0 || options.empty) return { kind: "once", body };
  throw new UsageError("Standard input is empty: give a TEXT to send, or --empty to send an empty request");
}
