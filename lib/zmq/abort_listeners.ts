/**
 * Listening to abort signals on behalf of many short waits.
 *
 * @module
 */

/** A signal that is listened to. */
interface Listened {
  /** How many want to hear of it. */
  wanted: number;
  readonly listener: () => void;
}

/**
 * Listens to signals that come and go. To begin and to end listening costs more than a short wait, and most waits have the
 * signal of the one before: so the signal that nobody wants to hear of any more is kept, one at most, for the next.
 */
export class AbortListeners implements Disposable {
  readonly #onAbort: (signal: AbortSignal) => void;
  readonly #listened = new Map<AbortSignal, Listened>();
  /** The one that is kept. */
  #unwanted: AbortSignal | undefined;

  /** @param onAbort Is told of each signal that is aborted while somebody wants to hear of it. */
  constructor(onAbort: (signal: AbortSignal) => void) {
    this.#onAbort = onAbort;
  }

  /** Somebody wants to hear of a signal, which is not aborted yet. */
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

  /** Who has called {@linkcode AbortListeners.add} does not want to hear of the signal any more. */
  delete(signal: AbortSignal): void {
    if (--this.#listened.get(signal)!.wanted > 0) return;
    this.#forget();
    this.#unwanted = signal;
  }

  /** Ends listening, once nobody wants to hear of anything. */
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
