import { play, testStory } from "./broker_story.ts";

// Workers that cannot be reached.

testStory("Broker skips a worker, and forgets it, when it has vanished", {
  rows: [
    [0, ["A ready", "B ready", "C ready"], []],
    [1, ["A vanishes", "B vanishes"], []],
    [2, "x asks 1", ["A <- x,,1 (unreachable)", "B <- x,,1 (unreachable)", "C <- x,,1"]],
    [3, ["A leaves", "B leaves"], []],
    [4, "C answers x 1", ["x <- ,=1"]],
  ],
  counters: { accepted: 1, answered: 1, skippedWorkers: 2, ready: 3 },
  gauges: { workers: 1, idleWorkers: 1 },
});

testStory("Broker serves a request first when every worker it was to go to has vanished", {
  rows: [
    [0, "x asks 1", []],
    [1, "y asks 2", []],
    [2, ["A ready", "A vanishes", "B ready", "B vanishes"], ["A <- x,,1 (unreachable)", "B <- x,,1 (unreachable)"]],
    [3, "C ready", ["C <- x,,1"]],
    [4, "D ready", ["D <- y,,2"]],
  ],
  counters: { accepted: 2, skippedWorkers: 2, ready: 4 },
});

testStory("Broker keeps the order of a connection's requests when every worker has vanished", {
  rows: [
    [0, "x asks 1 2", []],
    [1, ["A ready", "A vanishes"], ["A <- x,,1 (unreachable)"]],
    [2, ["B ready", "C ready"], ["B <- x,,1", "C <- x,,2"]],
  ],
  counters: { accepted: 2, skippedWorkers: 1, ready: 3 },
});

testStory("Broker keeps a new request when every worker has vanished", {
  rows: [
    [0, ["A ready", "A vanishes"], []],
    [1, "x asks 1", ["A <- x,,1 (unreachable)"]],
    [2, "A ready", ["A <- x,,1 (unreachable)"]],
    [3, "B ready", ["B <- x,,1"]],
  ],
  counters: { accepted: 1, skippedWorkers: 2, ready: 3 },
});

for (
  const [name, event, actions] of [["READY", "A ready", []], ["a reply", "A answers x 9", ["! late reply A"]]] as const
) {
  testStory(`Broker sends nothing to a worker whose pipe is full until it sends ${name}`, {
    rows: [
      [0, ["A ready", "B ready", "A blocks"], []],
      [1, "x asks 1 2", ["A <- x,,1 (would block)", "B <- x,,1"]],
      [2, "A reads", []],
      [3, event, [...actions, "A <- x,,2"]],
    ],
    counters: {
      accepted: 2,
      skippedWorkers: 1,
      ...(name === "READY" ? { ready: 3 } : { ready: 2, lateReplies: 1 }),
    },
  });
}

testStory("Broker sends to a worker whose pipe was full when it says READY on a new connection", {
  rows: [
    [0, ["A ready", "A blocks"], []],
    [1, "x asks 1", ["A <- x,,1 (would block)"]],
    [2, "A connects", []],
    [3, "A ready", ["A <- x,,1"]],
  ],
  counters: { accepted: 1, skippedWorkers: 1, ready: 2 },
  gauges: { workers: 1 },
});

// Messages that are not the reply.

testStory(
  "Broker takes back a worker's request, and counts the worker as idle, when it sends READY instead of replying",
  {
    rows: [
      [0, ["A ready", "B ready"], []],
      [0, "x asks 1", ["A <- x,,1"]],
      [1, "A ready", ["B <- x,,1"]],
      [2, "y asks 2", ["A <- y,,2"]],
      // It has a new request now, and no longer the one that it replies to.
      [3, "A answers x 1", ["! unmatched reply A", "A <- y,,2"]],
      [4, "B answers x 1", ["x <- ,=1"]],
      [5, "A answers y 2", ["y <- ,=2"]],
    ],
    counters: { accepted: 2, answered: 2, redeliveries: 2, unmatchedReplies: 1, ready: 3 },
  },
);

