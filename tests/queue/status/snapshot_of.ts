/**
 * Snapshots for tests of the status.
 *
 * @module
 */

import { Broker } from "../../../lib/queue/broker/broker.ts";
import { type LinkSnapshot, zeroLinkCounters } from "../../../lib/queue/link/counters.ts";
import type { RefusedPeer, RelaySnapshot } from "../../../lib/queue/relay/relay_statistics.ts";
import type { QueueFacts } from "../../../lib/queue/status/status.ts";
import { brokerConfig } from "../broker/broker_config.ts";
import { FakeOutput, TEXT_READER } from "../broker/fake_output.ts";

/** What does not change of the queue under test. */
export const FACTS: QueueFacts = {
  startedAt: "2026-01-01T00:00:00.000Z",
  host: "queue.example",
  versions: { queue: "0.1.0", commit: null, deno: "2.9.6", libzmq: "4.3.5" },
  frontend: ["tcp://127.0.0.1:5555"],
  backend: ["tcp://127.0.0.1:5556"],
  open: { frontend: false, backend: false },
  limits: { requests: 100_000, bytes: 256 * 1024 ** 2 },
  settings: [],
};

/** A link to one other queue. */
export const LINK: LinkSnapshot = {
  server: "nats1:4222",
  queues: [{ id: "0123456789abcdef", address: "tcp://other:5555", workers: 4, wanted: 0, lent: 1, borrowed: 2 }],
  counters: { ...zeroLinkCounters(), borrowed: 5, borrowedAnswered: 3, lent: 1 },
};

/** Peers that were not let in: one whose handshake failed, then one of whom it is known how to let it in. */
export const REFUSED: readonly RefusedPeer[] = [
  { role: "worker", address: "192.0.2.2", reason: "malformed", count: 1, ageMs: 500 },
  {
    role: "client",
    address: "192.0.2.1",
    publicKey: "key",
    name: "thumb1",
    reason: "key permitted for the other role",
    toPermit: "make its role client,worker in keys/permitted",
    count: 3,
    ageMs: 2000,
  },
];

/**
 * A queue in which a job was done and another runs, one request waits and a worker was lost.
 *
 * @returns Its snapshot at 2,000 ms.
 */
export function busySnapshot(): RelaySnapshot {
  const output = new FakeOutput(() => "sent");
  const broker = new Broker({ reader: TEXT_READER, output, config: brokerConfig({ redeliveries: 0 }) });
  const request = (client: string, now: number) => {
    const frames = ["", "1"];
    output.owned.add(frames);
    broker.receiveRequest(client, frames, now);
  };
  broker.receiveFromWorker("A", ["", "\x01"], 0);
  request("x", 0);
  const reply = ["", "x", "", "done"];
  output.message = reply;
  broker.receiveFromWorker("A", reply, 500);
  request("y", 600);
  broker.workerGone("A", 1000);
  broker.receiveFromWorker("B", ["", "\x01"], 1000);
  request("x", 1000);
  request("z", 1500);
  return {
    ...broker.snapshot(2000),
    relayCounters: { droppedMessages: 0, exhaustedNotCopied: 0, failedHandshakes: 0, excessHandshakes: 0 },
    dropped: { frontend: 0, backend: 0 },
    refused: {},
    refusedPeers: [],
    keys: null,
    takenAtMs: Date.parse("2026-01-01T00:00:02.000Z"),
    clockMs: 2000,
  };
}
