import { assertEquals } from "@std/assert";
import { Rows, type RowsEvent } from "../../../../../lib/queue/http/page/model/rows.ts";
import type { DepartedStatus, RefusedStatus, WorkerStatus } from "../../../../../lib/queue/status/status.ts";

const NO_ROWS = { changed: [], gone: [] };

function worker(id: string, answered: number): WorkerStatus {
  return {
    id,
    name: id,
    address: null,
    state: "idle",
    stateMs: 0,
    jobMs: null,
    jobBytes: null,
    answered,
    lost: 0,
    medianJobMs: null,
  };
}

function event(workers: readonly WorkerStatus[], gone: readonly string[], rest: Partial<RowsEvent> = {}): RowsEvent {
  return { isWhole: false, workers: { changed: workers, gone }, clients: NO_ROWS, ...rest };
}

function departed(name: string, agoMs: number): DepartedStatus {
  return { role: "worker", name, address: null, reason: "left", agoMs };
}

Deno.test("Rows merges the changes of events, and starts afresh with an event that has all rows", () => {
  const rows = new Rows();
  const seen = () => rows.workers.map(({ row, atMs }) => [row.id, row.answered, atMs]);
  rows.receive(event([worker("a", 1), worker("b", 1)], [], { isWhole: true }), 0);
  rows.receive(event([worker("b", 2), worker("c", 0)], ["a"]), 1000);
  assertEquals(seen(), [["b", 2, 1000], ["c", 0, 1000]]);
  rows.receive(event([worker("d", 0)], [], { isWhole: true }), 2000);
  assertEquals(seen(), [["d", 0, 2000]]);
});

Deno.test("Rows shows peers that left for a minute, most recent first, whatever the queue reports meanwhile", () => {
  const rows = new Rows();
  rows.receive(event([], [], { departed: [departed("old", 50_000), departed("new", 1000)] }), 0);
  const namesAt = (nowMs: number) => rows.departed(nowMs).map(({ row }) => row.name);
  assertEquals([namesAt(0), namesAt(9999), namesAt(10_000), namesAt(59_000)], [
    ["new", "old"],
    ["new", "old"],
    ["new"],
    [],
  ]);
});

Deno.test("Rows shows peers that were not let in for five minutes, whatever the queue reports meanwhile", () => {
  const rows = new Rows();
  const refused = (address: string, agoMs: number) => ({ address, agoMs }) as RefusedStatus;
  rows.receive(event([], [], { refusedPeers: [refused("new", 1000), refused("old", 290_000)] }), 0);
  const addressesAt = (nowMs: number) => rows.refused(nowMs).map(({ row }) => row.address);
  assertEquals([addressesAt(9999), addressesAt(10_000), addressesAt(299_000)], [["new", "old"], ["new"], []]);
});
