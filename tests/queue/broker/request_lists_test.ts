import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import {
  ClientConnection,
  type QueuedRequest,
  type RequestState,
  WorkerConnection,
} from "../../../lib/queue/broker/records.ts";
import { RequestLists } from "../../../lib/queue/broker/request_lists.ts";

const SHARE = { requests: 100, bytes: 1000 };
const CLIENT = "x";

function makeLists(jobTimeoutMs = Infinity, slowJobMs = Infinity) {
  const lists = new RequestLists<string>({ share: SHARE, jobTimeoutMs, slowJobMs });
  const client = new ClientConnection<string>(CLIENT, CLIENT, 0);
  const worker = new WorkerConnection<string>("A", 0);
  const accept = (bytes = 1) => lists.accept(client, [], bytes, 0);
  return { lists, client, worker, accept };
}

function gaugesOf({ waiting, delayed, inFlight, onTrial, pending, pendingBytes }: RequestLists<string>) {
  return { waiting, delayed, inFlight, onTrial, pending, pendingBytes };
}

const NONE = { waiting: 0, delayed: 0, inFlight: 0, onTrial: 0, pending: 0, pendingBytes: 0 };

Deno.test("RequestLists counts a request in the state that it is in, and nowhere else", () => {
  const { lists, client, worker, accept } = makeLists();
  const request = accept(7);
  const pending = { ...NONE, pending: 1, pendingBytes: 7 };
  lists.wait(request);
  assertEquals([request.state, gaugesOf(lists)], ["waiting", { ...pending, waiting: 1 }]);
  lists.send(request, worker, "in flight", 1);
  assertEquals([request.state, gaugesOf(lists)], ["in flight", { ...pending, inFlight: 1 }]);
  assertEquals([request.holder, request.sentAtMs], [worker, 1]);
  lists.delay(request, 10);
  assertEquals([request.state, gaugesOf(lists)], ["delayed", { ...pending, delayed: 1 }]);
  assertEquals([request.holder, client.redeliveries], [null, 1]);
  lists.waitAgain(request);
  assertEquals([request.state, gaugesOf(lists), client.redeliveries], ["waiting", { ...pending, waiting: 1 }, 1]);
  lists.send(request, worker, "on trial", 20);
  assertEquals([request.state, gaugesOf(lists), client.redeliveries], ["on trial", { ...pending, onTrial: 1 }, 0]);
  lists.end(request);
  assertEquals([request.state, request.holder, client.pending, gaugesOf(lists)], ["ended", null, 0, NONE]);
});

Deno.test("RequestLists refuses to move a request that has ended", () => {
  const { lists, accept } = makeLists();
  const request = accept();
  lists.end(request);
  assertThrows(() => lists.waitAgain(request), Error, "Cannot move a request that has ended");
});

Deno.test("RequestLists.due() returns what is due, and nextDueAtMs says when the next one is", () => {
  const { lists, worker, accept } = makeLists(100);
  const [late, early, inFlight, onTrial, waiting] = [accept(), accept(), accept(), accept(), accept()];
  assertEquals([lists.nextDueAtMs, lists.due(1e9)], [Infinity, null]);
  lists.wait(waiting);
  assertEquals([lists.nextDueAtMs, lists.due(1e9)], [Infinity, null]);
  lists.send(onTrial, worker, "on trial", 0);
  lists.delay(late, 1000);
  lists.delay(early, 250);
  lists.send(inFlight, worker, "in flight", 10);
  const seen: unknown[] = [];
  for (let dueAtMs = lists.nextDueAtMs; dueAtMs < Infinity; dueAtMs = lists.nextDueAtMs) {
    assertEquals(lists.due(dueAtMs - 0.5), null);
    const request = lists.due(dueAtMs)!;
    seen.push([dueAtMs, request]);
    lists.end(request);
  }
  assertEquals(seen, [[110, inFlight], [250, early], [1000, late], [5000, onTrial]]);
});

Deno.test("RequestLists has no deadline for requests in flight when there is no job timeout", () => {
  const { lists, worker, accept } = makeLists();
  lists.send(accept(), worker, "in flight", 0);
  assertEquals([lists.nextDueAtMs, lists.due(1e9)], [Infinity, null]);
});

