import { play, type Row, testStory } from "./broker_story.ts";

testStory("Broker sends a lost worker's request again at once, after 250 ms and after 1 s, and then drops it", {
  rows: [
    [0, ["A ready", "B ready", "C ready", "D ready", "E ready"], []],
    [0, "x asks 12345", ["A <- x,,12345"]],
    [1000, "A leaves", ["B <- x,,12345"], -1],
    [2000, "B leaves", [], 250],
    [2249, "", [], 1],
    [2250, "", ["C <- x,,12345"], -1],
    [3000, "C leaves", [], 1000],
    [3999.5, "", [], 1],
    [4000, "", ["D <- x,,12345"]],
    [5000, "D leaves", ["! redelivery limit reached: 5 bytes #12345 of x at A,B,C,D"], -1],
    [5001, "x asks 2", ["E <- x,,2"]],
  ],
  counters: { accepted: 2, exhausted: 1, redeliveries: 3, ready: 5 },
  exhausted: ["#12345 ,12345 of x at 0: A 0-1000, B 1000-2000, C 2250-3000, D 4000-5000"],
  gauges: { workers: 1, inFlight: 1 },
});

testStory("Broker delays the fourth and every further redelivery by 1 s when that many are allowed", {
  options: { redeliveries: 5 },
  rows: [
    [0, ["A ready", "B ready", "C ready", "D ready", "E ready", "F ready"], []],
    [0, "x asks 1", ["A <- x,,1"]],
    [100, "A leaves", ["B <- x,,1"]],
    [200, "B leaves", []],
    [450, "", ["C <- x,,1"]],
    [1000, "C leaves", [], 1000],
    [2000, "", ["D <- x,,1"]],
    [3000, "D leaves", [], 1000],
    [4000, "", ["E <- x,,1"]],
    [5000, "E leaves", [], 1000],
    [6000, "", ["F <- x,,1"]],
    [7000, "F leaves", ["! redelivery limit reached: 1 bytes #1 of x at A,B,C,D,E,F"]],
  ],
  counters: { accepted: 1, exhausted: 1, redeliveries: 5, ready: 6 },
});

testStory("Broker sends each delayed request again when its own delay is over", {
  rows: [
    [0, ["A ready", "x asks 1"], ["A <- x,,1"]],
    [0, ["A leaves", "B ready"], ["B <- x,,1"]],
    [0, "B leaves", [], 250],
    [250, "C ready", ["C <- x,,1"]],
    [300, "C leaves", [], 1000],
    [301, ["D ready", "y asks 2"], ["D <- y,,2"]],
    [302, ["D leaves", "E ready"], ["E <- y,,2"]],
    [303, "E leaves", [], 250],
    [553, "F ready", ["F <- y,,2"], 747],
    [1300, "G ready", ["G <- x,,1"], -1],
  ],
  counters: { accepted: 2, redeliveries: 5, ready: 7 },
});

testStory("Broker drops a request with its first worker when no redelivery is allowed", {
  options: { redeliveries: 0 },
  rows: [
    [0, ["A ready", "B ready"], []],
    [0, "x sends ,ab,cde", ["A <- x,,ab,cde"]],
    [1, "A leaves", ["! redelivery limit reached: 5 bytes #cde of x at A"]],
  ],
  counters: { accepted: 1, exhausted: 1, ready: 2 },
});

testStory(
  "Broker serves redeliveries before all other requests, in the order of arrival, whichever worker was lost first",
  {
    rows: [
      [0, ["A ready", "B ready", "C ready"], []],
      [0, "x asks 1", ["A <- x,,1"]],
      [0, "y asks 2", ["B <- y,,2"]],
      [0, "z asks 3", ["C <- z,,3"]],
      [0, "x asks 4", []],
      [1, "B leaves", []],
      [2, "C leaves", []],
      [3, "A leaves", []],
      [4, "D ready", ["D <- x,,1"]],
      [5, ["D answers x 1", "E ready", "F ready"], ["x <- ,=1", "D <- y,,2", "E <- z,,3", "F <- x,,4"]],
    ],
    counters: { accepted: 4, answered: 1, redeliveries: 3, ready: 6 },
  },
);

testStory("Broker sends no request to a worker that is lost at the same time as another one", {
  rows: [
    [0, ["A ready", "B ready", "C ready"], []],
    [0, "x asks 1", ["A <- x,,1"]],
    // If it were sent at once, B would get it, and it would lose another worker.
    [1, ["A leaves", "B leaves"], ["C <- x,,1"]],
  ],
  counters: { accepted: 1, redeliveries: 1, ready: 3 },
});

