import { assertEquals } from "@std/assert";
import { Ajv } from "ajv";
import formats from "ajv-formats";
import schema from "../../../docs/status.schema.json" with { type: "json" };
import { QUEUE_STATES } from "../../../lib/queue/status/sentence.ts";
import { statusOf } from "../../../lib/queue/status/status.ts";
import { busySnapshot, FACTS, LINK, REFUSED } from "./snapshot_of.ts";

const ajv = new Ajv({ allErrors: true });

formats.default(ajv);
const validate = ajv.compile(schema);

const PAUSED = {
  by: "ops@host",
  address: "127.0.0.1",
  reason: "new disks",
  since: "2026-01-01T00:00:00.000Z",
  until: null,
};

const DRAIN = { by: "ops@host", address: "127.0.0.1", since: "2026-01-01T00:00:01.000Z" };

Deno.test("the status has the shape that docs/status.schema.json describes, and no more", () => {
  const cases = [
    [null, null, {}],
    [PAUSED, DRAIN, { link: LINK, refusedPeers: REFUSED }],
    [null, { ...DRAIN, by: "SIGTERM", address: null }, { link: { ...LINK, server: null } }],
  ] as const;
  for (const [paused, drain, more] of cases) {
    const status = statusOf({ ...busySnapshot(), ...more }, FACTS, { at: "2026-01-01T00:00:02.000Z", paused, drain });
    validate(JSON.parse(JSON.stringify(status)));
    assertEquals(validate.errors, null);
  }
});

Deno.test("docs/status.schema.json rejects anything of another shape", () => {
  const status = statusOf(busySnapshot(), FACTS, { at: "2026-01-01T00:00:02.000Z", paused: null, drain: null });
  assertEquals([validate({ ...status, more: 1 }), validate({ ...status, state: "fine" })], [false, false]);
});

Deno.test("docs/status.schema.json names all states", () => {
  assertEquals(schema.properties.state.enum, [...QUEUE_STATES]);
});
