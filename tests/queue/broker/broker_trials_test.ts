import { testStory } from "./broker_story.ts";

testStory(
  "Broker sends a silent worker a request on trial when no worker was idle for 1 s, and accepts the reply to its token",
  {
    rows: [
      [0, "A connects", [], -1],
      [100, "x asks 1", [], 900],
      [999.5, "", [], 1],
      [1000, "", ["A <- token1,,1"], 5000],
      [1200, "A answers token1 1", ["x <- ,=1"], -1],
      [1201, "x asks 2", ["A <- x,,2"]],
    ],
    counters: { accepted: 2, answered: 1, trials: 1 },
    gauges: { workers: 1 },
  },
);

testStory("Broker sends the request that has waited longest on trial to the worker that connected first", {
  rows: [
    [0, ["A connects", "B connects", "C connects", "B leaves"], []],
    [0, "x asks 1", [], 1000],
    [500, "y asks 2", [], 500],
    [1000, "", ["A <- token1,,1", "C <- token2,,2"], 5000],
    [1600, "z asks 3", [], 4400],
    [1700, ["A answers token1 1", "C answers token2 2"], ["x <- ,=1", "y <- ,=2", "A <- z,,3"]],
  ],
  counters: { accepted: 3, answered: 2, trials: 2 },
});

testStory("Broker starts no trial before a worker has been silent for 1 s, however long the request has waited", {
  rows: [
    [0, "x asks 1", [], -1],
    [5000, "A connects", [], 1000],
    [5999.5, "", [], 1],
    [6000, "", ["A <- token1,,1"], 5000],
  ],
  counters: { accepted: 1, trials: 1 },
});

testStory("Broker starts a trial when a request has waited for 1 s, although another worker was idle since", {
  rows: [
    [0, ["A ready", "S connects", "x asks 1 2"], ["A <- x,,1"]],
    [500, "A answers x 1", ["x <- ,=1", "A <- x,,2"]],
    [600, "y asks 3", [], 900],
    [1400, "A answers x 2", ["x <- ,=2", "A <- y,,3"]],
    [1400, "y asks 4", [], 1000],
    [1500, "x asks 5", [], 900],
    [2400, "", ["S <- token1,,4"], 5000],
  ],
  counters: { accepted: 5, answered: 2, trials: 1, ready: 1 },
});

for (const [spoke, report] of [["A ready", []], ["A answers y 7", ["! late reply A"]]] as const) {
  testStory(`Broker keeps in step with a worker that answers a trial after its next request: ${spoke}`, {
    rows: [
      [0, ["A connects", "x asks 1"], []],
      [1000, "", ["A <- token1,,1"]],
      [1001, spoke, [...report, "A <- x,,1"]],
      [1002, "A answers token1 1", ["! late reply A"]],
      [1003, "y asks 2", []],
      [1004, "A answers x 1", ["x <- ,=1", "A <- y,,2"]],
      [1005, "A answers token1 1", ["! late reply A"]],
      [1006, "A answers y 2", ["y <- ,=2"]],
    ],
    counters: {
      accepted: 2,
      answered: 2,
      trials: 1,
      ...(spoke === "A ready" ? { ready: 1, lateReplies: 2 } : { lateReplies: 3 }),
    },
  });
}

for (const spoke of ["A ready", "A answers y 7"]) {
  testStory(
    `Broker starts another trial when a worker answers the trial and has dropped its request unread: ${spoke}`,
    {
      rows: [
        [0, ["A connects", "x asks 1"], []],
        [1000, "", ["A <- token1,,1"]],
        // A sent that before the trial reached it. It takes the trial for a job, and a REQ drops what comes before it replies.
        [1001, spoke, [...(spoke === "A ready" ? [] : ["! late reply A"]), "A <- x,,1"]],
        [1500, "A answers token1 1", ["! late reply A"], 1000],
        [2499.5, "", [], 1],
        [2500, "", ["A <- token2,,1"], 5000],
        [2600, "A answers token2 1", ["x <- ,=1"], -1],
        [2700, "y asks 2", ["A <- y,,2"]],
      ],
      counters: {
        accepted: 2,
        answered: 1,
        trials: 2,
        ...(spoke === "A ready" ? { ready: 1, lateReplies: 1 } : { lateReplies: 2 }),
      },
    },
  );
}

testStory("Broker gives another worker a request that the first may have dropped unread, and accepts the first reply", {
  rows: [
    [0, ["A connects", "x asks 1"], []],
    [1000, "", ["A <- token1,,1"]],
    [1001, "A ready", ["A <- x,,1"]],
    [1002, "B ready", []],
    [1500, "A answers token1 1", ["! late reply A", "B <- x,,1"]],
    [1600, "A answers x 1", ["x <- ,=1"]],
    [1700, "B answers x 1", ["! late reply B"]],
    [1800, "x asks 2 3", ["A <- x,,2", "B <- x,,3"]],
  ],
  counters: { accepted: 3, answered: 1, trials: 1, ready: 2, lateReplies: 2 },
});

