/**
 * Reads what V8 says of its garbage collections with `--trace-gc`.
 *
 * @module
 */

/** A garbage collection. */
export interface Collection {
  /** The isolate, a thread of Deno, by its address. */
  readonly isolate: string;
  /** Since the isolate was made. */
  readonly atMs: number;
  /** V8's name for its kind, such as `Scavenge`. */
  readonly kind: string;
  /** How long the isolate stood still. */
  readonly pauseMs: number;
}

/** The collections of one isolate. */
export interface CollectionSummary {
  readonly count: number;
  /** Of all together. */
  readonly totalMs: number;
  /** The longest. */
  readonly maxMs: number;
  /** The kind of the longest. */
  readonly maxKind: string;
}

/**
 * Reads a line of `--trace-gc`.
 *
 * @param line Such as `[7:0x7f4c]  64 ms: Scavenge 4.5 (5.8) -> 3.9 (6.2) MB, pooled: 0.0 MB, 3.03 / 0.00 ms ...`.
 * @returns The collection, or undefined when it is another line.
 */
export function parseCollection(line: string): Collection | undefined {
  const pattern = /^\[\d+:(0x[\da-f]+)\]\s+(\d+) ms: (.+?) [\d.]+ \([\d.]+\) -> .*? ([\d.]+) \/ [\d.]+ ms/;
  const [, isolate, at, kind, pause] = pattern.exec(line) ?? [];
  if (isolate === undefined || at === undefined || kind === undefined || pause === undefined) return undefined;
  return { isolate, atMs: Number(at), kind, pauseMs: Number(pause) };
}

/**
 * Sums up the collections of the isolate that had most: under load that is the relay, which alone has work.
 *
 * @param collections Of all isolates.
 * @returns The summary, with zeros when there were no collections.
 */
export function summarizeBusiest(collections: readonly Collection[]): CollectionSummary {
  const [busiest] = [...Map.groupBy(collections, ({ isolate }) => isolate).values()]
    .toSorted((a, b) => b.length - a.length);
  const longest = busiest?.toSorted((a, b) => b.pauseMs - a.pauseMs)[0];
  if (busiest === undefined || longest === undefined) return { count: 0, totalMs: 0, maxMs: 0, maxKind: "none" };
  const totalMs = busiest.reduce((sum, { pauseMs }) => sum + pauseMs, 0);
  return { count: busiest.length, totalMs, maxMs: longest.pauseMs, maxKind: longest.kind };
}
