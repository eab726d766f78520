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
 */
export function listenForSignals(handlers: SignalHandlers): void {
  let count = 0;
  for (const [signal, number] of Object.entries(SIGNAL_NUMBERS) as [EndSignal, number][]) {
    Deno.addSignalListener(signal, async () => {
      count++;
      if (count === 1) return handlers.onFirst(signal);
      if (count === 2) await handlers.onSecond?.();
      Deno.exit(ExitCode.SIGNAL + number);
    });
  }
}