testStory(
  "Broker accepts the reply to a request that the worker had not dropped, although it has another one on trial",
  {
    rows: [
      [0, ["A connects", "x asks 1"], []],
      [1000, "", ["A <- token1,,1"]],
      [1001, "A ready", ["A <- x,,1"]],
      [2000, ["A answers token1 1"], ["! late reply A"]],
      [3000, "", ["A <- token2,,1"]],
      [4000, "A answers x 1", ["x <- ,=1"]],
      [4001, "y asks 2", ["A <- y,,2"]],
      // It has read the second request on trial, too.
      [5000, "A answers token2 1", ["! late reply A"]],
      [5500, "A answers y 2", ["y <- ,=2"]],
    ],
    counters: { accepted: 2, answered: 2, trials: 2, ready: 1, lateReplies: 2 },
  },
);

testStory("Broker starts a trial when all other workers are busy", {
  rows: [
    [0, ["A ready", "S connects", "x asks 1 2"], ["A <- x,,1"]],
    [1000, "", ["S <- token1,,2"]],
  ],
  counters: { accepted: 2, trials: 1, ready: 1 },
});

testStory(
  "Broker sends a request on trial to the next silent worker when the first has had it for 5 s, and not before",
  {
    rows: [
      [0, ["A connects", "B connects", "x asks 1"], []],
      [1000, "", ["A <- token1,,1"], 5000],
      [5999.5, "", [], 1],
      [6000, "", ["B <- token2,,1"], 5000],
      [6001, "A answers token1 1", ["x <- ,=1"]],
      [6002, "B answers token2 1", ["! late reply B"]],
      [6003, "x asks 2 3", ["A <- x,,2", "B <- x,,3"]],
    ],
    counters: { accepted: 3, answered: 1, trials: 2, lateReplies: 1 },
  },
);

testStory("Broker accepts the first reply when a request is on trial and in flight", {
  rows: [
    [0, ["A connects", "x asks 1"], []],
    [1000, "", ["A <- token1,,1"]],
    [6000, "", [], -1],
    [6001, "B ready", ["B <- x,,1"]],
    [6002, "A answers token1 1", ["x <- ,=1"]],
    [6003, "y asks 2", ["A <- y,,2"]],
    [6004, "B answers x 1", ["! late reply B"]],
    [6005, "x asks 3", ["B <- x,,3"]],
    [6006, "B answers x 3", ["x <- ,=3"]],
  ],
  counters: { accepted: 3, answered: 2, trials: 1, lateReplies: 1, ready: 1 },
});

testStory("Broker drops the reply of a worker on trial when another one replied first", {
  rows: [
    [0, ["A connects", "x asks 1"], []],
    [1000, "", ["A <- token1,,1"]],
    [6001, "B ready", ["B <- x,,1"]],
    [6002, "B answers x 1", ["x <- ,=1"]],
    [6003, "A answers token1 1", ["! late reply A"]],
    [6004, "x asks 2 3", ["B <- x,,2", "A <- x,,3"]],
  ],
  counters: { accepted: 3, answered: 1, trials: 1, lateReplies: 1, ready: 1 },
});

testStory("Broker accepts the reply of a worker on trial when the request waits again", {
  rows: [
    [0, ["A connects", "x asks 1"], []],
    [1000, "", ["A <- token1,,1"]],
    [6000, "", []],
    [7000, "A answers token1 1", ["x <- ,=1"]],
  ],
  counters: { accepted: 1, answered: 1, trials: 1 },
  gauges: { waiting: 0, idleWorkers: 1 },
});

testStory("Broker accepts the reply of a worker on trial when the request is delayed, and does not send it again", {
  rows: [
    [0, ["A connects", "x asks 1"], []],
    [1000, "", ["A <- token1,,1"]],
    [6001, "B ready", ["B <- x,,1"]],
    [6002, "B leaves", []],
    [6003, "C ready", ["C <- x,,1"]],
    [6004, "C leaves", [], 250],
    [6005, "A answers token1 1", ["x <- ,=1"], -1],
    [6254, "", []],
  ],
  counters: { accepted: 1, answered: 1, trials: 1, redeliveries: 2, ready: 2 },
  gauges: { delayed: 0, idleWorkers: 1 },
});

testStory("Broker sends no answered request again when its other worker is lost or exceeds the job timeout", {
  options: { jobTimeout: 100 },
  rows: [
    [0, ["A connects", "x asks 1"], []],
    [1000, "", ["A <- token1,,1"]],
    [6001, "B ready", ["B <- x,,1"], 100],
    [6002, "A answers token1 1", ["x <- ,=1"], -1],
    [6101, "", []],
    [6102, "B leaves", []],
  ],
  counters: { accepted: 1, answered: 1, trials: 1, ready: 1 },
  gauges: { workers: 1, idleWorkers: 1 },
});

