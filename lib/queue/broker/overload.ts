/**
 * Says when the newest connection is to be served first.
 *
 * First in, first out serves the request that has waited longest. When the backlog takes longer to serve than clients are
 * willing to wait, that is always one whose client is about to leave, and nobody gets an answer in time. Then the newest
 * is the one to serve ("adaptive LIFO": Maurer, "Fail at Scale", ACM Queue 2015). While nobody gives up, the oldest is.
 * A client that leaves alone may have been killed or stopped: only a second one soon after tells of patience.
 *
 * @module
 */

/** Clients that leave further apart than this, and than they waited, leave alone. */
const SHORTEST_MEMORY_MS = 1000;
/** Newest first from when the backlog takes more than this part of the patience to serve ... */
const ENTER_PART = 1 / 2;
/** ... until it takes less than this part. */
const LEAVE_PART = 1 / 8;
/** Over this time the rate of service is measured. */
const RATE_WINDOW_MS = 250;

/** Compares how long clients wait with how long the backlog takes to serve. Times are milliseconds. */
export class Overload {
  /** How long the last client that did not leave alone had waited. */
  #patienceMs = 0;
  /** When that one left. */
  #patienceAtMs = -Infinity;
  /** When the last one left, alone or not. */
  #leftAtMs = -Infinity;
  #isOverloaded = false;
  #windowStartMs = 0;
  #windowCount = 0;
  /** Whether at some time nothing waited. */
  #windowHasLull = true;
  /** How much is served while requests wait, at least. */
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
   * Whether the newest connection is to be served first.
   *
   * @param waiting How many requests wait.
   * @param now The time.
   */
  isOverloaded(waiting: number, now: number): boolean {
    const elapsedMs = now - this.#windowStartMs;
    if (waiting === 0) this.#windowHasLull = true;
    if (elapsedMs >= RATE_WINDOW_MS) {
      const ratePerMs = this.#windowCount / elapsedMs;
      // When there was nothing more to send, more might have been served.
      this.#ratePerMs = this.#windowHasLull ? Math.max(this.#ratePerMs, ratePerMs) : (this.#ratePerMs + ratePerMs) / 2;
      this.#windowStartMs = now;
      this.#windowCount = 0;
      this.#windowHasLull = waiting === 0;
    }
    const isKnown = now - this.#patienceAtMs <= memoryMs(this.#patienceMs);
    const part = this.#isOverloaded ? LEAVE_PART : ENTER_PART;
    // Compared as a product: without any service the backlog takes for ever.
    this.#isOverloaded = isKnown && waiting > part * this.#patienceMs * this.#ratePerMs;
    return this.#isOverloaded;
  }
}

/** Where clients wait for long they leave seldom: what they tell by it has to be remembered as long. */
function memoryMs(patienceMs: number): number {
  return Math.max(SHORTEST_MEMORY_MS, patienceMs);
}
