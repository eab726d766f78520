import { assertEquals } from "@std/assert";
import type { RelaySnapshot } from "../../../lib/queue/relay/relay_statistics.ts";
import { statusOf } from "../../../lib/queue/status/status.ts";
import { busySnapshot, FACTS, LINK, REFUSED } from "./snapshot_of.ts";

const AT = "2026-01-01T00:00:02.000Z";

Deno.test("statusOf() shows the current numbers, and an account that adds up", () => {
  const status = statusOf(busySnapshot(), FACTS, { at: AT, paused: null, drain: null });
  assertEquals(status.sentence, "serving: 1 of 1 worker busy, 1 waiting, the oldest for 500 ms");
  const { accepted, answered, exhausted, waiting, inFlight } = status.account;
  assertEquals([accepted, answered, exhausted, waiting, inFlight], [4, 1, 1, 1, 1]);
  assertEquals([status.backlog.requests, status.waiting.requests, status.waiting.oldestMs], [2, 1, 500]);
  assertEquals([status.inFlight.requests, status.inFlight.oldestMs], [1, 1000]);
  assertEquals(status.times.work.count, 1);
  assertEquals(status.rates.acceptedPerSecond, 2);
  assertEquals(status.workers.meanJobMs, (500 + 1000) / 2);
});

Deno.test("statusOf() shows workers, clients, peers that left and requests at their limit", () => {
  const { workers, clients, departed, exhausted } = statusOf(busySnapshot(), FACTS, {
    at: AT,
    paused: null,
    drain: null,
  });
  assertEquals(workers.list, [{
    id: "B",
    name: "B",
    address: "address-of-B",
    state: "busy",
    stateMs: 1000,
    jobMs: 1000,
    jobBytes: 512 + 2 * 128 + 1,
    answered: 0,
    lost: 0,
    medianJobMs: null,
  }]);
  assertEquals(clients.list.map(({ name, waiting, oldestMs }) => [name, waiting, oldestMs]), [["z", 1, 500]]);
  assertEquals(departed.map(({ name, reason, agoMs }) => [name, reason, agoMs]), [["A", "left, with a job", 1000]]);
  assertEquals(exhausted.map(({ client, workers, agoMs }) => [client, workers, agoMs]), [["y", ["A"], 1000]]);
});

Deno.test("statusOf() names a peer by its key, otherwise by its printable identity", () => {
  const snapshot = busySnapshot();
  const named = { ...snapshot.workers, identities: ["\0abc"], names: ["thumb1"] };
  const nameOf = (columns: typeof named) =>
    statusOf({ ...snapshot, workers: columns }, FACTS, { at: AT, paused: null, drain: null }).workers.list[0]!.name;
  assertEquals(nameOf(named), "thumb1");
  assertEquals(nameOf({ ...named, names: [undefined!] }), "0x00616263");
});

Deno.test("statusOf() says who paused the queue", () => {
  const paused = { by: "ops@host", address: "127.0.0.1", reason: "disk full", since: AT, until: null };
  const status = statusOf(busySnapshot(), FACTS, { at: AT, paused, drain: null });
  assertEquals([status.state, status.paused], ["paused", paused]);
});

Deno.test("statusOf() says who asked for a drain", () => {
  const drain = { by: "ops@host", address: "127.0.0.1", since: AT };
  const status = statusOf(busySnapshot(), FACTS, { at: AT, paused: null, drain });
  assertEquals([status.state, status.draining, status.drain], ["draining", true, drain]);
});

Deno.test("statusOf() shows the link if there is one, and whether it is connected", () => {
  const linkOf = (snapshot: RelaySnapshot) => statusOf(snapshot, FACTS, { at: AT, paused: null, drain: null }).link;
  assertEquals(linkOf(busySnapshot()), null);
  assertEquals(linkOf({ ...busySnapshot(), link: LINK }), { connected: true, ...LINK });
  assertEquals(linkOf({ ...busySnapshot(), link: { ...LINK, server: null } })?.connected, false);
});

Deno.test("statusOf() shows peers that were not let in", () => {
  const { refusedPeers } = statusOf({ ...busySnapshot(), refusedPeers: REFUSED }, FACTS, {
    at: AT,
    paused: null,
    drain: null,
  });
  assertEquals(refusedPeers, [
    {
      side: "backend",
      address: "192.0.2.2",
      publicKey: null,
      name: null,
      reason: "malformed",
      toPermit: null,
      count: 1,
      agoMs: 500,
    },
    {
      side: "frontend",
      address: "192.0.2.1",
      publicKey: "key",
      name: "thumb1",
      reason: "key permitted for the other role",
      toPermit: "make its role client,worker in keys/permitted",
      count: 3,
      agoMs: 2000,
    },
  ]);
});

Deno.test("statusOf() names the file of a request at its limit, if there is one", () => {
  const fileOf = (number: number) => number === 1 ? "/kept/1.body" : undefined;
  const filesOf = (moment: object) =>
    statusOf(busySnapshot(), FACTS, { at: AT, paused: null, drain: null, ...moment }).exhausted.map(({ file }) => file);
  assertEquals([filesOf({ fileOf }), filesOf({})], [["/kept/1.body"], [null]]);
});
