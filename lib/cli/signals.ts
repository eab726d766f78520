/**
 * The two signals that end a program: the first asks it to finish, the second ends it at once.
 *
 * @module
 */

import { ExitCode } from "./program.ts";

const SIGNAL_NUMBERS = { SIGINT: 2, SIGTERM: 15 } as const;

/** A signal that ends a program. */
export type EndSignal = keyof typeof SIGNAL_NUMBERS;

/**
 * The same signal again within this time, in milliseconds, is the same wish: `deno task` passes on to its program what a
 * terminal (Ctrl-C) or a service manager has sent to the whole process group, the program included.
 */
export const SIGNAL_ECHO_MS = 300;

/** What happens on a signal. */
export interface SignalHandlers {
  /** The first signal: finish. */
  readonly onFirst: (signal: EndSignal) => void;
  /**
   * The second signal: stop whatever would leave something behind, quickly.
   *
   * @default nothing
   */
  readonly onSecond?: () => Promise<void>;
}

/**
 * Listens for Ctrl-C (SIGINT) and SIGTERM; a second one ends the process with 128 plus its number.
 *
 * @param handlers What happens.
 * @returns What to end the process with: the code of the second signal if there was one, else the given one. What that
 * signal stopped may come to its end before the signal's handler ends the process.
 */
export function listenForSignals(handlers: SignalHandlers): { exitCode(otherwise: number): number } {
  let first: { readonly signal: EndSignal; readonly atMs: number } | undefined;
  let secondCode: number | undefined;
  for (const [signal, number] of Object.entries(SIGNAL_NUMBERS) as [EndSignal, number][]) {
    Deno.addSignalListener(signal, async () => {
      const atMs = performance.now();
      if (first === undefined) {
        first = { signal, atMs };
        return handlers.onFirst(signal);
      }
      if (signal === first.signal && atMs - first.atMs < SIGNAL_ECHO_MS) return;
      const isSecond = secondCode === undefined;
      secondCode ??= ExitCode.SIGNAL + number;
      if (isSecond) await handlers.onSecond?.();
      Deno.exit(secondCode);
    });
  }
  return { exitCode: (otherwise) => secondCode ?? otherwise };
}
