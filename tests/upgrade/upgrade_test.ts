import { assertEquals } from "@std/assert";
import { EARLIER } from "../harness/capabilities.ts";
import { scenario } from "../harness/scenario.ts";
import { type EndedRequest, waitsBetween } from "./requests.ts";
import { TIMEOUT_MS, upgrade } from "./upgrade.ts";

const NEEDS = ["programs", "ffi", "pyzmq", "long run"] as const;
/** For a busy machine, on which a queue takes longer to start. */
const PATIENT_MS = 3 * TIMEOUT_MS;
const OLD = EARLIER === undefined ? "queue" : "queue of an earlier version";

scenario(`${OLD} is replaced by the package's steps, and every request is answered`, NEEDS, async () => {
  await upgrade("by steps", PATIENT_MS);
});

scenario(`${OLD} is replaced by one that waits for its ports, and every request is answered`, NEEDS, async () => {
  await upgrade("beside", PATIENT_MS);
});

scenario(`${OLD} is replaced beside another queue, and no client of ours has to try again`, NEEDS, async () => {
  assertEquals((await upgrade("two queues", PATIENT_MS)).ours.sentAgain, 0);
});

scenario("one of three linked queues is replaced, and every request is answered", [...NEEDS, "nats"], async () => {
  await upgrade("linked", PATIENT_MS);
});

Deno.test("waitsBetween() sums up the requests that were under way at some time", () => {
  const request = (endedMs: number, tookMs: number, tries = 1): EndedRequest => ({
    endedMs,
    tookMs,
    tries,
    answered: true,
  });
  const requests = [request(99, 50), request(110, 20), request(150, 10), request(3000, 2800, 2), request(250, 49)];
  const { p50Ms, p99Ms, ...rest } = waitsBetween(requests, 100, 200);
  assertEquals(rest, { requests: 3, unanswered: 0, sentAgain: 1, maxMs: 2800 });
  assertEquals([p50Ms, Math.round(p99Ms / 10)], [20, 280]);
});
