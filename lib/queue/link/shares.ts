/**
 * Shares a queue's idle workers out among the queues that want some.
 *
 * @module
 */

/** A queue that wants workers. */
export interface Borrower {
  /** How many of its requests run here. */
  readonly running: number;
  /** How many of its requests wait. */
  readonly wanted: number;
}

/**
 * Shares idle workers out so that the queues with the fewest get more, and none gets more than it wants.
 *
 * @param idle How many workers are idle.
 * @param borrowers The queues that want workers. Of two with equally many requests here, the first gets a worker first.
 * @returns How many workers each queue gets, in the same order.
 */
export function shareOut(idle: number, borrowers: readonly Borrower[]): number[] {
  const shares = borrowers.map(() => 0);
  for (let left = idle; left > 0; left--) {
    let next = -1;
    let least = Infinity;
    for (let index = 0; index < borrowers.length; index++) {
      const { running, wanted } = borrowers[index]!;
      const has = running + shares[index]!;
      if (shares[index]! >= wanted || has >= least) continue;
      least = has;
      next = index;
    }
    if (next < 0) break;
    shares[next]!++;
  }
  return shares;
}
