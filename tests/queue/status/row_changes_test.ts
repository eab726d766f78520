import { assertEquals } from "@std/assert";
import { rowChanges } from "../../../lib/queue/status/row_changes.ts";
import { type QueueStatus, statusOf } from "../../../lib/queue/status/status.ts";
import { busySnapshot, FACTS, REFUSED } from "./snapshot_of.ts";

const STATUS = statusOf(busySnapshot(), FACTS, { at: "2026-01-01T00:00:00.000Z", paused: null, drain: null });

function withWorkers(list: QueueStatus["workers"]["list"]): QueueStatus {
  return { ...STATUS, workers: { ...STATUS.workers, list } };
}

Deno.test("rowChanges() returns all rows at first, and none when only ages grew", () => {
  const whole = rowChanges(STATUS, undefined);
  assertEquals([whole.workers.changed, whole.departed], [STATUS.workers.list, STATUS.departed]);
  const older = withWorkers(STATUS.workers.list.map((worker) => ({ ...worker, stateMs: worker.stateMs + 1000 })));
  const none = { changed: [], gone: [] };
  assertEquals(rowChanges(older, STATUS), { workers: none, clients: none });
});

Deno.test("rowChanges() names workers that do something else, that are new, and that are gone", () => {
  const [worker] = STATUS.workers.list;
  const changed = { ...worker!, answered: 7 };
  const added = { ...worker!, id: "C", name: "C" };
  assertEquals(rowChanges(withWorkers([changed, added]), STATUS).workers, { changed: [changed, added], gone: [] });
  assertEquals(rowChanges(withWorkers([]), STATUS).workers, { changed: [], gone: ["B"] });
});

Deno.test("rowChanges() has all peers that left, and all requests at their limit, when there is a new one", () => {
  const [departed] = STATUS.departed;
  const more = { ...STATUS, departed: [{ ...departed!, name: "Z", agoMs: 0 }, departed!] };
  const { departed: all, exhausted } = rowChanges(more, STATUS);
  assertEquals([all?.length, exhausted], [2, undefined]);
});

Deno.test("rowChanges() has all peers that left when one left again, as another one leaves the list", () => {
  const [one] = STATUS.departed;
  const left = (...ages: readonly number[]) => ({ ...STATUS, departed: ages.map((agoMs) => ({ ...one!, agoMs })) });
  assertEquals(rowChanges(left(700, 59_900), left(58_900, 59_800), 1000).departed?.length, 2);
  assertEquals(rowChanges(left(1700, 58_900), left(700, 57_900), 1000).departed, undefined);
});

Deno.test("rowChanges() has all peers that were not let in when one came again", () => {
  const refusedPeers = statusOf({ ...busySnapshot(), refusedPeers: REFUSED }, FACTS, {
    at: "2026-01-01T00:00:00.000Z",
    paused: null,
    drain: null,
  }).refusedPeers;
  const before = { ...STATUS, refusedPeers };
  const older = { ...STATUS, refusedPeers: refusedPeers.map((peer) => ({ ...peer, agoMs: peer.agoMs + 1000 })) };
  assertEquals(rowChanges(older, before).refusedPeers, undefined);
  const again = { ...STATUS, refusedPeers: refusedPeers.map((peer) => ({ ...peer, count: peer.count + 1 })) };
  assertEquals(rowChanges(again, before).refusedPeers, again.refusedPeers);
});

Deno.test("rowChanges() has all requests at their limit when the file of one is written", () => {
  const written = { ...STATUS, exhausted: STATUS.exhausted.map((request) => ({ ...request, file: "/kept/1.body" })) };
  assertEquals(rowChanges(written, STATUS).exhausted, written.exhausted);
});
