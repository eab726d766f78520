import { assertEquals } from "@std/assert";
import { noticeOf } from "../../../../../lib/queue/http/page/model/notice.ts";

Deno.test("noticeOf() reports a start for a minute, and another version until the page is reloaded", () => {
  const notice = (upMs: number | null, version: string) =>
    noticeOf({ name: "tau:5555", upMs, version, pageVersion: "0.1.0" }, (ms) => `${ms / 1000} s ago`);
  const upgraded = "is version 0.2.0 now, and this page is of 0.1.0: load it again.";
  assertEquals([notice(3000, "0.1.0"), notice(60_000, "0.1.0"), notice(null, "0.1.0")], [
    "tau:5555 started 3 s ago; it counts from 0.",
    "",
    "",
  ]);
  assertEquals([notice(3000, "0.2.0"), notice(60_000, "0.2.0")], [
    `tau:5555 started 3 s ago; it counts from 0. It ${upgraded}`,
    `tau:5555 ${upgraded}`,
  ]);
});
