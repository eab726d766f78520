import { assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  absenceSubject,
  checkMessage,
  isQueueId,
  type LinkMessage,
  MAX_ATTEMPTS,
  subjectOf,
} from "../../../lib/queue/link/messages.ts";

const MESSAGES: readonly LinkMessage[] = [
  { kind: "want", wanted: 3, workers: 2, hasWorkers: true, address: "tcp://10.1.0.7:5555", isLeaving: false },
  { kind: "ready", base: 4, limit: 7 },
  { kind: "run", attempt: 9, sent: 5 },
  { kind: "re", attempt: 9, status: "ok", base: 5, limit: 7 },
  { kind: "have", sent: 5, attempts: [8, 9] },
  { kind: "had", unknown: [] },
];

Deno.test("checkMessage() accepts every message, and rejects one with a missing field or a field of another type", () => {
  for (const message of MESSAGES) {
    assertEquals(checkMessage(JSON.parse(JSON.stringify(message))), message);
    for (const name of Object.keys(message)) {
      if (name === "isLeaving") continue;
      for (const wrong of [undefined, null, -1, 1.5, "?", {}, [-1], Array(MAX_ATTEMPTS + 1).fill(1)]) {
        if (name === "address" && wrong === "?") continue;
        assertEquals(checkMessage({ ...message, [name]: wrong }), undefined, `${message.kind}, ${name} ${wrong}`);
      }
    }
  }
});

Deno.test("checkMessage() survives any JSON", () => {
  fc.assert(fc.property(fc.jsonValue(), (value) => void checkMessage(value)));
});

Deno.test("subjectOf() and absenceSubject() say where messages go, and where NATS answers for queues that are gone", () => {
  assertEquals(MESSAGES.map((message) => subjectOf(message, "L")), [
    "want",
    "to.L.ready",
    "to.L.run",
    "to.L.re.9",
    "to.L.have",
    "to.L.had",
  ]);
  const answers = MESSAGES.map((message) => absenceSubject(message, "O", "L"));
  assertEquals(answers, [undefined, undefined, "to.O.re.9", undefined, "to.O.absent.L", undefined]);
});

Deno.test("isQueueId() accepts 16 hexadecimal digits", () => {
  assertEquals(["00000000000000ab", "0", "", "*", "00000000000000aB", "00000000000000ab\n"].map(isQueueId), [
    true,
    false,
    false,
    false,
    false,
    false,
  ]);
});
