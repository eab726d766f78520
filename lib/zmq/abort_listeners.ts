/**
 * Abort listeners that many short waits share.
 *
 * @module
 */

/** A signal with a listener. */
interface Listened {
  /** How many waits need the listener. */
  wanted: number;
  readonly listener: () => void;
}

/**
 * Listens to the signals of waits. Adding and removing a listener costs more than a short wait, and most waits have the
 * same signal as the previous one. So the listener of the most recently used signal stays for the next wait, and all
 * other unused ones are removed.
 */
export class AbortListeners implements Disposable {
  readonly #onAbort: (signal: AbortSignal) => void;
  readonly #listened = new Map<AbortSignal, Listened>();
  /** The signal that no wait needs, but whose listener stays. */
  #unwanted: AbortSignal | undefined;

  /** @param onAbort Called for each signal that is aborted while a wait needs it. */
  constructor(onAbort: (signal: AbortSignal) => void) {
    this.#onAbort = onAbort;
  }

  /** Registers that a wait needs a signal, which must not be aborted yet. */
  add(signal: AbortSignal): void {
    const listened = this.#listened.get(signal);
    if (listened === undefined) {
      const listener = () => this.#onAbort(signal);
      signal.addEventListener("abort", listener);
      this.#listened.set(signal, { wanted: 1, listener });
    } else {
      listened.wanted++;
      if (signal === this.#unwanted) this.#unwanted = undefined;
    }
  }

  /** Registers that a wait no longer needs its signal. Call this once for each {@linkcode AbortListeners.add}. */
  delete(signal: AbortSignal): void {
    if (--this.#listened.get(signal)!.wanted > 0) return;
    this.#forget();
    this.#unwanted = signal;
  }

  /** Removes the last listener. No wait may need a signal any more. */
  [Symbol.dispose](): void {
    this.#forget();
  }

  #forget(): void {
    if (this.#unwanted === undefined) return;
    this.#unwanted.removeEventListener("abort", this.#listened.get(this.#unwanted)!.listener);
    this.#listened.delete(this.#unwanted);
    this.#unwanted = undefined;
  }
}
