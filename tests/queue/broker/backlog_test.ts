import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { Backlog, type ClientShare } from "../../../lib/queue/broker/backlog.ts";
import { ClientConnection, QueuedRequest } from "../../../lib/queue/broker/records.ts";

const NO_SHARE: ClientShare = { requests: Infinity, bytes: Infinity };

/** A backlog. Connections are named by letters, requests by their number in the order of arrival. */
class Waiting {
  readonly backlog: Backlog<string>;
  readonly #clients = new Map<string, ClientConnection<string>>();
  #arrived = 0;

  constructor(share: ClientShare = NO_SHARE) {
    this.backlog = new Backlog(share);
  }

  client(name: string): ClientConnection<string> {
    const client = this.#clients.get(name) ?? new ClientConnection<string>(name, name, 0);
    this.#clients.set(name, client);
    return client;
  }

  make(name: string, bytes = 1): QueuedRequest<string> {
    return new QueuedRequest(this.#arrived++, this.client(name), [], bytes, 0);
  }

  add(name: string, bytes = 1): QueuedRequest<string> {
    const request = this.make(name, bytes);
    this.backlog.add(request);
    return request;
  }

  /** Takes that many requests, or all. Each is given as its connection's letter and its number. */
  take(count = Infinity): string[] {
    const taken: string[] = [];
    while (taken.length < count) {
      const request = this.backlog.take();
      if (request === null) break;
      taken.push(`${request.client.identity}${request.sequence}`);
    }
    return taken;
  }
}

Deno.test("Backlog serves the oldest first by default", () => {
  const waiting = new Waiting();
  for (const name of ["x", "y", "x", "z", "y"]) waiting.add(name);
  assertEquals(waiting.backlog.size, 5);
  assertEquals(waiting.take(), ["x0", "y1", "x2", "z3", "y4"]);
  assertEquals(waiting.backlog.size, 0);
});

Deno.test("Backlog serves the oldest request of the newest connection first when told to", () => {
  const waiting = new Waiting();
  for (const name of ["x", "y", "x", "z", "y"]) waiting.add(name);
  waiting.backlog.setNewestFirst(true);
  assertEquals(waiting.backlog.newestFirst, true);
  // y's next request is newer than all others.
  assertEquals(waiting.take(2), ["z3", "y1"]);
  assertEquals(waiting.take(), ["y4", "x0", "x2"]);
});

Deno.test("Backlog serves the oldest first again when told to while requests wait", () => {
  const waiting = new Waiting();
  for (const name of ["x", "y", "z"]) waiting.add(name);
  waiting.backlog.setNewestFirst(true);
  assertEquals(waiting.take(1), ["z2"]);
  waiting.add("w");
  waiting.backlog.setNewestFirst(false);
  assertEquals(waiting.take(), ["x0", "y1", "w3"]);
});

Deno.test("Backlog serves the oldest every 32nd time while the newest connection is served first", () => {
  const waiting = new Waiting();
  for (let i = 0; i < 100; i++) waiting.add(`c${i}-`);
  waiting.backlog.setNewestFirst(true);
  const places = waiting.take().map((name) => Number(name.split("-")[1]));
  const oldest = places.flatMap((place, index) => place < 3 ? [[place, index + 1]] : []);
  assertEquals(oldest, [[0, 32], [1, 64], [2, 96]]);
  assertEquals(places.slice(0, 3), [99, 98, 97]);
});

Deno.test("Backlog starts counting to 32 afresh when the newest connection is served first again", () => {
  const waiting = new Waiting();
  for (let i = 0; i < 100; i++) waiting.add(`c${i}-`);
  waiting.backlog.setNewestFirst(true);
  waiting.take(31);
  waiting.backlog.setNewestFirst(false);
  waiting.backlog.setNewestFirst(true);
  assertEquals(waiting.take(1), ["c68-68"]);
});

Deno.test("Backlog does not count to 32 when nothing waits", () => {
  const waiting = new Waiting();
  waiting.backlog.setNewestFirst(true);
  for (let i = 0; i < 31; i++) assertEquals(waiting.take(), []);
  for (let i = 0; i < 3; i++) waiting.add(`c${i}-`);
  assertEquals(waiting.take(), ["c2-2", "c1-1", "c0-0"]);
});

Deno.test("Backlog serves redeliveries first, in the order of arrival, whatever the order between connections", () => {
  for (const newestFirst of [false, true]) {
    const waiting = new Waiting();
    for (const name of ["x", "y", "z", "w"]) waiting.add(name);
    const [x, y, z] = [waiting.backlog.take()!, waiting.backlog.take()!, waiting.backlog.take()!];
    waiting.backlog.setNewestFirst(newestFirst);
    for (const request of [y, z, x]) waiting.backlog.addRedelivery(request);
    assertEquals([waiting.backlog.size, waiting.backlog.redeliveries], [4, 3]);
    assertEquals(waiting.backlog.oldest, x);
    assertEquals(waiting.take(), ["x0", "y1", "z2", "w3"]);
    assertEquals(waiting.backlog.redeliveries, 0);
  }
});

Deno.test("Backlog.redeliveriesOf() gives one connection's redeliveries, which may be removed meanwhile", () => {
  const waiting = new Waiting();
  const requests = ["x", "y", "x", "x"].map((name) => waiting.make(name));
  for (const request of requests) waiting.backlog.addRedelivery(request);
  const seen: number[] = [];
  for (const request of waiting.backlog.redeliveriesOf(waiting.client("x"))) {
    seen.push(request.sequence);
    waiting.backlog.remove(request);
  }
  assertEquals(seen, [0, 2, 3]);
  assertEquals(Array.from(waiting.backlog.redeliveriesOf(waiting.client("x"))), []);
  assertEquals(waiting.take(), ["y1"]);
});

Deno.test("Backlog serves a connection last when more of its requests wait than its share", () => {
  const waiting = new Waiting({ requests: 2, bytes: Infinity });
  for (const name of ["x", "x", "x", "x", "y", "z", "y"]) waiting.add(name);
  // y has two, which is within its share. x has more, and is served when nobody else waits.
  assertEquals(waiting.take(3), ["y4", "z5", "y6"]);
  assertEquals(waiting.take(2), ["x0", "x1"]);
  waiting.add("y");
  assertEquals(waiting.take(), ["x2", "x3", "y7"]);
});

Deno.test("Backlog serves a connection last when more of its bytes wait than its share", () => {
  const waiting = new Waiting({ requests: Infinity, bytes: 100 });
  waiting.add("x", 60);
  waiting.add("x", 41);
  waiting.add("y", 50);
  waiting.add("y", 50);
  assertEquals(waiting.take(1), ["y2"]);
  waiting.add("y", 51);
  // Now both have more than their share, and the older one comes first.
  assertEquals(waiting.take(1), ["x0"]);
  assertEquals(waiting.take(), ["x1", "y3", "y4"]);
});

Deno.test("Backlog serves a connection in its turn when a single request is larger than its share", () => {
  const waiting = new Waiting({ requests: 0.5, bytes: 100 });
  waiting.add("x", 1000);
  waiting.add("y", 1);
  assertEquals(waiting.take(), ["x0", "y1"]);
});

Deno.test("Backlog serves connections within their share first when the newest connection is served first", () => {
  const waiting = new Waiting({ requests: 1, bytes: Infinity });
  for (const name of ["x", "y", "y", "z", "z"]) waiting.add(name);
  waiting.backlog.setNewestFirst(true);
  assertEquals(waiting.take(1), ["x0"]);
  // Both have more than their share. Without its first one, z is within it.
  assertEquals(waiting.take(), ["z3", "z4", "y1", "y2"]);
});

/** A request in a model of the backlog: one array in the order of arrival. */
interface Entry {
  readonly request: QueuedRequest<string>;
  readonly isRedelivery: boolean;
}

function nextOf(entries: readonly Entry[], share: ClientShare, newest: boolean): QueuedRequest<string> | undefined {
  const redelivery = entries.find(({ isRedelivery }) => isRedelivery);
  if (redelivery !== undefined) return redelivery.request;
  const clients = Map.groupBy(entries, ({ request }) => request.client);
  const within = Array.from(clients.values()).filter((own) => {
    const bytes = own.reduce((sum, { request }) => sum + request.bytes, 0);
    return own.length === 1 || (own.length <= share.requests && bytes <= share.bytes);
  });
  const heads = (within.length > 0 ? within : Array.from(clients.values())).map((own) => own[0]!.request);
  return heads.sort((a, b) => newest ? b.sequence - a.sequence : a.sequence - b.sequence)[0];
}

Deno.test("Backlog does what a plain array does when requests come and go at random", () => {
  const step = fc.record({
    does: fc.constantFrom("add", "add", "add", "take", "take", "remove", "put back", "order"),
    client: fc.nat(5),
    bytes: fc.integer({ min: 1, max: 50 }),
  });
  const share = fc.record({ requests: fc.integer({ min: 1, max: 6 }), bytes: fc.integer({ min: 10, max: 200 }) });
  fc.assert(fc.property(share, fc.array(step, { maxLength: 300, size: "max" }), (share, steps) => {
    const waiting = new Waiting(share);
    const { backlog } = waiting;
    let entries: Entry[] = [];
    const taken: QueuedRequest<string>[] = [];
    let takenNewestFirst = 0;
    const remove = (request: QueuedRequest<string>) => entries = entries.filter((entry) => entry.request !== request);
    for (const { does, client, bytes } of steps) {
      switch (does) {
        case "add":
          entries.push({ request: waiting.add(`${client}`, bytes), isRedelivery: false });
          break;
        case "take": {
          const hasRedeliveries = entries.some(({ isRedelivery }) => isRedelivery);
          const isCounted = backlog.newestFirst && entries.length > 0 && !hasRedeliveries;
          const isOldestTurn = isCounted && ++takenNewestFirst % 32 === 0;
          const expected = nextOf(entries, share, backlog.newestFirst && !isOldestTurn);
          const request = backlog.take();
          assertEquals(request?.sequence, expected?.sequence);
          if (request === null) break;
          remove(request);
          taken.push(request);
          break;
        }
        case "remove": {
          const entry = entries[bytes % Math.max(1, entries.length)];
          if (entry === undefined) break;
          backlog.remove(entry.request);
          remove(entry.request);
          break;
        }
        case "put back": {
          const [request] = taken.splice(bytes % Math.max(1, taken.length), 1);
          if (request === undefined) break;
          backlog.addRedelivery(request);
          entries.push({ request, isRedelivery: true });
          entries.sort((a, b) => a.request.sequence - b.request.sequence);
          break;
        }
        default:
          // Rare, so that 32 in a row are taken now and then.
          if (bytes > 10) break;
          backlog.setNewestFirst(!backlog.newestFirst);
          takenNewestFirst = 0;
      }
      assertEquals(backlog.size, entries.length);
      assertEquals(backlog.redeliveries, entries.filter(({ isRedelivery }) => isRedelivery).length);
      assertEquals(backlog.oldest?.sequence, nextOf(entries, share, false)?.sequence);
      assertEquals(backlog.firstArrived?.sequence, entries[0]?.request.sequence);
      for (let i = 0; i <= 5; i++) {
        const connection = waiting.client(`${i}`);
        const own = entries.filter(({ request, isRedelivery }) => request.client === connection && !isRedelivery);
        assertEquals(connection.waiting.size, own.length);
        assertEquals(connection.waitingBytes, own.reduce((sum, { request }) => sum + request.bytes, 0));
      }
    }
  }));
});
