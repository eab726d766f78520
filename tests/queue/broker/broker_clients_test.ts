import { testStory } from "./broker_story.ts";

// Clients that leave.

testStory("Broker drops a client's requests, wherever they wait, when it leaves", {
  rows: [
    [0, ["A ready", "B ready", "C ready"], []],
    [0, "x asks 1 2 3 4", ["A <- x,,1", "B <- x,,2", "C <- x,,3"]],
    [0, "y asks 5", []],
    [1, ["A leaves", "D ready"], ["D <- x,,1"]],
    // 1 is delayed, 2 waits as a redelivery, 3 is in flight, and 4 waits for the first time.
    [2, ["D leaves", "B leaves"], [], 250],
    [3, "x leaves", [], 249],
    [4, "E ready", ["E <- y,,5"]],
    [5, "C answers x 3", []],
    [252, "", [], 59_748],
  ],
  counters: { accepted: 5, clientLeft: 4, departures: 1, redeliveries: 3, ready: 5, undeliverableReplies: 1 },
  gauges: { inFlight: 1, clients: 1, idleWorkers: 1 },
});

testStory("Broker does not send a request again when its client has left", {
  rows: [
    [0, ["A ready", "B ready"], []],
    [0, "x asks 1", ["A <- x,,1"]],
    [1, "x leaves", []],
    [2, "A leaves", [], -1],
  ],
  counters: { accepted: 1, clientLeft: 1, departures: 1, ready: 2 },
  gauges: { clients: 0, pendingBytes: 0, idleWorkers: 1 },
});

testStory("Broker serves the requests of a client that has left when orphans are kept", {
  options: { keepOrphans: true },
  rows: [
    [0, "A ready", []],
    [0, "x asks 1 2", ["A <- x,,1"]],
    [1, "x leaves", []],
    [2, ["x connects", "x asks 3"], []],
    [3, "A leaves", []],
    [4, "B ready", ["B <- x,,1"]],
    [5, "B answers x 1", ["B <- x,,2"]],
    [100, "B leaves", []],
    [101, "C ready", ["C <- x,,2"]],
    [102, "C leaves", [], 250],
    [352, "D ready", ["D <- x,,2"]],
    [353, "D answers x 2", ["D <- x,,3"]],
    [354, "D answers x 3", ["x <- ,=3"]],
  ],
  counters: {
    accepted: 3,
    answered: 1,
    clientLeft: 2,
    departures: 1,
    redeliveries: 3,
    ready: 4,
    undeliverableReplies: 2,
  },
});

testStory("Broker forgets a client with its last request when departures go unnoticed", {
  options: { knowsDepartures: false },
  rows: [
    [0, "A ready", []],
    [0, "x asks 1 2", ["A <- x,,1"]],
    [1, "A answers x 1", ["x <- ,=1", "A <- x,,2"]],
    [2, "y asks 3", []],
    [3, ["x vanishes", "A answers x 2"], ["x <- ,=2 (unreachable)", "A <- y,,3"]],
  ],
  counters: { accepted: 3, answered: 1, clientLeft: 1, ready: 1, undeliverableReplies: 1 },
  gauges: { clients: 1 },
});

testStory("Broker remembers a client while it has requests when departures go unnoticed", {
  options: { knowsDepartures: false, maxBacklog: 3 },
  rows: [
    [0, ["A ready", "x asks 1 2 3"], ["A <- x,,1"]],
    [1, "A answers x 1", ["x <- ,=1", "A <- x,,2"]],
    [2, "y asks 4", []],
    [3, "x asks 5", ["! request refused: backlog full"]],
  ],
  counters: { accepted: 4, answered: 1, refusedFull: 1, ready: 1 },
  gauges: { clients: 2 },
});

testStory("Broker remembers a client without requests when departures are noticed", {
  rows: [
    [0, "A ready", []],
    [0, "x asks 1", ["A <- x,,1"]],
    [1, "A answers x 1", ["x <- ,=1"]],
  ],
  counters: { accepted: 1, answered: 1, ready: 1 },
  gauges: { clients: 1 },
});

// Identities that are taken over.

testStory("Broker drops a client's waiting requests, and the reply to one in flight, when its identity is taken over", {
  rows: [
    [0, "A ready", []],
    [0, "x asks 1 2", ["A <- x,,1"]],
    [1, "x connects", []],
    [2, "x asks 3", []],
    [3, "A answers x 1", ["A <- x,,3"]],
    [4, "A answers x 3", ["x <- ,=3"]],
  ],
  counters: { accepted: 3, answered: 1, clientLeft: 2, departures: 1, ready: 1, undeliverableReplies: 1 },
  gauges: { clients: 1 },
});

testStory("Broker answers only the new connection when requests of both are in flight", {
  rows: [
    [0, ["A ready", "B ready"], []],
    [0, "x asks 1", ["A <- x,,1"]],
    [1, ["x connects", "x asks 1"], ["B <- x,,1"]],
    [2, "A says ,x,,old", []],
    [3, "B says ,x,,new", ["x <- ,new"]],
  ],
  counters: { accepted: 2, answered: 1, clientLeft: 1, departures: 1, ready: 2, undeliverableReplies: 1 },
});

testStory("Broker does not send a request again when its client's identity was taken over", {
  rows: [
    [0, ["A ready", "B ready"], []],
    [0, "x asks 1", ["A <- x,,1"]],
    [1, ["x connects", "x asks 2"], ["B <- x,,2"]],
    [2, ["A leaves", "C ready"], []],
    [3, "B leaves", ["C <- x,,2"]],
  ],
  counters: { accepted: 2, clientLeft: 1, redeliveries: 1, departures: 1, ready: 3 },
});

testStory("Broker counts no departure when an unknown client connects", {
  rows: [[0, ["x connects", "x connects", "x leaves", "y leaves"], []]],
  counters: {},
  gauges: { clients: 0 },
});

testStory("Broker accepts a reply to a client that has an alias only under the alias", {
  rows: [
    [0, ["A ready", "B ready"], []],
    [1, "hidden asks 1", ["A <- alias,,1"]],
    [2, "A answers alias 1", ["hidden <- ,=1"]],
    [3, "hidden asks 2", ["B <- alias,,2"]],
    [4, "B answers hidden 2", ["! unmatched reply B", "A <- alias,,2"]],
  ],
  counters: { accepted: 2, answered: 1, unmatchedReplies: 1, redeliveries: 1, ready: 2 },
});
