/**
 * Decides when the newest connection is served first.
 *
 * First in, first out serves the request that has waited longest. When the backlog takes longer to serve than clients wait,
 * that is always a request whose client is about to leave, and nobody gets a reply in time. Then the newest connection is
 * served first ("adaptive LIFO": Maurer, "Fail at Scale", ACM Queue 2015); as long as nobody gives up, the oldest request.
 *
 * One client that leaves may have been killed or stopped. How long clients wait, their patience, is known only when a second
 * one leaves soon after.
 *
 * @module
 */

/** A client leaves alone if the one before left longer ago than this, and than the client's request waited. */
const SHORTEST_MEMORY_MS = 1000;
/** Overload begins when the backlog takes more than this part of the patience to serve ... */
const ENTER_PART = 1 / 2;
/** ... and ends when it takes less than this part. */
const LEAVE_PART = 1 / 8;
/** The rate of service is measured over this time. */
const RATE_WINDOW_MS = 250;

/** Compares how long clients wait with how long the backlog takes to serve. Times are milliseconds. */
export class Overload {
  /** How long the request of the last client that did not leave alone had waited. */
  #patienceMs = 0;
  /** When that client left. */
  #patienceAtMs = -Infinity;
  /** When the last client left, alone or not. */
  #leftAtMs = -Infinity;
  #isOverloaded = false;
  #windowStartMs = 0;
  #windowCount = 0;
  /** Whether nothing waited at some time in the window. */
  #windowHasLull = true;
  /** How many requests a millisecond are served while others wait, at least. */
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
      // Where nothing waited at some time, more could have been served.
      this.#ratePerMs = this.#windowHasLull ? Math.max(this.#ratePerMs, ratePerMs) : (this.#ratePerMs + ratePerMs) / 2;
      this.#windowStartMs = now;
      this.#windowCount = 0;
      this.#windowHasLull = waiting === 0;
    }
    const isKnown = now - this.#patienceAtMs <= memoryMs(this.#patienceMs);
    const part = this.#isOverloaded ? LEAVE_PART : ENTER_PART;
    // Not a division by the rate, which may be 0.
    this.#isOverloaded = isKnown && waiting > part * this.#patienceMs * this.#ratePerMs;
    return this.#isOverloaded;
  }
}

/** For how long the patience is remembered. Clients that wait for long leave seldom. */
function memoryMs(patienceMs: number): number {
  return Math.max(SHORTEST_MEMORY_MS, patienceMs);
}
