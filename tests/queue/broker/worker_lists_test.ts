import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { ClientConnection, QueuedRequest, type WorkerConnection } from "../../../lib/queue/broker/records.ts";
import { WorkerLists } from "../../../lib/queue/broker/worker_lists.ts";

function makeRequest(): QueuedRequest<string> {
  return new QueuedRequest(0, new ClientConnection<string>("x", "x", 0), [], 0, 0);
}

/** As RequestLists does when a request is sent to a worker. */
function hold(request: QueuedRequest<string>, worker: WorkerConnection<string> | null): void {
  (request as { holder: WorkerConnection<string> | null }).holder = worker;
}

Deno.test("WorkerLists.takeNext() takes the worker idle longest, and one that is idle again keeps its place", () => {
  const workers = new WorkerLists<string>();
  const [a, b] = [workers.add("A", 0), workers.add("B", 0)];
  workers.move(a, "idle", 0);
  workers.move(b, "idle", 1);
  workers.move(a, "idle", 2);
  assertEquals([workers.idle, workers.takesRequests], [2, true]);
  assertEquals([workers.takeNext(), workers.takeNext(), workers.takeNext()], [a, b, undefined]);
  assertEquals([workers.idle, workers.takesRequests, workers.size], [0, false, 2]);
});

Deno.test("WorkerLists.longestSilent is the worker silent longest that has not been moved since", () => {
  const workers = new WorkerLists<string>();
  const [a, b, c] = [workers.add("A", 0), workers.add("B", 0), workers.add("C", 0)];
  for (const [now, worker] of [a, b, c].entries()) workers.move(worker, "silent", now);
  assertEquals([workers.longestSilent, b.stateSinceMs], [a, 1]);
  workers.assign(a, makeRequest(), "on trial", 1);
  workers.forget(b, 0);
  assertEquals([workers.longestSilent, workers.get("B"), a.state], [c, undefined, "on trial"]);
  workers.move(c, "suspect", 3);
  assertEquals([workers.longestSilent, c.state, workers.idle], [null, "suspect", 0]);
});

Deno.test("WorkerLists.unassign() returns a request only while it is the worker's own", () => {
  const workers = new WorkerLists<string>();
  const [worker, other, request] = [workers.add("A", 0), workers.add("B", 0), makeRequest()];
  assertEquals(workers.unassign(worker), null);
  workers.assign(worker, request, "busy", 0);
  hold(request, worker);
  assertEquals([workers.unassign(worker), worker.request, workers.unassign(worker)], [request, null, null]);
  workers.assign(worker, request, "on trial", 0);
  hold(request, other);
  assertEquals([workers.unassign(worker), worker.request], [null, null]);
});

Deno.test("WorkerLists agrees with a recount after any moves", () => {
  const step = fc.tuple(
    fc.nat(3),
    fc.constantFrom("silent", "idle", "hung", "suspect", "busy", "on trial", "taken", "gone"),
  );
  fc.assert(fc.property(fc.array(step), (steps) => {
    const workers = new WorkerLists<string>();
    /** The workers that are idle, in order, and those that are silent. */
    let [idle, silent]: [string[], string[]] = [[], []];
    const known = new Set<string>();
    for (const [now, [who, what]] of steps.entries()) {
      if (what === "taken") {
        const worker = workers.takeNext();
        assertEquals(worker?.identity, idle.shift());
        // It must not stay without a place.
        if (worker !== undefined) workers.move(worker, "hung", now);
      } else {
        const identity = `W${who}`;
        const worker = workers.get(identity) ?? workers.add(identity, 0);
        const isInPlace = worker.state === what;
        known.add(identity);
        if (what === "gone") {
          workers.forget(worker, 0);
          known.delete(identity);
        } else if (what === "busy" || what === "on trial") workers.assign(worker, makeRequest(), what, 0);
        else workers.move(worker, what, now);
        const isListed = idle.includes(identity) || silent.includes(identity);
        if (!(isInPlace && isListed)) {
          idle = idle.filter((name) => name !== identity);
          silent = silent.filter((name) => name !== identity);
          if (what === "idle") idle.push(identity);
          if (what === "silent") silent.push(identity);
        }
        assertEquals(worker.state, what === "gone" ? worker.state : what);
      }
      assertEquals([workers.size, workers.idle, workers.takesRequests], [known.size, idle.length, idle.length > 0]);
      assertEquals(workers.longestSilent?.identity, silent[0]);
    }
  }));
});