Deno.test("RequestLists.takeSlow() returns each request that has been in flight for too long once per worker", () => {
  const { lists, worker, accept } = makeLists(Infinity, 100);
  const [first, second, third] = [accept(), accept(), accept()];
  lists.send(first, worker, "in flight", 0);
  lists.send(second, worker, "in flight", 10);
  lists.send(third, worker, "on trial", 20);
  assertEquals([lists.nextDueAtMs, lists.takeSlow(99.5)], [100, null]);
  assertEquals([lists.takeSlow(100), lists.takeSlow(100), lists.nextDueAtMs], [first, null, 110]);
  lists.end(second);
  assertEquals([lists.takeSlow(1000), lists.nextDueAtMs], [null, 5020]);
  lists.waitAgain(first);
  lists.send(first, worker, "in flight", 1000);
  assertEquals([lists.nextDueAtMs, lists.takeSlow(1100)], [1100, first]);
  lists.end(first);
  assertEquals([lists.nextDueAtMs, lists.takeSlow(1e9)], [5020, null]);
});

Deno.test("RequestLists.waitingOf() yields redeliveries first, and what it yields may leave", () => {
  const { lists, client, worker, accept } = makeLists();
  const [first, second, third] = [accept(), accept(), accept()];
  lists.wait(first);
  lists.wait(second);
  lists.send(third, worker, "in flight", 0);
  lists.waitAgain(third);
  const seen: unknown[] = [];
  for (const request of lists.waitingOf(client)) {
    seen.push(request);
    lists.end(request);
  }
  assertEquals([seen, gaugesOf(lists)], [[third, first, second], NONE]);
});

/** One step: which request (by its number among those that have not ended, or a new one), where it goes, and when. */
const STEPS = fc.array(
  fc.tuple(
    fc.nat(5),
    fc.constantFrom<RequestState>("waiting", "delayed", "in flight", "on trial", "ended"),
    fc.nat(400),
  ),
);

Deno.test("RequestLists agrees with a recount, and knows the next deadline, after any moves", () => {
  fc.assert(fc.property(fc.constantFrom(30, Infinity), STEPS, (jobTimeoutMs, steps) => {
    const { lists, client, worker, accept } = makeLists(jobTimeoutMs);
    const live = new Map<QueuedRequest<string>, { state: RequestState; dueAtMs: number; isNew: boolean }>();
    let now = 0;
    for (const [which, state, ms] of steps) {
      now += ms;
      const request = [...live.keys()][which] ?? accept(3);
      const isNew = !live.has(request);
      let dueAtMs = Infinity;
      if (state === "ended") lists.end(request);
      else if (state === "delayed") lists.delay(request, dueAtMs = now + ms);
      else if (state !== "waiting") {
        lists.send(request, worker, state, now);
        dueAtMs = now + (state === "on trial" ? 5000 : jobTimeoutMs);
      } else if (isNew) lists.wait(request);
      else lists.waitAgain(request);
      live.delete(request);
      if (state !== "ended") live.set(request, { state, dueAtMs, isNew });

      const states = [...live.values()].map(({ state }) => state);
      const count = (wanted: RequestState) => states.filter((state) => state === wanted).length;
      assertEquals(gaugesOf(lists), {
        waiting: count("waiting"),
        delayed: count("delayed"),
        inFlight: count("in flight"),
        onTrial: count("on trial"),
        pending: live.size,
        pendingBytes: 3 * live.size,
      });
      for (const [{ state, holder }, expected] of live) {
        assertEquals([state, holder !== null], [expected.state, ["in flight", "on trial"].includes(state)]);
      }
      const again = [...live.values()].filter(({ state, isNew }) =>
        state === "delayed" || (state === "waiting" && !isNew)
      );
      assertEquals([client.pending, client.redeliveries], [live.size, again.length]);
      assertEquals(lists.nextDueAtMs, Math.min(...[...live.values()].map(({ dueAtMs }) => dueAtMs)));
      assertEquals(lists.due(Math.min(lists.nextDueAtMs, 1e9)) === null, lists.nextDueAtMs === Infinity);
    }
    for (let request = lists.first; request !== null; request = lists.first) lists.end(request);
    assertEquals([gaugesOf(lists), client.pending, client.redeliveries], [NONE, 0, 0]);
  }));
});
