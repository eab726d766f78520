import { testStory } from "./broker_story.ts";

testStory("Broker reports a worker once for each connection when it says READY, answers and comes back", {
  rows: [
    [0, "A connects", []],
    [1, ["A ready", "A ready"], []],
    [2, "x asks 1", ["A <- x,,1"]],
    [3, "A answers x 1", ["x <- ,=1"]],
    [4, ["A leaves", "A ready", "B ready"], []],
  ],
  counters: { accepted: 1, answered: 1, ready: 4, repeatedReady: 1 },
  comings: [
    "! worker joined A, 1 there",
    "! worker left A, 0 there",
    "! worker joined A, 1 there",
    "! worker joined B, 2 there",
  ],
});

testStory("Broker does not report a connection that leaves without ever having been a worker", {
  rows: [
    [0, ["A connects", "B says ,x,,1", "C says nonsense"], ["! late reply B", "! malformed message C"]],
    [1, ["A leaves", "B leaves", "C leaves"], []],
  ],
  counters: { lateReplies: 1, malformedMessages: 1 },
  comings: ["! worker joined B, 2 there", "! worker left B, 0 there"],
});

testStory("Broker reports what becomes of the request, and its age, when a busy worker is lost", {
  options: { redeliveries: 1 },
  rows: [
    [0, ["A ready", "B ready", "C ready"], []],
    [0, "x asks 1", ["A <- x,,1"]],
    [1500, "A leaves", ["B <- x,,1"]],
    [1700, "B leaves", ["! redelivery limit reached: 1 bytes #1 of x at A,B"]],
    [2000, "y asks 2", ["C <- y,,2"]],
    [2100, ["y leaves", "C leaves"], []],
  ],
  counters: { accepted: 2, redeliveries: 1, exhausted: 1, clientLeft: 1, departures: 1, ready: 3 },
  comings: [
    "! worker joined A, 1 there",
    "! worker joined B, 2 there",
    "! worker joined C, 3 there",
    "! worker lost A after 1500 ms: redelivered",
    "! worker lost B after 200 ms: exhausted",
    "! worker lost C after 100 ms: client left",
  ],
});

testStory("Broker reports a worker as gone, not as lost, when it made an orderly exit, or had a request on trial", {
  rows: [
    [0, "A ready", []],
    [0, "x asks 1", ["A <- x,,1"]],
    [10, "A answers x 1", ["x <- ,=1"]],
    [20, "x asks 2", ["A <- x,,2"]],
    [30, "A leaves", []],
    [40, "B connects", []],
    [1040, "", ["B <- token1,,2"]],
    [1050, "B leaves", []],
  ],
  counters: { accepted: 2, answered: 1, ready: 1, orderlyExits: 1, trials: 1 },
  comings: ["! worker joined A, 1 there", "! worker left A, 0 there"],
});

testStory("Broker reports a worker as gone when it cannot be reached any more", {
  rows: [
    [0, ["A ready", "A vanishes", "x asks 1"], ["A <- x,,1 (unreachable)"]],
    [1, "A leaves", []],
  ],
  counters: { accepted: 1, ready: 1, skippedWorkers: 1 },
  comings: ["! worker joined A, 1 there", "! worker left A, 0 there"],
});

testStory("Broker reports what becomes of the request of a worker that says READY instead of answering", {
  options: { redeliveries: 1 },
  rows: [
    [0, "A ready", []],
    [0, "x asks 1", ["A <- x,,1"]],
    [700, "A ready", ["A <- x,,1"]],
    [900, "A ready", ["! redelivery limit reached: 1 bytes #1 of x at A,A"]],
    [950, "A ready", []],
    [1000, "B connects", []],
    // This one is on trial: that it says READY is no loss.
    [1000, "y asks 2 3", ["A <- y,,2"]],
    [2100, "", ["B <- token1,,3"]],
    [2200, "B ready", ["B <- y,,3"]],
  ],
  counters: { accepted: 3, redeliveries: 1, exhausted: 1, ready: 5, repeatedReady: 1, trials: 1 },
  comings: [
    "! worker joined A, 1 there",
    "! ready while busy A after 700 ms: redelivered",
    "! ready while busy A after 200 ms: exhausted",
    "! worker joined B, 2 there",
  ],
});
