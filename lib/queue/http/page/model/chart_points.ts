/**
 * The points of the charts: the queue's history and the points since. There is a gap where the page missed some.
 *
 * @module
 */

import {
  HISTORY_NUMBERS,
  HISTORY_POINTS,
  type HistoryNumber,
  type HistoryRecord,
  type HistorySource,
  pointOf,
} from "../../../status/history.ts";

/** Points that are further apart than this are not joined. */
const GAP_S = 3.5;

/** Keeps the points of the last fifteen minutes. */
export class ChartPoints {
  /** Times in seconds since 1970. */
  #times: number[] = [];
  #numbers = new Map<HistoryNumber, (number | null)[]>(HISTORY_NUMBERS.map((name) => [name, []]));
  #last: { readonly source: HistorySource; readonly atS: number } | undefined;

  /** Times in seconds since 1970. */
  get times(): number[] {
    return this.#times;
  }

  /** The points of a number, one for each time. */
  of(name: HistoryNumber): (number | null)[] {
    return this.#numbers.get(name)!;
  }

  /**
   * Replaces all points by the queue's history.
   *
   * @param record The history.
   * @param lastS The time of its last point.
   */
  reset({ intervalMs, numbers }: HistoryRecord, lastS: number): void {
    const count = numbers.waiting.length;
    this.#times = Array.from({ length: count }, (_, index) => lastS - (count - 1 - index) * intervalMs / 1000);
    this.#numbers = new Map(HISTORY_NUMBERS.map((name) => [name, [...numbers[name]]]));
    this.#last = undefined;
  }

  /**
   * Adds the point of a status.
   *
   * @param source The status.
   * @param atS Its time.
   */
  add(source: HistorySource, atS: number): void {
    const last = this.#times.at(-1) ?? -Infinity;
    if (atS <= last + 0.2) {
      this.#last = { source, atS };
      return;
    }
    if (Number.isFinite(last) && atS - last > GAP_S) this.#push((last + atS) / 2, () => null);
    const before = this.#last;
    const point = pointOf(source, before?.source, before === undefined ? 0 : (atS - before.atS) * 1000);
    this.#push(atS, (name) => point[name]);
    this.#last = { source, atS };
    const old = this.#times.findIndex((time) => time >= atS - HISTORY_POINTS);
    if (old <= 0) return;
    this.#times.splice(0, old);
    for (const points of this.#numbers.values()) points.splice(0, old);
  }

  #push(atS: number, valueOf: (name: HistoryNumber) => number | null): void {
    this.#times.push(atS);
    for (const [name, points] of this.#numbers) points.push(valueOf(name));
  }
}
