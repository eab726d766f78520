/** The options of {@linkcode parseArgs} that this project uses; see the documentation of `@std/cli`. */
export interface ParseOptions {
  /** Names of options that take no value. */
  readonly boolean?: readonly string[];
  /** Names of options whose value is kept as text. */
  readonly string?: readonly string[];
  /** Names of options that may be given several times. */
  readonly collect?: readonly string[];
  /** Called for each argument that no other option names; `false` leaves it out of the result. */
  readonly unknown?: (argument: string, key?: string, value?: unknown) => unknown;
}

/** The parsed options by name, and the positional arguments under `_`. */
export interface Args {
  _: string[];
  [name: string]: unknown;
}

/**
 * Parses command line arguments.
 *
 * @param args The arguments, such as `Deno.args`.
 * @param options What is expected.
 * @returns The values by option name.
 */
export function parseArgs(args: readonly string[], options?: ParseOptions): Args;
