/**
 * Runs random worlds of linked queues.
 *
 * @module
 */

import fc from "fast-check";
import { assertEquals, fail } from "@std/assert";
import { type LinkCounters, zeroLinkCounters } from "../../../lib/queue/link/counters.ts";
import { GOOD_NETWORK, LinkWorld, type Network, type SimulatedQueue } from "./link_world.ts";
import { addCounters, fuzz } from "../../harness/fuzz.ts";

/** One event: an index into the happenings, the queue that it happens to, and a variant. */
type Event = readonly [name: number, who: number, detail: number];

type Happening = (world: LinkWorld, queue: SimulatedQueue, detail: number) => void;

const HAPPENINGS: readonly Happening[] = [
  ...fourTimes((world, queue, detail) => world.ask(queue, `client${detail % 4}`)),
  ...fourTimes((world, queue, detail) => world.answer(queue, `worker${detail % 3}`)),
  ...fourTimes((world, _, detail) => world.pass(1 + detail)),
  (world, queue, detail) => world.join(queue, `worker${detail % 3}`),
  (world, queue, detail) => world.join(queue, `worker${detail % 3}`),
  (world, queue, detail) => world.joinSilently(queue, `worker${detail % 3}`),
  (world) => world.answerAll(),
  (world, _, detail) => world.pass(20 * detail),
  // The time of a trial is over.
  (world, _, detail) => detail < 12 ? world.pass(5200) : undefined,
  (world, queue, detail) => world.killWorker(queue, `worker${detail % 3}`),
  (world, queue, detail) => world.leave(queue, `client${detail % 4}`),
  (world, queue) => world.connect(queue, !queue.isConnected),
  (_, queue) => void (queue.isStopped = !queue.isStopped),
  (world, queue, detail) => detail < 20 ? world.kill(queue) : undefined,
  (world, queue, detail) => detail < 6 ? world.drain(queue) : undefined,
  (world, queue) => queue.isDraining ? world.endDrain(queue) : undefined,
];

function fourTimes(happening: Happening): Happening[] {
  return [happening, happening, happening, happening];
}

interface Scenario {
  readonly names: readonly string[];
  readonly network: Network;
  readonly jobTimeout: number;
  readonly redeliveries: number;
  readonly seed: number;
}

const SCENARIO: fc.Arbitrary<Scenario> = fc.record({
  names: fc.constantFrom(["a", "b"], ["b", "a", "c"], ["c", "b", "a"], ["a", "b", "c", "d"]),
  network: fc.record({
    delayMs: fc.constantFrom(0, 2, 20, 200),
    lostPercent: fc.constantFrom(0, 0, 1, 10),
    reorders: fc.constantFrom(false, false, true),
    fullPercent: fc.constantFrom(0, 0, 5),
  }),
  jobTimeout: fc.constantFrom(0, 0, 700),
  redeliveries: fc.constantFrom(1000, 3),
  seed: fc.nat(),
});

const EVENTS: fc.Arbitrary<Event[]> = fc.array(fc.tuple(fc.nat(1e6), fc.nat(39), fc.nat(63)), {
  maxLength: 300,
  size: "max",
});

function live(
  { names, network, jobTimeout, redeliveries, seed }: Scenario,
  events: readonly Event[],
  trace: string[] | null,
): LinkWorld {
  const world = new LinkWorld(names, { network, seed, trace, config: { jobTimeout, redeliveries } });
  for (const [name, who, detail] of events) {
    const queue = world.queues[who % world.queues.length]!;
    HAPPENINGS[name % HAPPENINGS.length]!(world, queue, detail);
  }
  heal(world);
  return world;
}

/** All faults end. Then every request ends, too, and every worker that was lent is back. */
function heal(world: LinkWorld): void {
  world.network = GOOD_NETWORK;
  for (const queue of [...world.queues]) {
    queue.isStopped = false;
    world.connect(queue, true);
    if (queue.isDraining && queue.workers.size === 0) world.join(queue, "worker0");
  }
  world.join(world.queues.find(({ isDraining }) => !isDraining) ?? world.queues[0]!, "healer");
  for (let round = 0; round < 400; round++) {
    world.pass(round < 10 ? 500 : 25);
    world.answerAll();
    if (round > 10 && world.queues.every(({ broker }) => broker.pending === 0)) break;
  }
  for (const { id, client, state } of world.asked.values()) {
    if (state === "pending") fail(`Request ${id} of ${client} has not ended`);
  }
  for (const { broker, link, owned, name } of world.queues) {
    assertEquals([broker.pending, link.borrowed, link.lent, owned.size], [0, 0, 0, 0], `What is left at ${name}`);
  }
}

/** What happened in all worlds. */
export interface LinkCoverage {
  /** Events. */
  events: number;
  /** The sums of all counters. */
  counters: LinkCounters;
}

/**
 * Runs random worlds; {@linkcode LinkWorld} checks each.
 *
 * @param worlds How many.
 * @param seed fast-check's seed, to repeat a failure.
 * @returns What happened in them.
 * @throws {Error} At the first failure, with the shortest story found that leads there, and fast-check's seed.
 */
export function fuzzLink(worlds: number, seed?: number): LinkCoverage {
  const coverage: LinkCoverage = { events: 0, counters: zeroLinkCounters() };
  fuzz(
    {
      scenario: SCENARIO,
      events: EVENTS,
      live,
      onLived: (world, events) => {
        coverage.events += events.length;
        for (const { link } of [...world.queues, ...world.ended]) addCounters(coverage.counters, link.counters);
      },
    },
    worlds,
    seed,
  );
  return coverage;
}
