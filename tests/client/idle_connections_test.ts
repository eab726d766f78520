import { assert, assertEquals } from "@std/assert";
import { type Connection, IdleConnections } from "../../lib/client/idle_connections.ts";
import { within } from "../harness/deadline.ts";
import type { PeerState } from "../../lib/zmq/peer_socket.ts";

/** A connection that is not one. */
class FakeConnection implements Connection {
  state: PeerState = "ready";
  closedAtMs: number | undefined;
  onClose = () => {};
  readonly name: string;
  readonly index: number;
  usedAtMs: number;
  readonly peer = {
    readEvents: () => this.state,
    close: () => {
      this.closedAtMs = performance.now();
      this.onClose();
    },
  };

  constructor(name: string, index: number, usedAtMs: number) {
    this.name = name;
    this.index = index;
    this.usedAtMs = usedAtMs;
  }
}

/** Keeps connections that were used at these times, by queue. */
function keep(
  ...times: number[][]
): { idle: IdleConnections<FakeConnection>; all: FakeConnection[]; [Symbol.dispose]: () => void } {
  const idle = new IdleConnections<FakeConnection>(times.length);
  const all = times.flatMap((list, index) => list.map((time) => new FakeConnection(`${index}@${time}`, index, time)));
  for (const connection of all) idle.add(connection);
  return { idle, all, [Symbol.dispose]: () => idle[Symbol.dispose]() };
}

function openNames(connections: readonly FakeConnection[]): string[] {
  return connections.filter(({ closedAtMs }) => closedAtMs === undefined).map(({ name }) => name);
}

Deno.test("IdleConnections.take() takes the connection to the given queue that was added last", () => {
  using kept = keep([0, 10], [20]);
  const { idle } = kept;
  assertEquals(idle.take(0, 30)?.name, "0@10");
  assertEquals(idle.take(0, 30)?.name, "0@0");
  assertEquals([idle.take(0, 30), idle.size], [undefined, 1]);
});

Deno.test("IdleConnections.take() closes connections that have ended", () => {
  using kept = keep([0, 1, 2]);
  const { idle, all } = kept;
  all[1]!.state = all[2]!.state = "ended";
  assertEquals(idle.take(0, 1000)?.name, "0@0");
  assertEquals([openNames(all), idle.size], [["0@0"], 0]);
});

Deno.test("IdleConnections.take() does not check a connection that was used just now", () => {
  using kept = keep([0]);
  const { idle, all } = kept;
  all[0]!.state = "ended";
  assertEquals(idle.take(0, 10), all[0]);
});

Deno.test("IdleConnections.closeAll() closes the connections to one queue", () => {
  using kept = keep([0, 1], [2]);
  const { idle, all } = kept;
  idle.closeAll(0);
  assertEquals([openNames(all), idle.size], [["1@2"], 1]);
});

Deno.test("IdleConnections closes connections that were not used for a while, except the last one", async () => {
  const nowMs = performance.now();
  const closed = Promise.withResolvers<void>();
  using idle = new IdleConnections<FakeConnection>(2, 300);
  const all = [[0, -1000], [0, -5], [1, -2000], [1, 0], [1, 60_000]].map(([index, ageMs]) =>
    new FakeConnection(`${index}@${ageMs}`, index!, nowMs + ageMs!)
  );
  for (const connection of all) idle.add(connection);
  all[3]!.onClose = closed.resolve;
  await within(closed.promise, () => "the last connection to be closed");
  assertEquals([openNames(all), idle.size], [["1@60000"], 1]);
  // Those that were idle before went at the first look, the others when their time was over.
  const [first, second, third, fourth] = all.map(({ closedAtMs }) => closedAtMs!);
  assert(Math.max(first!, third!) < Math.min(second!, fourth!));
});
