/**
 * Decides when to serve the newest connection first.
 *
 * First in, first out serves the request that has waited longest. When the backlog takes longer to serve than clients wait,
 * the client of that request is always about to leave, and nobody gets a reply in time. So while clients give up, the newest
 * connection is served first ("adaptive LIFO": Maurer, "Fail at Scale", ACM Queue 2015), and otherwise the oldest request.
 *
 * A single client that leaves may have been killed or stopped. Only a second departure soon after shows the patience: how
 * long clients wait.
 *
 * @module
 */

/**
 * A client leaves alone if the previous departure was longer ago than this, and longer ago than the time that the client's
 * request waited.
 */
const SHORTEST_MEMORY_MS = 1000;
/** Overload begins when serving the backlog takes more than this part of the patience ... */
const ENTER_PART = 1 / 2;
/** ... and ends when it takes less than this. */
const LEAVE_PART = 1 / 8;
/** The rate of service is measured over this time. */
const RATE_WINDOW_MS = 250;

/** Compares how long clients wait with how long the backlog takes to serve. Times are milliseconds. */
export class Overload {
  /** How long the request of the last client that did not leave alone had waited, in milliseconds. */
  #patienceMs = 0;
  /** When that client left. */
  #patienceAtMs = -Infinity;
  /** When the last client left, alone or not. */
  #leftAtMs = -Infinity;
  #isOverloaded = false;
  #windowStartMs = 0;
  #windowCount = 0;
  /** Whether the backlog was empty at some time in the window. */
  #windowHasLull = true;
  /** A lower bound of the requests served per millisecond while others wait. */
  #ratePerMs = 0;

  /** A request was sent to a worker. */
  requestSent(): void {
    this.#windowCount++;
  }

  /**
   * A client left while its request waited.
   *
   * @param waitedMs How long the request had waited.
   * @param now The time.
   */
  waitingClientLeft(waitedMs: number, now: number): void {
    if (now - this.#leftAtMs <= memoryMs(waitedMs)) {
      this.#patienceMs = waitedMs;
      this.#patienceAtMs = now;
    }
    this.#leftAtMs = now;
  }

  /**
   * Whether the newest connection should be served first.
   *
   * @param waiting How many requests wait.
   * @param now The time.
   */
  isOverloaded(waiting: number, now: number): boolean {
    const elapsedMs = now - this.#windowStartMs;
    if (waiting === 0) this.#windowHasLull = true;
    if (elapsedMs >= RATE_WINDOW_MS) {
      const ratePerMs = this.#windowCount / elapsedMs;
      // If the backlog was empty at some time, more could have been served: the rate is a lower bound.
      this.#ratePerMs = this.#windowHasLull ? Math.max(this.#ratePerMs, ratePerMs) : (this.#ratePerMs + ratePerMs) / 2;
      this.#windowStartMs = now;
      this.#windowCount = 0;
      this.#windowHasLull = waiting === 0;
    }
    const isKnown = now - this.#patienceAtMs <= memoryMs(this.#patienceMs);
    const part = this.#isOverloaded ? LEAVE_PART : ENTER_PART;
    // Multiplied, since dividing by the rate could divide by 0.
    this.#isOverloaded = isKnown && waiting > part * this.#patienceMs * this.#ratePerMs;
    return this.#isOverloaded;
  }
}

/** How long the patience is remembered. Clients that wait longer leave less often. */
function memoryMs(patienceMs: number): number {
  return Math.max(SHORTEST_MEMORY_MS, patienceMs);
}