testStory("Broker takes back a worker's request, and counts the worker as idle, when it replies to another client", {
  rows: [
    [0, ["A ready", "B ready"], []],
    [0, "x asks 1", ["A <- x,,1"]],
    [0, "y asks 2", ["B <- y,,2"]],
    [1, "A answers y 2", ["! unmatched reply A", "A <- x,,1"]],
    [2, "B answers y 2", ["y <- ,=2"]],
    [3, "A answers nobody 9", ["! unmatched reply A"], 250],
    [253, "", ["B <- x,,1"], -1],
    [254, "B answers x 1", ["x <- ,=1"]],
  ],
  counters: { accepted: 2, answered: 2, redeliveries: 2, unmatchedReplies: 2, ready: 2 },
});

testStory("Broker drops an idle worker's reply, and keeps the worker's place", {
  rows: [
    [0, ["A ready", "B ready"], []],
    [1, "A answers x 1", ["! unmatched reply A"]],
    [2, "x asks 1 2", ["A <- x,,1", "B <- x,,2"]],
    [3, "A answers x 1", ["x <- ,=1"]],
    [4, "A answers x 1", ["! unmatched reply A"]],
  ],
  counters: { accepted: 2, answered: 1, unmatchedReplies: 2, ready: 2 },
});

for (const frames of ["", ",", ",garbage", "garbage", "no frames"]) {
  testStory(
    `Broker takes a worker's request back, and sends it nothing until it says READY, when it sends "${frames}"`,
    {
      rows: [
        [0, "A ready", []],
        [0, "x asks 1", ["A <- x,,1"]],
        [1, `A says ${frames}`, ["! malformed message A"]],
        [5000, "", []],
        [5001, `A says ${frames}`, ["! malformed message A"]],
        [5002, "A ready", ["A <- x,,1"]],
      ],
      counters: { accepted: 1, redeliveries: 1, malformedMessages: 2, ready: 2 },
    },
  );
}

Deno.test("Broker counts a reply as malformed when the client's place holds more than an identity can be", () => {
  const longest = `x${"i".repeat(254)}`;
  play({
    rows: [
      [0, ["A ready", `${longest} asks 1`], [`A <- ${longest},,1`]],
      [1, `A answers ${longest} 1`, [`${longest} <- ,=1`]],
      [2, `${longest} asks 2`, [`A <- ${longest},,2`]],
      [3, `A answers ${longest}i 2`, ["! malformed message A"]],
    ],
    counters: { accepted: 2, answered: 1, redeliveries: 1, malformedMessages: 1, ready: 1 },
  });
});

testStory("Broker counts a suspect worker as idle when it replies, and drops the reply", {
  rows: [
    [0, "A ready", []],
    [0, "x asks 1", ["A <- x,,1"]],
    [1, "A says ,?", ["! malformed message A"]],
    [2, "A answers x 1", ["! late reply A", "A <- x,,1"]],
  ],
  counters: { accepted: 1, redeliveries: 1, malformedMessages: 1, lateReplies: 1, ready: 1 },
});

testStory("Broker keeps an idle worker in its place when it sends a malformed message", {
  rows: [
    [0, ["A ready", "B ready", "A says ,?"], ["! malformed message A"]],
    [1, "x asks 1", ["A <- x,,1"]],
  ],
  counters: { accepted: 1, malformedMessages: 1, ready: 2 },
});

testStory("Broker sends nothing on trial to a silent worker that has sent a malformed message", {
  rows: [
    [0, ["A connects", "A says ?", "x asks 1"], ["! malformed message A"], -1],
    [9000, "", [], -1],
    [9001, "A leaves", []],
  ],
  counters: { accepted: 1, malformedMessages: 1 },
  gauges: { workers: 0, waiting: 1 },
});

testStory("Broker serves an unknown worker when it says READY", {
  rows: [
    [0, ["A says ,READY", "x asks 1"], ["A <- x,,1"]],
    [1, "A says ,x,,=1", ["x <- ,=1"]],
  ],
  counters: { accepted: 1, answered: 1, ready: 1 },
  gauges: { workers: 1, idleWorkers: 1 },
});

