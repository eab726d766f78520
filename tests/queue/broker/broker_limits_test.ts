import { assertEquals } from "@std/assert";
import { Broker } from "../../../lib/queue/broker/broker.ts";
import { FRAME_OVERHEAD_BYTES, REQUEST_OVERHEAD_BYTES } from "../../../lib/queue/broker/options.ts";
import { brokerConfig } from "./broker_config.ts";
import { type Story, testStory } from "./broker_story.ts";
import { FakeOutput, TEXT_READER } from "./fake_output.ts";

testStory("Broker accepts a connection's only request beyond the limit, and refuses further ones", {
  options: { maxBacklog: 2 },
  rows: [
    [0, ["A ready", "x asks 1"], ["A <- x,,1"]],
    [1, "y asks 2", []],
    [2, "y asks 3", ["! request refused: backlog full"]],
    [3, "x asks 4", []],
    [4, "x asks 5", ["! request refused: backlog full"]],
    [5, "z asks 6", []],
    [6, ["y leaves", "z leaves"], []],
    [7, "A answers x 1", ["x <- ,=1", "A <- x,,4"]],
    [8, "x asks 7 8", ["! request refused: backlog full"]],
  ],
  counters: { accepted: 5, answered: 1, clientLeft: 2, refusedFull: 3, departures: 2, ready: 1 },
  gauges: { waiting: 1, inFlight: 1 },
});

testStory("Broker refuses every request beyond the limit when orphans are kept, since departures then make no room", {
  options: { maxBacklog: 1, keepOrphans: true },
  rows: [
    [0, "x asks 1", []],
    [1, "x leaves", []],
    [2, "y asks 2", ["! request refused: backlog full"]],
    [3, "A ready", ["A <- x,,1"]],
  ],
  counters: { accepted: 1, refusedFull: 1, departures: 1, ready: 1 },
});

testStory("Broker refuses a request beyond the limit when its connection has a redelivery that waits or is delayed", {
  options: { maxBacklog: 1 },
  rows: [
    [0, ["A ready", "x asks 1"], ["A <- x,,1"]],
    [1, "A leaves", []],
    [2, "x asks 2", ["! request refused: backlog full"]],
    [3, "B ready", ["B <- x,,1"]],
    [4, "B leaves", [], 250],
    [5, "x asks 3", ["! request refused: backlog full"]],
    [254, "C ready", ["C <- x,,1"]],
    [255, "x asks 4", []],
  ],
  counters: { accepted: 2, refusedFull: 2, redeliveries: 2, ready: 3 },
});

testStory("Broker counts the overhead of a request and its frames in addition to their bytes", {
  rows: [
    [0, "x asks 12345", []],
    [1, "y sends ,a,bc,", []],
  ],
  counters: { accepted: 2 },
  gauges: { pendingBytes: 2 * REQUEST_OVERHEAD_BYTES + 6 * FRAME_OVERHEAD_BYTES + 8 },
});

/** A broker without peers, and a function that sends it requests. */
function makeBroker(
  options: Story["options"] = {},
): { broker: Broker<string>; ask: (client: string, body: string) => boolean } {
  const output = new FakeOutput(() => "sent");
  const broker = new Broker({ reader: TEXT_READER, output, config: brokerConfig(options) });
  const ask = (client: string, body: string) => {
    const frames = ["", body];
    output.owned.add(frames);
    return broker.receiveRequest(client, frames, 0);
  };
  return { broker, ask };
}

Deno.test("Broker.leavesUnread() is true when as many requests are pending as are allowed, waiting or not", () => {
  const { broker, ask } = makeBroker({ maxBacklog: 2 });
  broker.receiveFromWorker("A", ["", "\x01"], 0);
  assertEquals([ask("x", "1"), broker.leavesUnread(0)], [true, false]);
  assertEquals([ask("y", "2"), broker.leavesUnread(0)], [true, true]);
  assertEquals(broker.gauges.inFlight, 1);
  broker.clientGone("y", 0);
  assertEquals([broker.pending, broker.leavesUnread(0)], [1, false]);
});

Deno.test("Broker.leavesUnread() is true when as many bytes are pending as are allowed", () => {
  const maxBacklogBytes = 2 * (REQUEST_OVERHEAD_BYTES + 2 * FRAME_OVERHEAD_BYTES + 1);
  const { broker, ask } = makeBroker({ maxBacklogBytes });
  assertEquals([ask("x", "1"), broker.leavesUnread(0)], [true, false]);
  assertEquals([ask("y", "2"), broker.leavesUnread(0)], [true, true]);
  assertEquals(broker.gauges.pendingBytes, maxBacklogBytes);
  assertEquals([ask("y", "3"), ask("z", "4")], [false, true]);
});

Deno.test("Broker accepts a request larger than the limit of bytes when the backlog is empty", () => {
  const { broker, ask } = makeBroker({ maxBacklogBytes: 1000 });
  assertEquals([ask("x", "a".repeat(5000)), broker.leavesUnread(0), broker.pending], [true, true, 1]);
  broker.clientGone("x", 0);
  assertEquals([broker.leavesUnread(0), broker.gauges.pendingBytes], [false, 0]);
});
