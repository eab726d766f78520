import { testStory } from "./broker_story.ts";

testStory("Broker reports a job once when it takes longer than it should, and again at the next worker", {
  options: { slowJob: 1000 },
  rows: [
    [0, ["A ready", "B ready"], [], -1],
    [100, "x asks 12345", ["A <- x,,12345"], 1000],
    [600, "y sends ,ab,cde", ["B <- y,,ab,cde"], 500],
    [1099.5, "", [], 1],
    [1100, "", ["! slow job: 5 bytes of x at A for 1000 ms"], 500],
    [1200, "B answers y 2", ["y <- ,=2"], -1],
    [5000, "A leaves", ["B <- x,,12345"], 1000],
    [6001, "", ["! slow job: 5 bytes of x at B for 1001 ms"], -1],
    [9000, "B answers x 1", ["x <- ,=1"], -1],
  ],
  counters: { accepted: 2, answered: 2, redeliveries: 1, ready: 2 },
});

testStory("Broker reports a slow job and its timeout when both are due", {
  options: { slowJob: 1000, jobTimeout: 1000 },
  rows: [
    [0, ["A ready", "x asks 1"], ["A <- x,,1"], 1000],
    [1000, "", ["! slow job: 1 bytes of x at A for 1000 ms", "! job timeout A: redelivered"], -1],
  ],
  counters: { accepted: 1, redeliveries: 1, jobTimeouts: 1, ready: 1 },
});

testStory("Broker reports no slow jobs unless it is told to", {
  rows: [
    [0, ["A ready", "x asks 1"], ["A <- x,,1"], -1],
    [1e9, "", [], -1],
  ],
  counters: { accepted: 1, ready: 1 },
});
