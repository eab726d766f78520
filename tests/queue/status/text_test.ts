import { assertEquals } from "@std/assert";
import type { LinkSnapshot } from "../../../lib/queue/link/counters.ts";
import { statusOf } from "../../../lib/queue/status/status.ts";
import { formatStatus, PRINTED_NUMBERS } from "../../../lib/queue/status/text.ts";
import { busySnapshot, FACTS, LINK, REFUSED } from "./snapshot_of.ts";

const STATUS = statusOf(busySnapshot(), FACTS, { at: "2026-01-01T00:00:02.000Z", paused: null, drain: null });

Deno.test("formatStatus() writes the sentence, then a line for each subject", () => {
  assertEquals(formatStatus(STATUS).split("\n"), [
    "serving: 1 of 1 worker busy, 1 waiting, the oldest for 500 ms",
    "waiting   1, the oldest for 500 ms",
    "in flight 1, the oldest for 1.0 s",
    "backlog   2 of 100000 requests, 1538 of 268435456 bytes",
    "workers   1: 0 idle, 1 busy, 0 unconfirmed",
    "wanted    1 busy, about 2 wanted",
    "clients   3",
    "a second  2.0 accepted, 0.5 answered",
    "wait      p50 0 ms, p99 0 ms, of 3 in the last minute",
    "work      p50 469 ms, p99 499 ms, of 1 in the last minute",
    "account   4 accepted = 1 waiting + 1 in flight + 1 answered + 1 at their redelivery limit",
    "",
  ]);
});

Deno.test("PRINTED_NUMBERS are the status's", () => {
  const numbers = Object.fromEntries(Object.entries(PRINTED_NUMBERS).map(([name, read]) => [name, read(STATUS)]));
  assertEquals(numbers, { waiting: 1, "oldest-ms": 500, "in-flight": 1, workers: 1, idle: 0, busy: 1, wanted: 2 });
});

Deno.test("formatStatus() has a line about the link if there is one", () => {
  const lineOf = (link: LinkSnapshot) => {
    const status = statusOf({ ...busySnapshot(), link }, FACTS, {
      at: "2026-01-01T00:00:02.000Z",
      paused: null,
      drain: null,
    });
    return formatStatus(status).split("\n").at(-2);
  };
  assertEquals(lineOf(LINK), "link      connected to nats1:4222, 1 other queue, 2 borrowed, 1 lent");
  assertEquals(
    lineOf({ ...LINK, server: null, queues: [] }),
    "link      not connected, 0 other queues, 0 borrowed, 0 lent",
  );
});

Deno.test("formatStatus() says how many peers were refused, and how to let in the last one of whom that is known", () => {
  const linesOf = (refusedPeers: typeof REFUSED) => {
    const snapshot = { ...busySnapshot(), refusedPeers };
    return formatStatus(statusOf(snapshot, FACTS, { at: "2026-01-01T00:00:02.000Z", paused: null, drain: null })).split(
      "\n",
    );
  };
  assertEquals(linesOf(REFUSED).slice(-3), [
    "refused   2 peers; thumb1 from 192.0.2.1 at the frontend 2.0 s ago: key permitted for the other role",
    "to permit make its role client,worker in keys/permitted",
    "",
  ]);
  assertEquals(linesOf(REFUSED.slice(0, 1)).at(-2), "refused   1 peer; 192.0.2.2 at the backend 500 ms ago: malformed");
});
