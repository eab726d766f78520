import { assertEquals, assertRejects } from "@std/assert";
import { makeActions } from "../../../lib/queue/http/actions.ts";
import { ActionError } from "../../../lib/queue/http/routes.ts";
import type { Commander } from "../../../lib/queue/status/sentence.ts";

const PEER = { address: "127.0.0.1", isUnix: false };

function makeStage() {
  const told: unknown[] = [];
  const actions = makeActions({
    pause: (commander: Commander, reason: string, forMs: number | null) => {
      told.push(["pause", commander, reason, forMs]);
      return Promise.resolve();
    },
    resume: (commander) => Promise.resolve(told.push(["resume", commander]) > 0),
    drain: (commander) => told.push(["drain", commander]),
  });
  return { told, tell: (path: string, body: unknown) => actions[path]!(body, PEER) };
}

Deno.test("makeActions() passes on who, from where, why and for how long", async () => {
  const { told, tell } = makeStage();
  const by = "ops@host";
  const commander = { by, address: "127.0.0.1" };
  await tell("/pause", { by, reason: "new disks", for: "1m" });
  await tell("/pause", { by, reason: "new disks", for: 60_000 });
  await tell("/resume", { by });
  await tell("/drain", { by });
  const paused = ["pause", commander, "new disks", 60_000];
  assertEquals(told, [paused, paused, ["resume", commander], ["drain", commander]]);
});

Deno.test("makeActions() makes a printable line of what people write", async () => {
  const { told, tell } = makeStage();
  await tell("/pause", { by: " a\u0000b\n", reason: "one\r\ntwo\u001b[31m\u2028three" });
  assertEquals(told, [["pause", { by: "a b", address: "127.0.0.1" }, "one two [31m three", null]]);
});

Deno.test("makeActions() refuses a pause without a reason, and values of the wrong type", async () => {
  const { told, tell } = makeStage();
  const wrong = [
    {},
    { reason: " " },
    { reason: 1 },
    { reason: "x".repeat(201) },
    { reason: "a", for: -1 },
    { reason: "a", for: "1 minute" },
    { reason: "a", for: "1000h" },
    { reason: "a", for: [] },
    // A pause that was to end must not go on for ever.
    { reason: "a", forMs: 1000 },
    [],
    null,
    "a",
  ];
  for (const body of wrong) await assertRejects(() => tell("/pause", body), ActionError);
  assertEquals(told, []);
});

Deno.test("makeActions() neither drains nor resumes when it gets fields that only a pause has", async () => {
  const { told, tell } = makeStage();
  for (const path of ["/drain", "/resume"]) {
    for (const body of [{ reason: "new disks", for: "10m" }, { for: "10m" }, { by: "ops@host", reason: "x" }, []]) {
      await assertRejects(async () => await tell(path, body), ActionError);
    }
  }
  await assertRejects(
    async () => await tell("/drain", { reason: "x" }),
    ActionError,
    'Unknown field "reason"; allowed: "by"',
  );
  assertEquals(told, []);
});