for (const event of ["leaves", "connects", "ready", "answers x 9"]) {
  testStory(`Broker leaves a request with its worker when one that had it on trial before ${event}`, {
    options: { redeliveries: 0 },
    rows: [
      [0, ["A connects", "x asks 1"], []],
      [1000, "", ["A <- token1,,1"]],
      [6001, "B ready", ["B <- x,,1"]],
      [6002, `A ${event}`, event.startsWith("answers") ? ["! late reply A"] : []],
      [6003, "B answers x 1", ["x <- ,=1"]],
    ],
    counters: {
      accepted: 1,
      answered: 1,
      trials: 1,
      ready: event === "ready" ? 2 : 1,
      ...(event.startsWith("answers") ? { lateReplies: 1 } : {}),
    },
  });
}

testStory("Broker drops an old reply of a worker on trial, even if it is for the same client", {
  rows: [
    [0, ["A connects", "x asks 1"], []],
    [1000, "", ["A <- token1,,1"]],
    [1001, "A answers x 1", ["! late reply A", "A <- x,,1"]],
    [1002, "A answers x 1", ["x <- ,=1"]],
  ],
  counters: { accepted: 1, answered: 1, trials: 1, lateReplies: 1 },
});

testStory("Broker drops an old reply of a silent worker, and counts the worker as idle", {
  rows: [
    [0, ["A connects", "x asks 1"], []],
    [10, "A answers x 1", ["! late reply A", "A <- x,,1"]],
    [11, "A answers x 1", ["x <- ,=1"]],
  ],
  counters: { accepted: 1, answered: 1, lateReplies: 1 },
});

testStory("Broker sends a worker on trial nothing more until it sends a message, although another has the request", {
  rows: [
    [0, ["A connects", "x asks 1"], []],
    [1000, "", ["A <- token1,,1"]],
    [6001, "B ready", ["B <- x,,1"]],
    [6002, "y asks 2", [], -1],
    [60_000, "", [], -1],
  ],
  counters: { accepted: 2, trials: 1, ready: 1 },
  gauges: { waiting: 1, inFlight: 1 },
});

testStory("Broker loses nothing when a worker says READY only 10 s after it connected", {
  options: { redeliveries: 0 },
  rows: [
    [0, ["A connects", "x asks 1"], []],
    [1000, "", ["A <- token1,,1"]],
    [10_000, "A ready", ["A <- x,,1"]],
    [10_001, "A answers x 1", ["x <- ,=1"]],
  ],
  counters: { accepted: 1, answered: 1, trials: 1, ready: 1 },
});

for (const [event, report] of [["leaves", []], ["ready", []], ["says ,?", ["! malformed message A"]]] as const) {
  testStory(`Broker counts no redelivery, and delays nothing, when a worker on trial ${event}`, {
    options: { redeliveries: 0 },
    rows: [
      [0, ["A connects", "x asks 1"], []],
      [1000, "", ["A <- token1,,1"]],
      [1001, ["B ready", `A ${event}`], [...report, "B <- x,,1"]],
    ],
    counters: {
      accepted: 1,
      trials: 1,
      ...(event === "ready" ? { ready: 2 } : { ready: 1 }),
      ...(report.length > 0 ? { malformedMessages: 1 } : {}),
    },
  });
}

testStory("Broker starts a trial with the next silent worker when one has vanished or its pipe is full", {
  rows: [
    [0, ["A connects", "A vanishes", "B connects", "B blocks", "C connects", "x asks 1"], []],
    [1000, "", ["A <- token1,,1 (unreachable)", "B <- token2,,1 (would block)", "C <- token3,,1"]],
    [1001, "C answers token3 1", ["x <- ,=1"]],
  ],
  counters: { accepted: 1, answered: 1, trials: 1, skippedWorkers: 2 },
  gauges: { workers: 2, idleWorkers: 1 },
});

testStory("Broker starts no trial with a worker that has said READY", {
  rows: [
    [0, ["A connects", "A ready", "x asks 1 2"], ["A <- x,,1"]],
    [2000, "", [], -1],
  ],
  counters: { accepted: 2, ready: 1 },
});

testStory("Broker drops a request on trial when its client has left", {
  rows: [
    [0, ["A connects", "B connects", "x asks 1", "y asks 2"], []],
    [1000, "", ["A <- token1,,1", "B <- token2,,2"]],
    [1001, ["x leaves", "y leaves"], []],
    [1002, "A answers token1 1", []],
    [6000, "", [], 54_000],
    [6001, "B answers token2 2", ["! late reply B"]],
  ],
  counters: { accepted: 2, clientLeft: 2, departures: 2, trials: 2, lateReplies: 1, undeliverableReplies: 1 },
  gauges: { idleWorkers: 2, clients: 0, pendingBytes: 0 },
});
