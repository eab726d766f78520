/**
 * Runs random worlds around a broker.
 *
 * @module
 */

import fc from "fast-check";
import type { BrokerConfig } from "../../../lib/queue/broker/options.ts";
import { type BrokerCounters, zeroCounters } from "../../../lib/queue/broker/statistics.ts";
import { CLIMATE_NAMES, type Happening, HAPPENINGS } from "./broker_climates.ts";
import { World } from "./broker_world.ts";
import { addCounters, fuzz } from "../../harness/fuzz.ts";

/** One event: an index into the climate's names, the peer that it happens to, and a variant. */
type Event = readonly [name: number, who: number, detail: number];

interface Scenario {
  readonly options: BrokerConfig;
  readonly climate: number;
  readonly startMs: number;
}

const SCENARIO: fc.Arbitrary<Scenario> = fc.record({
  options: fc.record({
    redeliveries: fc.constantFrom(3, 0, 1, 5),
    jobTimeout: fc.constantFrom(0, 0, 0, 30, 700),
    slowJob: fc.constantFrom(0, 0, 30, 250, 700),
    keepOrphans: fc.constantFrom(false, false, false, true),
    order: fc.constantFrom("auto", "auto", "auto", "fifo"),
    maxBacklog: fc.constantFrom(100, 100, 30, 12, 3),
    maxBacklogBytes: fc.constantFrom(1_000_000, 1_000_000, 20_000, 3000),
    clientShare: fc.constantFrom(1, 1 / 2, 1 / 4, 1 / 8),
    knowsDepartures: fc.constantFrom(true, true, true, false),
  }),
  climate: fc.nat(CLIMATE_NAMES.length - 1),
  startMs: fc.constantFrom(0, 1e6 + 0.25),
});

const EVENTS: fc.Arbitrary<Event[]> = fc.array(fc.tuple(fc.nat(1e6), fc.nat(39), fc.nat(63)), {
  maxLength: 600,
  size: "max",
});

/** What happened in all worlds. */
export interface Coverage {
  /** Events. */
  events: number;
  /** The sums of all counters. */
  counters: BrokerCounters;
  /** How often the order changed to newest first. */
  ordersChanged: number;
  /** Requests that were accepted while the queue drained. */
  newcomers: number;
  /** The most requests that were sent in a row while the newest connection was served first. */
  longestNewestFirst: number;
}

function live(scenario: Scenario, events: readonly Event[], trace: string[] | null): World {
  const names = CLIMATE_NAMES[scenario.climate]!;
  const world = new World(scenario.options, scenario.startMs, trace);
  for (const [name, who, detail] of events) {
    const happening: Happening = HAPPENINGS[names[name % names.length]!];
    happening(world, who, detail);
  }
  world.end();
  return world;
}

/**
 * Runs random worlds, and compares the broker with the model after every event.
 *
 * @param worlds How many.
 * @param seed fast-check's seed, to repeat a failure.
 * @returns What happened in them.
 * @throws {Error} At the first difference, with the shortest story found that leads there, and fast-check's seed.
 */
export function fuzzBroker(worlds: number, seed?: number): Coverage {
  const coverage: Coverage = {
    events: 0,
    counters: zeroCounters(),
    ordersChanged: 0,
    newcomers: 0,
    longestNewestFirst: 0,
  };
  fuzz(
    {
      scenario: SCENARIO,
      events: EVENTS,
      live,
      onLived: (world, events) => {
        coverage.events += events.length;
        coverage.ordersChanged += world.ordersChanged;
        coverage.newcomers += world.newcomers;
        coverage.longestNewestFirst = Math.max(coverage.longestNewestFirst, world.longestNewestFirst);
        addCounters(coverage.counters, world.broker.counters);
      },
    },
    worlds,
    seed,
  );
  return coverage;
}