// Orderly exits.

const ANSWERED_ONCE: readonly Row[] = [
  [0, "A ready", []],
  [0, "x asks 1", ["A <- x,,1"]],
  [10, "A answers x 1", ["x <- ,=1"]],
  [20, "x asks 2", ["A <- x,,2"]],
];

testStory("Broker does not count a loss when the worker ends within 50 ms of the dispatch, right after a reply", {
  rows: [
    ...ANSWERED_ONCE,
    [70, "A leaves", []],
    [80, "B ready", ["B <- x,,2"]],
    [90, "B leaves", []],
    [100, "C ready", ["C <- x,,2"]],
  ],
  counters: { accepted: 2, answered: 1, orderlyExits: 1, redeliveries: 1, ready: 3 },
});

testStory("Broker counts a loss when the worker ends more than 50 ms after the dispatch", {
  options: { redeliveries: 0 },
  rows: [...ANSWERED_ONCE, [70.5, "A leaves", ["! redelivery limit reached: 1 bytes #2 of x at A"]]],
  counters: { accepted: 2, answered: 1, exhausted: 1, ready: 1 },
});

testStory("Broker counts a loss when the worker's last reply was more than 1 s ago", {
  options: { redeliveries: 0 },
  rows: [
    ...ANSWERED_ONCE.slice(0, 3),
    [1000, "x asks 2", ["A <- x,,2"]],
    [1010.5, "A leaves", ["! redelivery limit reached: 1 bytes #2 of x at A"]],
  ],
  counters: { accepted: 2, answered: 1, exhausted: 1, ready: 1 },
});

testStory("Broker counts a loss when the worker has said READY since its reply", {
  options: { redeliveries: 0 },
  rows: [
    [0, "A ready", []],
    [0, "x asks 1", ["A <- x,,1"]],
    [10, ["A answers x 1", "A ready"], ["x <- ,=1"]],
    [20, "x asks 2", ["A <- x,,2"]],
    [21, "A leaves", ["! redelivery limit reached: 1 bytes #2 of x at A"]],
  ],
  counters: { accepted: 2, answered: 1, exhausted: 1, ready: 2, repeatedReady: 1 },
});

testStory("Broker counts a loss when the worker's last reply was dropped because it was idle already", {
  options: { redeliveries: 0 },
  rows: [
    [0, ["A ready", "A answers x 1"], ["! unmatched reply A"]],
    [1, "x asks 2", ["A <- x,,2"]],
    [2, "A leaves", ["! redelivery limit reached: 1 bytes #2 of x at A"]],
  ],
  counters: { accepted: 1, exhausted: 1, unmatchedReplies: 1, ready: 1 },
});

testStory(
  "Broker does not count a loss when the worker's identity is taken over within 50 ms of the dispatch after a reply",
  {
    options: { redeliveries: 0 },
    rows: [...ANSWERED_ONCE, [30, "A connects", []], [31, "A ready", ["A <- x,,2"]]],
    counters: { accepted: 2, answered: 1, orderlyExits: 1, ready: 2 },
  },
);

testStory("Broker drops a request at once when the worker ends right after a reply and the client has left", {
  rows: [...ANSWERED_ONCE, [30, "x leaves", []], [31, "A leaves", [], -1]],
  counters: { accepted: 2, answered: 1, clientLeft: 1, departures: 1, ready: 1 },
});

Deno.test("Broker does not count ten orderly exits for one request, and counts the eleventh", () => {
  const names = Array.from({ length: 12 }, (_, i) => `W${i}`);
  play({
    options: { redeliveries: 1 },
    rows: [
      [0, names.map((name) => `${name} ready`), []],
      ...names.map((name, i): Row => [1, `x asks ${i}`, [`${name} <- x,,${i}`]]),
      ...names.map((name, i): Row => [2, `${name} answers x ${i}`, [`x <- ,=${i}`]]),
      [3, "y asks 99", ["W0 <- y,,99"]],
      ...names.slice(1).map((name, i): Row => [4 + i, `W${i} leaves`, [`${name} <- y,,99`]]),
      // The eleventh, W10, counted: no further redelivery is allowed.
      [16, "W11 leaves", [`! redelivery limit reached: 2 bytes #99 of y at ${names}`]],
    ],
    counters: { accepted: 13, answered: 12, exhausted: 1, orderlyExits: 10, redeliveries: 1, ready: 12 },
  });
});
