import { assertEquals } from "@std/assert";
import { sentenceOf, type StateFacts, stateOf } from "../../../lib/queue/status/sentence.ts";

const FACTS: StateFacts = {
  drain: null,
  paused: null,
  noWorkersMs: null,
  newestFirst: false,
  waiting: 3,
  oldestWaitingMs: 40,
  inFlight: 12,
  workers: 16,
  busyWorkers: 12,
  bytes: 1000,
  limits: { requests: 100, bytes: 5000 },
};
const PAUSED = {
  by: "ops@host",
  address: "127.0.0.1",
  reason: "new disks",
  since: "2026-01-01T00:00:00Z",
  until: null,
};
const DRAIN = { by: "ops@host", address: "127.0.0.1", since: "2026-01-01T00:00:00Z" };

const CASES: readonly (readonly [Partial<StateFacts>, string])[] = [
  [{}, "serving: 12 of 16 workers busy, 3 waiting, the oldest for 40 ms"],
  [{ waiting: 0, oldestWaitingMs: null }, "serving: 12 of 16 workers busy, nothing waits"],
  [{ workers: 1, busyWorkers: 1 }, "serving: 1 of 1 worker busy, 3 waiting, the oldest for 40 ms"],
  [
    { noWorkersMs: 12_300, workers: 0, waiting: 0, oldestWaitingMs: null },
    "no workers for 12 s: nothing waits",
  ],
  [{ noWorkersMs: 5000 }, "no workers for 5.0 s, 16 connected and silent: 3 waiting, the oldest for 40 ms"],
  [
    { newestFirst: true },
    "overloaded: newest first, since clients give up before their turn; 3 waiting, the oldest for 40 ms",
  ],
  [{ waiting: 88 }, "backlog full: 100 of 100 requests, clients are held back"],
  [{ bytes: 6000 }, "backlog full: 6000 of 5000 bytes, clients are held back"],
  [
    { drain: DRAIN },
    "draining: 15 left, 12 of them with workers; asked for by ops@host at 2026-01-01T00:00:00Z",
  ],
  [
    { paused: PAUSED },
    "paused by ops@host since 2026-01-01T00:00:00Z: new disks; 3 waiting, the oldest for 40 ms",
  ],
  [
    { paused: { ...PAUSED, until: "2026-01-01T00:10:00Z" }, waiting: 0, oldestWaitingMs: null },
    "paused by ops@host since 2026-01-01T00:00:00Z until 2026-01-01T00:10:00Z: new disks; nothing waits",
  ],
];

for (const [changes, sentence] of CASES) {
  Deno.test(`sentenceOf() says "${sentence}"`, () => {
    assertEquals(sentenceOf({ ...FACTS, ...changes }), sentence);
    assertEquals(sentence.startsWith(stateOf({ ...FACTS, ...changes })), true);
  });
}

Deno.test("stateOf() names the first state that applies", () => {
  const all = { ...FACTS, newestFirst: true, waiting: 100, noWorkersMs: 1, paused: PAUSED, drain: DRAIN };
  const seen = [
    stateOf(all),
    stateOf({ ...all, drain: null }),
    stateOf({ ...all, drain: null, paused: null }),
    stateOf({ ...all, drain: null, paused: null, noWorkersMs: null }),
    stateOf({ ...all, drain: null, paused: null, noWorkersMs: null, waiting: 1 }),
  ];
  assertEquals(seen, ["draining", "paused", "no workers", "backlog full", "overloaded"]);
});
