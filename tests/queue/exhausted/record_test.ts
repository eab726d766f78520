import { assertEquals } from "@std/assert";
import { describeExhausted, sizeOfBody } from "../../../lib/queue/exhausted/record.ts";
import { decodeFrames } from "../../../lib/frame_json.ts";

const START_MS = Date.UTC(2026, 10, 30, 9, 15);
const COPY = {
  digest: "0123456789abcdef",
  number: 1,
  client: "\0\x01",
  receivedAtMs: START_MS,
  exhaustedAtMs: START_MS + 2000,
  workers: [
    { worker: "A", sentAtMs: START_MS, lostAtMs: START_MS + 1000.4 },
    { worker: "B", sentAtMs: START_MS + 1001, lostAtMs: START_MS + 2000 },
  ],
};
const DESCRIPTION = {
  digest: "0123456789abcdef",
  client: "0x0001",
  receivedAt: "2026-11-30T09:15:00.000Z",
  exhaustedAt: "2026-11-30T09:15:02.000Z",
  workers: [
    { worker: "A", sentAt: "2026-11-30T09:15:00.000Z", lostAt: "2026-11-30T09:15:01.000Z" },
    { worker: "B", sentAt: "2026-11-30T09:15:01.001Z", lostAt: "2026-11-30T09:15:02.000Z" },
  ],
};

Deno.test("describeExhausted() contains the client, the workers and the times, and leaves the body to a file", () => {
  const copy = { ...COPY, body: [new TextEncoder().encode("hello")] };
  assertEquals(JSON.parse(describeExhausted(copy)), { ...DESCRIPTION, bytes: 5 });
});

Deno.test("describeExhausted() contains the frames in the format of --frames json when there are several, or none", () => {
  const frames = [new TextEncoder().encode("é"), new Uint8Array([0xff]), new Uint8Array()];
  const { frames: shown, ...others } = JSON.parse(describeExhausted({ ...COPY, body: frames }));
  assertEquals(others, { ...DESCRIPTION, bytes: 3 });
  assertEquals(decodeFrames(shown), frames);
  assertEquals(JSON.parse(describeExhausted({ ...COPY, body: [] })).frames, []);
});

Deno.test("sizeOfBody() is the sum of all frames", () => {
  assertEquals(sizeOfBody({ ...COPY, body: [new Uint8Array(2), new Uint8Array(3)] }), 5);
});