testStory("Broker drops an unknown worker's reply, and counts the worker as idle", {
  rows: [
    [0, ["A says ,x,,=1", "x asks 1"], ["! late reply A", "A <- x,,1"]],
    [1, "A says ,x,,=1", ["x <- ,=1"]],
  ],
  counters: { accepted: 1, answered: 1, lateReplies: 1 },
  gauges: { workers: 1, idleWorkers: 1 },
});

testStory("Broker does not remember an unknown worker when its message is malformed", {
  rows: [[0, ["A says ?", "A says "], ["! malformed message A", "! malformed message A"]]],
  counters: { malformedMessages: 2 },
  gauges: { workers: 0 },
});

testStory("Broker reports a client at the backend when a connection's first message looks like a request", {
  rows: [
    [0, ["A connects", "A says ,hello"], ["! request at the backend A"]],
    [1, "A says ,again", ["! malformed message A"]],
    [2, "B says ,hello", ["! request at the backend B"]],
    [3, ["C ready", "C says ,result"], ["! malformed message C"]],
  ],
  counters: { malformedMessages: 4, ready: 1 },
  gauges: { workers: 2 },
});

testStory("Broker forgets a worker that exceeds the job timeout when ends of connections go unnoticed", {
  options: { knowsDepartures: false, jobTimeout: 100 },
  rows: [
    [0, ["A ready", "B ready", "x asks 1"], ["A <- x,,1"]],
    [100, "", ["! job timeout A: redelivered", "B <- x,,1"]],
    [101, "A answers x 1", ["! late reply A"]],
    [200, "", ["! job timeout B: redelivered"], 250],
  ],
  counters: { accepted: 1, redeliveries: 2, jobTimeouts: 2, lateReplies: 1, ready: 2 },
  gauges: { workers: 1 },
});

testStory("Broker gives a job an hour when ends of connections go unnoticed and no job timeout is set", {
  options: { knowsDepartures: false },
  rows: [
    [0, ["A ready", "x asks 1"], ["A <- x,,1"], 3_600_000],
    [3_600_000, "", ["! job timeout A: redelivered"], -1],
  ],
  counters: { accepted: 1, redeliveries: 1, jobTimeouts: 1, ready: 1 },
  gauges: { workers: 0, waiting: 1 },
});

testStory("Broker serves a worker that had vanished when it sends a message before its end is known", {
  rows: [
    [0, ["A ready", "A vanishes"], []],
    [1, "x asks 1", ["A <- x,,1 (unreachable)"]],
    [2, ["A reads", "A says ,\x01"], ["A <- x,,1"]],
  ],
  counters: { accepted: 1, skippedWorkers: 1, ready: 2 },
});

// Workers that hang.

testStory("Broker takes the request back at the job timeout, and sends the worker nothing until it replies", {
  options: { jobTimeout: 100 },
  rows: [
    [0, "A ready", []],
    [1, "x asks 1", ["A <- x,,1"], 100],
    [100.5, "", [], 1],
    [101, "", ["! job timeout A: redelivered"], -1],
    [5000, "", [], -1],
    [5001, "A answers x 1", ["! late reply A", "A <- x,,1"], 100],
    [5002, "A answers x 1", ["x <- ,=1"], -1],
  ],
  counters: { accepted: 1, answered: 1, redeliveries: 1, jobTimeouts: 1, lateReplies: 1, ready: 1 },
});

testStory("Broker drops a reply after the job timeout when another worker has the request", {
  options: { jobTimeout: 100 },
  rows: [
    [0, ["A ready", "B ready"], []],
    [0, "x asks 1", ["A <- x,,1"]],
    [100, "", ["! job timeout A: redelivered", "B <- x,,1"], 100],
    [110, "A answers x 1", ["! late reply A"]],
    [120, "B answers x 1", ["x <- ,=1"]],
    // The second reply to the first request must not answer the client's next one.
    [130, "x asks 2", ["A <- x,,2"]],
    [140, "B answers x 1", ["! unmatched reply B"]],
    [150, "A answers x 2", ["x <- ,=2"]],
  ],
  counters: {
    accepted: 2,
    answered: 2,
    redeliveries: 1,
    jobTimeouts: 1,
    lateReplies: 1,
    unmatchedReplies: 1,
    ready: 2,
  },
});

