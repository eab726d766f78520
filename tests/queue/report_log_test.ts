import { assertEquals } from "@std/assert";
import { logReport } from "../../lib/queue/report_log.ts";
import type { RelayReport } from "../../lib/queue/relay/messages.ts";
import { RecordingLog } from "../harness/recording_log.ts";

const REPORTS: ReadonlyArray<readonly [RelayReport, level: string, event: string, fields: object]> = [
  [
    { event: "order changed", newestFirst: true, backlog: 7 },
    "info",
    "order changed",
    { order: "newest connection first", backlog: 7 },
  ],
  [
    { event: "redelivery limit reached", bytes: 5, digest: "abc", client: "\0\x01", workers: ["A", "B"] },
    "error",
    "redelivery limit reached",
    { bytes: 5, digest: "abc", client: "0x0001", workers: ["A", "B"] },
  ],
  [
    { event: "jobs take longer than clients wait", replies: 10, undeliverable: 6, medianJobMs: 12.4 },
    "warning",
    "jobs take longer than clients wait",
    { replies: 10, undeliverable: 6, medianJobMs: 12 },
  ],
  [{ event: "worker joined", worker: "A", workers: 3 }, "info", "worker joined", { worker: "A", workers: 3 }],
  [{ event: "worker left", worker: "A", workers: 2 }, "info", "worker left", { worker: "A", workers: 2 }],
  [
    { event: "worker lost", worker: "A", request: "redelivered", afterMs: 1234.5678 },
    "warning",
    "worker lost",
    { worker: "A", request: "redelivered", afterMs: 1235 },
  ],
  [
    { event: "ready while busy", worker: "A", request: "exhausted", afterMs: 10 },
    "warning",
    "ready while busy",
    { worker: "A", request: "exhausted", afterMs: 10 },
  ],
  [
    { event: "slow job", worker: "A", client: "\0\x01", bytes: 5, ageMs: 10_000.4 },
    "warning",
    "slow job",
    { worker: "A", client: "0x0001", bytes: 5, ageMs: 10_000 },
  ],
  [{ event: "malformed message", worker: "A" }, "warning", "malformed message", { worker: "A" }],
  [{ event: "unmatched reply", worker: "A" }, "warning", "unmatched reply", { worker: "A" }],
  [{ event: "late reply", worker: "A" }, "warning", "late reply", { worker: "A" }],
  [
    { event: "job timeout", worker: "A", request: "exhausted", afterMs: 1000 },
    "warning",
    "job timeout",
    { worker: "A", request: "exhausted", afterMs: 1000 },
  ],
  [
    { event: "ready at the frontend", client: "x" },
    "warning",
    "a worker seems to be connected to the frontend",
    { client: "x" },
  ],
  [
    { event: "request at the backend", client: "x" },
    "warning",
    "a client seems to be connected to the backend",
    { client: "x" },
  ],
  [
    { event: "handshake failed", role: "client", address: "192.0.2.1", reason: "why", isGuarded: true },
    "warning",
    "handshake failed",
    { side: "frontend", address: "192.0.2.1", reason: "why" },
  ],
  [
    { event: "handshake failed", role: "worker", address: "192.0.2.1", reason: "why", isGuarded: false },
    "info",
    "handshake failed",
    { side: "backend", address: "192.0.2.1", reason: "why" },
  ],
  [
    { event: "exhausted request not kept", digest: "ab", reason: "more than 10 within a second" },
    "warning",
    "exhausted request not kept",
    { digest: "ab", reason: "more than 10 within a second" },
  ],
  [{ event: "request refused", reason: "draining" }, "warning", "request refused", { reason: "draining" }],
  [
    { event: "message dropped", side: "frontend" },
    "warning",
    "message dropped",
    { side: "frontend", reason: "identity over 255 bytes" },
  ],
  [
    { event: "message failed", side: "backend", reason: "Error: why" },
    "error",
    "message failed",
    { side: "backend", reason: "Error: why" },
  ],
  [
    { event: "worker identity taken over", identity: "A", previousAddress: "10.0.0.1", address: "10.0.0.2" },
    "warning",
    "worker identity taken over",
    { worker: "A", previousAddress: "10.0.0.1", address: "10.0.0.2" },
  ],
  [
    { event: "worker identity taken over", identity: "A", previousAddress: undefined, address: undefined },
    "warning",
    "worker identity taken over",
    { worker: "A" },
  ],
];

for (const [report, level, event, fields] of REPORTS) {
  Deno.test(`logReport() logs "${event}" with how many it stands for when ${JSON.stringify(report)} is reported`, () => {
    const log = new RecordingLog();
    logReport(log, report, 1);
    logReport(log, report, 12);
    assertEquals(log.entries, [{ level, event, fields }, { level, event, fields: { ...fields, count: 12 } }]);
  });
}
