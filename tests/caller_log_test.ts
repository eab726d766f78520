import { assertEquals } from "@std/assert";
import { shielded } from "../lib/caller_log.ts";
import type { EventLog } from "../lib/log.ts";
import { RecordingLog } from "./harness/recording_log.ts";

Deno.test("shielded() passes everything on", () => {
  const log = new RecordingLog();
  const shield = shielded(log)!;
  shield.debug("detail");
  shield.info("a", { job: 1 });
  shield.warning("b");
  shield.error("c", { reason: "why" });
  assertEquals(log.entries, [
    { level: "debug", event: "detail", fields: {} },
    { level: "info", event: "a", fields: { job: 1 } },
    { level: "warning", event: "b", fields: {} },
    { level: "error", event: "c", fields: { reason: "why" } },
  ]);
});

Deno.test("shielded() returns when the log throws or rejects", async () => {
  const fails = () => {
    throw new Error("disk full");
  };
  const rejects = () => Promise.reject(new Error("disk full"));
  for (const write of [fails, rejects]) {
    const shield = shielded({ debug: write, info: write, warning: write, error: write } as EventLog)!;
    shield.debug("detail");
    shield.info("a");
    shield.warning("b");
    shield.error("c");
  }
  // An unhandled rejection would be reported by now.
  await new Promise((resolve) => setTimeout(resolve, 0));
});

Deno.test("shielded() is undefined when there is no log", () => {
  assertEquals(shielded(undefined), undefined);
});
