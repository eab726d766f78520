import { assertEquals } from "@std/assert";
import { NoReplyCauses, type NoReplyReason } from "../../lib/client/no_reply.ts";

const REFUSED = { reason: "REFUSED", text: "nothing listens" } as const;
const NO_ANSWER = { reason: "NO_ANSWER", text: "connected, but no reply came" } as const;

/** The error of a request with these causes, by the index of the queue. */
function errorOf(causes: readonly (readonly [number, { reason: NoReplyReason; text: string }])[], tries = 3) {
  const all = new NoReplyCauses(["tcp://a:1", "tcp://b:1"]);
  for (const [index, cause] of causes) all.set(index, cause);
  return all.error(tries, 250);
}

Deno.test("NoReplyCauses.error() names the queue, the tries and the reason", () => {
  const { name, code, reason, message } = errorOf([[0, REFUSED]], 1);
  assertEquals([name, code, reason], ["NoReplyError", "NO_REPLY", "REFUSED"]);
  assertEquals(message, 'No reply from "tcp://a:1" after 1 try of 250 ms: nothing listens');
});

Deno.test("NoReplyCauses.error() gives a reason that all queues share only once", () => {
  const { message } = errorOf([[0, NO_ANSWER], [1, NO_ANSWER]]);
  assertEquals(message, 'No reply from "tcp://a:1", "tcp://b:1" after 3 tries of 250 ms: connected, but no reply came');
});

Deno.test("NoReplyCauses.error() has the last reason of each queue, and the code of the one that got furthest", () => {
  const { reason, message } = errorOf([[0, REFUSED], [0, NO_ANSWER], [1, REFUSED]]);
  assertEquals(reason, "NO_ANSWER");
  assertEquals(
    message,
    'No reply after 3 tries of 250 ms: "tcp://a:1": connected, but no reply came; "tcp://b:1": nothing listens',
  );
});

Deno.test("NoReplyCauses.error() says so when there was no time to connect", () => {
  const { reason, message } = errorOf([], 1);
  assertEquals(reason, "NO_ANSWER");
  assertEquals(
    message,
    'No reply from "tcp://a:1", "tcp://b:1" after 1 try of 250 ms: ' +
      "the time was over before the client could connect; give each try a longer timeout",
  );
});
