import { assertEquals } from "@std/assert";
import { FRAME_OVERHEAD_BYTES, REQUEST_OVERHEAD_BYTES } from "../../../lib/queue/broker/options.ts";
import { play, type Row, testStory } from "./broker_story.ts";

/** Two clients give up after some 60 ms. Any backlog is too large after that, as long as nothing is served. */
const TWO_GIVE_UP: readonly Row[] = [
  [10, ["p asks 0", "q asks 0"], []],
  [60, "p leaves", []],
  [70, "q leaves", []],
];

testStory("Broker serves the newest connection first from when a second client gives up until the backlog is served", {
  options: { order: "auto" },
  rows: [
    [0, ["A ready", "x asks 1"], ["A <- x,,1"]],
    [10, ["p asks 0", "q asks 0 0"], []],
    [20, "y asks 2", []],
    [30, "z asks 3", []],
    [40, "w asks 4", []],
    [50, "v asks 5", []],
    [60, "p leaves", []],
    [70, "q leaves", ["! order: newest first, backlog 4"]],
    [80, "A answers x 1", ["x <- ,=1", "A <- v,,5"]],
    [90, "u asks 6", []],
    [100, "A answers v 5", ["v <- ,=5", "A <- u,,6"]],
    [110, "A answers u 6", ["u <- ,=6", "A <- w,,4"]],
    [120, "A answers w 4", ["w <- ,=4", "A <- z,,3"]],
    [130, "A answers z 3", ["z <- ,=3", "A <- y,,2"]],
    [140, "A answers y 2", ["y <- ,=2", "! order: oldest first, backlog 0"]],
  ],
  counters: { accepted: 9, answered: 6, clientLeft: 3, departures: 2, ready: 1 },
  gauges: { newestFirst: false },
});

testStory(
  "Broker serves the oldest request first when one client leaves while it waits, and another more than 1 s later",
  {
    options: { order: "auto" },
    rows: [
      [0, ["A ready", "x asks 1", "y asks 2"], ["A <- x,,1"]],
      [10, ["p asks 0", "z asks 3", "w asks 4"], []],
      [70, "p leaves", []],
      [80, "A answers x 1", ["x <- ,=1", "A <- y,,2"]],
      [1000, "q asks 0", []],
      [1070.5, "q leaves", []],
      [1071, "A answers y 2", ["y <- ,=2", "A <- z,,3"]],
    ],
    counters: { accepted: 6, answered: 2, clientLeft: 2, departures: 2, ready: 1 },
    gauges: { newestFirst: false },
  },
);

testStory("Broker serves the oldest request first, however long requests wait, when nobody gives up", {
  options: { order: "auto" },
  rows: [
    [0, ["A ready", "x asks 1", "y asks 2", "z asks 3"], ["A <- x,,1"]],
    [5000, "w asks 4", []],
    // Its request is in flight, and does not wait.
    [60_000, "x leaves", []],
    [60_001, "A answers x 1", ["A <- y,,2"]],
    [90_000, "A answers y 2", ["y <- ,=2", "A <- z,,3"]],
  ],
  counters: { accepted: 4, answered: 1, clientLeft: 1, departures: 1, ready: 1, undeliverableReplies: 1 },
});

testStory("Broker serves the oldest request first again when the last client gave up 1 s ago", {
  options: { order: "auto" },
  rows: [
    [0, ["A ready", "x asks 1"], ["A <- x,,1"]],
    ...TWO_GIVE_UP,
    [80, ["y asks 2", "z asks 3", "w asks 4"], ["! order: newest first, backlog 3"]],
    [1070, "A answers x 1", ["x <- ,=1", "A <- w,,4"]],
    [1070.5, "A answers w 4", ["w <- ,=4", "! order: oldest first, backlog 2", "A <- y,,2"]],
  ],
  counters: { accepted: 6, answered: 2, clientLeft: 2, departures: 2, ready: 1 },
});

testStory("Broker serves the oldest request first when clients give up and workers are fast enough for the backlog", {
  options: { order: "auto" },
  rows: [
    [0, ["A ready", "x asks 1"], ["A <- x,,1"]],
    [0, "q asks 0", []],
    // One request in 250 ms.
    [250, "A answers x 1", ["x <- ,=1", "A <- q,,0"]],
    [260, ["p asks 2", "q asks 2", "y asks 3"], []],
    [1000, "p leaves", []],
    // It waited for 750 ms. In half of that one request could be served, but not two.
    [1010, "q leaves", []],
    [1011, "", []],
    [1012, "z asks 4", ["! order: newest first, backlog 2"]],
  ],
  counters: { accepted: 6, answered: 1, clientLeft: 2, departures: 2, ready: 1 },
});

