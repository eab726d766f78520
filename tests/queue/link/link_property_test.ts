import { assert } from "@std/assert";
import { fuzzLink } from "./link_fuzz.ts";

/** Enough to meet each way in which an attempt ends. */
const WORLDS = 80;
/**
 * What need not happen in so few; `link_test.ts` has each of these. Replies are kept for longer than these worlds have a full
 * pipe, no queue here says what is wrong, and few drains end while others have a request.
 */
const RARE: ReadonlySet<string> = new Set([
  "unsentLoanReplies",
  "malformedLinkMessages",
  "lateRemoteReplies",
  "lentExcused",
  "borrowedExcused",
  "borrowedLeftAtDrain",
]);

Deno.test("Link loses no request and gives no wrong reply, whatever is lost, delayed, killed and stopped", () => {
  const { counters } = fuzzLink(WORLDS);
  for (const [name, count] of Object.entries(counters)) {
    if (!RARE.has(name)) assert(count > 0, name);
  }
});