testStory("Broker drops a reply after the job timeout when the request waits or is delayed", {
  options: { jobTimeout: 100 },
  rows: [
    [0, ["A ready", "B ready"], []],
    [0, "x asks 1", ["A <- x,,1"]],
    [100, "", ["! job timeout A: redelivered", "B <- x,,1"]],
    [200, "", ["! job timeout B: redelivered"], 250],
    [201, "A answers x 1", ["! late reply A"], 249],
    [202, "y asks 2", ["A <- y,,2"]],
    [302, "", ["! job timeout A: redelivered"]],
    [303, ["B answers x 1"], ["! late reply B", "B <- y,,2"]],
    [304, ["A leaves", "B answers y 2"], ["y <- ,=2"]],
    [450, "", ["B <- x,,1"]],
  ],
  counters: { accepted: 2, answered: 1, redeliveries: 3, jobTimeouts: 3, lateReplies: 2, ready: 2 },
});

testStory(
  "Broker sends to a worker again after the job timeout when it says READY, on the same connection or a new one",
  {
    options: { jobTimeout: 100 },
    rows: [
      [0, ["A ready", "B ready"], []],
      [0, "x asks 1 2", ["A <- x,,1", "B <- x,,2"]],
      [100, "", ["! job timeout A: redelivered", "! job timeout B: redelivered"]],
      [101, "A ready", ["A <- x,,1"]],
      [102, "B connects", [], 99],
      [103, "B ready", ["B <- x,,2"]],
    ],
    counters: { accepted: 2, redeliveries: 2, jobTimeouts: 2, ready: 4 },
  },
);

testStory("Broker times each job separately", {
  options: { jobTimeout: 100 },
  rows: [
    [0, ["A ready", "B ready"], []],
    [0, "x asks 1", ["A <- x,,1"], 100],
    [60, "y asks 2", ["B <- y,,2"], 40],
    [70, "A answers x 1", ["x <- ,=1"], 90],
    [80, "x asks 3", ["A <- x,,3"], 80],
    [160, "", ["! job timeout B: redelivered"], 20],
    [180, "", ["! job timeout A: redelivered"], -1],
  ],
  counters: { accepted: 3, answered: 1, redeliveries: 2, jobTimeouts: 2, ready: 2 },
  gauges: { waiting: 2 },
});

testStory("Broker waits for a reply for as long as it takes when there is no job timeout", {
  rows: [
    [0, "A ready", []],
    [0, "x asks 1", ["A <- x,,1"], -1],
    [1e9, "", [], -1],
    [1e9 + 1, "A answers x 1", ["x <- ,=1"]],
  ],
  counters: { accepted: 1, answered: 1, ready: 1 },
});

// Identities that are taken over.

testStory(
  "Broker sends a worker's request again, and the worker nothing until it says READY, when its identity is taken over",
  {
    rows: [
      [0, ["A ready", "B ready"], []],
      [0, "x asks 1", ["A <- x,,1"]],
      [1, "A connects", ["B <- x,,1"]],
      // The new connection sends the reply to what the old one received.
      [2, "A answers x 1", ["! late reply A"]],
      [3, "B answers x 1", ["x <- ,=1"]],
    ],
    counters: { accepted: 1, answered: 1, redeliveries: 1, lateReplies: 1, ready: 2 },
    gauges: { workers: 2, idleWorkers: 2 },
  },
);

testStory("Broker does not count a worker as idle when its identity was taken over", {
  rows: [
    [0, ["A ready", "B ready", "A connects"], []],
    [1, "x asks 1 2", ["B <- x,,1"]],
    [2, "A ready", ["A <- x,,2"]],
  ],
  counters: { accepted: 2, ready: 3 },
  gauges: { workers: 2 },
});
