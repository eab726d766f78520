/**
 * Runs random stories, and finds the shortest one that fails.
 *
 * @module
 */

import fc from "fast-check";

/** How long to look for a shorter story after a failure, in milliseconds. */
const MAX_SHRINKING_MS = 20_000;
/** How many lines of a failing story are shown. */
const LAST_LINES = 60;

/** The parts of a story, and how to run it. */
export interface Story<Scenario, Event, World> {
  /** Its scenario. */
  readonly scenario: fc.Arbitrary<Scenario>;
  /** Its events. */
  readonly events: fc.Arbitrary<Event[]>;
  /**
   * Runs the story, and checks it.
   *
   * @param trace Receives what happened, if that should be shown; otherwise `null`.
   * @throws {Error} When something is wrong.
   */
  readonly live: (scenario: Scenario, events: readonly Event[], trace: string[] | null) => World;
  /** Receives the world after each story. */
  readonly onLived: (world: World, events: readonly Event[]) => void;
}

/**
 * Runs random stories.
 *
 * @param story The parts of the stories.
 * @param runs How many.
 * @param seed fast-check's seed, to repeat a failure.
 * @throws {Error} At the first failure, with the shortest story found that leads there, and fast-check's seed.
 */
export function fuzz<Scenario, Event, World>(
  { scenario, events, live, onLived }: Story<Scenario, Event, World>,
  runs: number,
  seed?: number,
): void {
  let shrinksUntilMs = Infinity;
  const property = fc.property(scenario, events, (place, happenings) => {
    if (performance.now() > shrinksUntilMs) return;
    let world;
    try {
      world = live(place, happenings, null);
    } catch (error) {
      shrinksUntilMs = Math.min(shrinksUntilMs, performance.now() + MAX_SHRINKING_MS);
      const trace: string[] = [];
      try {
        live(place, happenings, trace);
      } catch {
        // The story fails again, with the same error.
      }
      throw new Error(`${(error as Error).message}\n${trace.slice(-LAST_LINES).join("\n")}`, { cause: error });
    }
    onLived(world, happenings);
  });
  fc.assert(property, { numRuns: runs, ...(seed === undefined ? {} : { seed }) });
}

/**
 * Adds counters to their sums.
 *
 * @param sums The sums, which are changed.
 * @param counters The counters, at least those of the sums.
 */
export function addCounters<Name extends string>(
  sums: Record<Name, number>,
  counters: Readonly<Record<Name, number>>,
): void {
  for (const name of Object.keys(sums) as Name[]) sums[name] += counters[name];
}
