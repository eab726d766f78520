/**
 * How a queue shares its idle workers out among the queues that want some. Pure.
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
 * Shares idle workers out so that those who have least get more, and nobody gets more than wanted.
 *
 * @param idle How many workers are idle.
 * @param borrowers Who wants some; of two with the same number of requests here, the first one gets a worker first.
 * @returns How many workers each gets, in the same order.
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
