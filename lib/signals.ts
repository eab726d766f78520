/**
 * The two signals that end a program: the first asks it to finish, the second ends it at once.
 *
 * @module
 */

import { ExitCode } from "./command_line.ts";

const SIGNAL_NUMBERS = { SIGINT: 2, SIGTERM: 15 } as const;

/** A signal that ends a program. */
export type EndSignal = keyof typeof SIGNAL_NUMBERS;

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
  let count = 0;
  let secondCode: number | undefined;
  for (const [signal, number] of Object.entries(SIGNAL_NUMBERS) as [EndSignal, number][]) {
    Deno.addSignalListener(signal, async () => {
      count++;
      if (count === 1) return handlers.onFirst(signal);
      secondCode ??= ExitCode.SIGNAL + number;
      if (count === 2) await handlers.onSecond?.();
      Deno.exit(secondCode);
    });
  }
  return { exitCode: (otherwise) => secondCode ?? otherwise };
}