for (
  const [order, served] of [
    ["auto", ["y3", "y6", "x2", "x4", "x5"]],
    ["fifo", ["x2", "y3", "x4", "x5", "y6"]],
  ] as const
) {
  Deno.test(`Broker serves a connection's oldest request first when it pipelines and the order is ${order}`, () => {
    const rows: Row[] = [
      [0, ["A ready", "x asks 1"], ["A <- x,,1"]],
      ...TWO_GIVE_UP,
      [
        71,
        ["x asks 2", "y asks 3", "x asks 4 5", "y asks 6"],
        order === "auto" ? ["! order: newest first, backlog 5"] : [],
      ],
    ];
    let [client, body] = ["x", "1"];
    served.forEach((next, i) => {
      rows.push([80 + i, `A answers ${client} ${body}`, [`${client} <- ,=${body}`, `A <- ${next[0]},,${next[1]}`]]);
      [client, body] = [next[0]!, next[1]!];
    });
    play({ options: { order }, rows, counters: { accepted: 8, answered: 5, clientLeft: 2, departures: 2, ready: 1 } });
  });
}

Deno.test("Broker serves the oldest request every 32nd time while the newest connection is served first", () => {
  const clients = Array.from({ length: 70 }, (_, i) => `c${i} asks ${i}`);
  const rows: Row[] = [
    [0, ["A ready", "x asks 0"], ["A <- x,,0"]],
    ...TWO_GIVE_UP,
    [71, clients, ["! order: newest first, backlog 70"]],
  ];
  let [client, body] = ["x", 0];
  let [oldest, newest] = [0, 69];
  for (let taken = 1; taken <= 69; taken++) {
    const next = taken % 32 === 0 ? oldest++ : newest--;
    rows.push([72 + taken, `A answers ${client} ${body}`, [`${client} <- ,=${body}`, `A <- c${next},,${next}`]]);
    [client, body] = [`c${next}`, next];
  }
  assertEquals(oldest, 2);
  play({
    options: { order: "auto" },
    rows,
    counters: { accepted: 73, answered: 69, clientLeft: 2, departures: 2, ready: 1 },
  });
});

testStory("Broker serves redeliveries before all other requests while the newest connection is served first", {
  options: { order: "auto" },
  rows: [
    [0, ["A ready", "B ready", "x asks 1", "y asks 2"], ["A <- x,,1", "B <- y,,2"]],
    ...TWO_GIVE_UP,
    [71, ["z asks 3", "w asks 4"], ["! order: newest first, backlog 2"]],
    [80, "A leaves", []],
    [81, "B answers y 2", ["y <- ,=2", "B <- x,,1"]],
    [82, "B answers x 1", ["x <- ,=1", "B <- w,,4"]],
  ],
  counters: { accepted: 6, answered: 2, clientLeft: 2, redeliveries: 1, departures: 2, ready: 2 },
});

testStory("Broker serves a connection last when more of its requests wait than its share", {
  options: { maxBacklog: 8, clientShare: 1 / 4 },
  rows: [
    [0, ["A ready", "v asks 0"], ["A <- v,,0"]],
    [1, ["x asks 1 2 3", "y asks 4 5"], []],
    [2, "A answers v 0", ["v <- ,=0", "A <- y,,4"]],
    [3, "A answers y 4", ["y <- ,=4", "A <- y,,5"]],
    [4, "A answers y 5", ["y <- ,=5", "A <- x,,1"]],
    // It has no more than its share again, and is served in its turn.
    [5, ["z asks 6", "A answers x 1"], ["x <- ,=1", "A <- x,,2"]],
  ],
  counters: { accepted: 7, answered: 4, ready: 1 },
});

testStory("Broker serves a connection last when more of its bytes wait than its share", {
  options: { maxBacklogBytes: 4 * 2 * (REQUEST_OVERHEAD_BYTES + 2 * FRAME_OVERHEAD_BYTES + 1), clientShare: 1 / 4 },
  rows: [
    [0, ["A ready", "v asks 0"], ["A <- v,,0"]],
    // One byte too many.
    [1, ["x asks 1 22", "y asks 3 4"], []],
    [2, "A answers v 0", ["v <- ,=0", "A <- y,,3"]],
  ],
  counters: { accepted: 5, answered: 1, ready: 1 },
});
