import { assertEquals } from "@std/assert";
import {
  accountParts,
  type Numbers,
  SIGNS,
  tilesOf,
  titleOf,
  TONES,
} from "../../../../../lib/queue/http/page/model/first_glance.ts";
import { NumberFormat } from "../../../../../lib/queue/http/page/model/format.ts";
import { QUEUE_STATES } from "../../../../../lib/queue/status/sentence.ts";

const NUMBERS = {
  state: "serving",
  frontend: ["tcp://127.0.0.1:5555"],
  host: "tau",
  newestFirst: false,
  waiting: { requests: 1200, delayed: 0, oldestMs: 1500 },
  inFlight: { requests: 4, onTrial: 0, oldestMs: 40 },
  backlog: { requests: 1204, maxRequests: 100_000 },
  workers: { total: 16, busy: 4, wanted: 20 },
  rates: { acceptedPerSecond: 300.4, answeredPerSecond: 12.34 },
  times: { wait: { count: 1, p50Ms: 3, p99Ms: 1800 }, work: { count: 9, p50Ms: 5, p99Ms: 80 } },
} as unknown as Numbers;

Deno.test("tilesOf() has six numbers, each with what it means", () => {
  const tiles = tilesOf(NUMBERS, new NumberFormat("en"));
  assertEquals(tiles.map(({ value, note }) => `${value}; ${note}`), [
    "1,200; backlog 1,204 of 100,000",
    "1.5 s; served oldest first",
    "4; oldest 40 ms",
    "4 of 16; about 20 wanted",
    "12.3; 300 accepted a second",
    "3 ms / 1.8 s; work 5 / 80 ms",
  ]);
  assertEquals(tiles.every(({ meaning }) => /^[A-Z].*\.$/.test(meaning)), true);
});

Deno.test("titleOf() begins with the frontend, so that tabs can be distinguished", () => {
  assertEquals([titleOf(undefined, true), titleOf(NUMBERS, false), titleOf(NUMBERS, true)], [
    "Queue",
    "127.0.0.1:5555 · serving",
    "127.0.0.1:5555 · not reached",
  ]);
});

Deno.test("every state has a tone, and every tone its own sign", () => {
  assertEquals(QUEUE_STATES.filter((state) => TONES[state] === undefined), []);
  assertEquals(new Set(Object.values(SIGNS)).size, Object.keys(SIGNS).length);
});

Deno.test("accountParts() add up to what was accepted", () => {
  const account = {
    accepted: 38,
    waiting: 1,
    delayed: 1,
    inFlight: 2,
    onTrial: 1,
    remote: 7,
    answered: 3,
    clientLeft: 4,
    clientBlocked: 5,
    exhausted: 6,
    leftAtDrain: 10,
  };
  assertEquals(accountParts(account).reduce((sum, { count }) => sum + count, 0), account.accepted);
});
