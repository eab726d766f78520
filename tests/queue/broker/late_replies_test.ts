import { assertEquals } from "@std/assert";
import { LateReplies } from "../../../lib/queue/broker/late_replies.ts";

function makeAccount() {
  const minutes: unknown[] = [];
  return { account: new LateReplies((minute) => minutes.push(minute)), minutes };
}

Deno.test("LateReplies reports a minute when more than half of its replies came too late, once it is over", () => {
  const { account, minutes } = makeAccount();
  account.add(10, true, 1000);
  account.add(30, false, 2000);
  assertEquals(account.dueAtMs, Infinity);
  account.add(50, true, 3000);
  assertEquals(account.dueAtMs, 60_000);
  account.tick(59_999);
  assertEquals(minutes, []);
  account.tick(60_000);
  assertEquals([minutes, account.dueAtMs], [[{ replies: 3, undeliverable: 2, medianJobMs: 30 }], Infinity]);
});

Deno.test("LateReplies counts a reply in the minute that begins with it when the last one is over", () => {
  const { account, minutes } = makeAccount();
  account.add(10, true, 1000);
  account.add(20, true, 60_000);
  assertEquals([minutes.length, account.dueAtMs], [1, 120_000]);
  account.tick(120_000);
  assertEquals(minutes[1], { replies: 1, undeliverable: 1, medianJobMs: 15 });
});

Deno.test("LateReplies reports nothing when half of the replies came in time, or none came", () => {
  const { account, minutes } = makeAccount();
  account.add(10, true, 1000);
  account.add(10, false, 1000);
  account.tick(60_000);
  account.tick(120_000);
  assertEquals([minutes, account.dueAtMs], [[], Infinity]);
});
