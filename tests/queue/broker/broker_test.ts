import { assertEquals } from "@std/assert";
import { Broker } from "../../../lib/queue/broker/broker.ts";
import { FRAME_OVERHEAD_BYTES, REQUEST_OVERHEAD_BYTES } from "../../../lib/queue/broker/options.ts";
import { brokerConfig } from "./broker_config.ts";
import { play, type Row, type Story } from "./broker_story.ts";
import { FakeOutput, TEXT_READER } from "./fake_output.ts";

function test(name: string, story: Story): void {
  Deno.test(name, () => play(story));
}

// Requests, workers and replies.

test("Broker sends a request to the worker idle longest when several are ready", {
  rows: [
    [0, ["A ready", "B ready", "C ready"], [], -1],
    [1, "x asks 1", ["A <- x,,1"], -1],
    [2, "y asks 2", ["B <- y,,2"]],
    [3, "B answers y 2", ["y <- ,=2"]],
    [4, "A answers x 1", ["x <- ,=1"]],
    [5, "x asks 3 4 5", ["C <- x,,3", "B <- x,,4", "A <- x,,5"]],
  ],
  counters: { accepted: 5, answered: 2, ready: 3 },
  gauges: { inFlight: 3, workers: 3, idleWorkers: 0, clients: 2 },
});

test("Broker keeps requests when no worker is ready, and sends them in their order when one is", {
  rows: [
    [0, "x asks 1", [], -1],
    [1, "y asks 2", [], -1],
    [2, "x asks 3", []],
    [3, "A ready", ["A <- x,,1"]],
    [4, "A answers x 1", ["x <- ,=1", "A <- y,,2"]],
    [5, "B ready", ["B <- x,,3"]],
  ],
  counters: { accepted: 3, answered: 1, ready: 2 },
  gauges: { waiting: 0, inFlight: 2, clients: 2 },
});

test("Broker lets a request wait behind those that wait when a worker is ready and nothing was dispatched yet", {
  rows: [
    [0, "x asks 1", []],
    [1, ["A ready", "y asks 2", "dispatch", "B ready"], ["A <- x,,1", "B <- y,,2"]],
  ],
  counters: { accepted: 2, ready: 2 },
});

test("Broker takes a worker for ready when it says so in any dialect of the Guide", {
  rows: [
    [0, ["A connects", "A says ,\x01", "B connects", "B says ,READY"], []],
    [0, ["C connects", "C says ,,\x01", "D connects", "D says READY"], []],
    [1, "x asks 1 2 3 4", ["A <- x,,1", "B <- x,,2", "C <- x,,3", "D <- x,,4"]],
  ],
  counters: { accepted: 4, ready: 4 },
});

test("Broker has a worker in its list once, in its old place, when it says READY twice", {
  rows: [
    [0, ["A ready", "B ready", "A ready"], []],
    [1, "x asks 1 2 3", ["A <- x,,1", "B <- x,,2"]],
    [2, "A answers x 1", ["x <- ,=1", "A <- x,,3"]],
  ],
  counters: { accepted: 3, answered: 1, ready: 3, repeatedReady: 1 },
});

test("Broker passes all frames unchanged when a request came through further hops", {
  rows: [
    [0, "A ready", []],
    [1, "hop sends client,hop2,,a,,b", ["A <- hop,client,hop2,,a,,b"]],
    [2, "A says ,hop,client,hop2,,c,,,d", ["hop <- client,hop2,,c,,,d"]],
  ],
  counters: { accepted: 1, answered: 1, ready: 1 },
});

test("Broker sends back what the worker said when a reply has no delimiter, an empty body or many frames", {
  rows: [
    [0, "A ready", []],
    [1, "x asks 1 2 3", ["A <- x,,1"]],
    [2, "A says ,x,bare", ["x <- bare", "A <- x,,2"]],
    [3, "A says x,", ["x <- ", "A <- x,,3"]],
    [4, "A says ,,x,,a,b,,c", ["x <- ,a,b,,c"]],
  ],
  counters: { accepted: 3, answered: 3, ready: 1 },
});

test("Broker takes no reply for READY when its body is READY or its client is \\x01", {
  rows: [
    [0, "A ready", []],
    [1, "x asks 1", ["A <- x,,1"]],
    [2, "A says ,x,,READY", ["x <- ,READY"]],
    [3, "\x01 asks 2", ["A <- \x01,,2"]],
    [4, "A says ,\x01,,\x01", ["\x01 <- ,\x01"]],
  ],
  counters: { accepted: 2, answered: 2, ready: 1 },
});

test("Broker forwards a request whose body is READY, in any dialect, and tells of it", {
  rows: [
    [0, ["A ready", "B ready", "C ready"], []],
    [1, "x sends ,READY", ["! ready at the frontend x", "A <- x,,READY"]],
    [2, "y sends ,\x01", ["! ready at the frontend y", "B <- y,,\x01"]],
    [3, "z sends ,,\x01", ["! ready at the frontend z", "C <- z,,,\x01"]],
  ],
  counters: { accepted: 3, ready: 3 },
});

test("Broker does not tell of READY at the frontend when it is the last of several frames", {
  rows: [
    [0, ["A ready", "B ready"], []],
    [1, "x sends ,save,READY", ["A <- x,,save,READY"]],
    [2, "hop sends client,,READY", ["B <- hop,client,,READY"]],
  ],
  counters: { accepted: 2, ready: 2 },
});

test("Broker counts a reply that cannot be delivered when its client does not read, or has vanished", {
  rows: [
    [0, ["A ready", "B ready"], []],
    [1, ["x asks 1", "y asks 2"], ["A <- x,,1", "B <- y,,2"]],
    [2, ["x blocks", "y vanishes"], []],
    [3, ["A answers x 1", "B answers y 2"], ["x <- ,=1 (would block)", "y <- ,=2 (unreachable)"]],
    [4, ["x reads", "x asks 3"], ["A <- x,,3"]],
    [5, "A answers x 3", ["x <- ,=3"]],
  ],
  counters: { accepted: 3, answered: 1, clientBlocked: 1, clientLeft: 1, ready: 2, undeliverableReplies: 1 },
  gauges: { idleWorkers: 2 },
});

// Workers that cannot be reached.

test("Broker skips a worker that has vanished, and forgets it", {
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

test("Broker keeps a request next to be served when every worker has vanished", {
  rows: [
    [0, "x asks 1", []],
    [1, "y asks 2", []],
    [2, ["A ready", "A vanishes", "B ready", "B vanishes"], ["A <- x,,1 (unreachable)", "B <- x,,1 (unreachable)"]],
    [3, "C ready", ["C <- x,,1"]],
    [4, "D ready", ["D <- y,,2"]],
  ],
  counters: { accepted: 2, skippedWorkers: 2, ready: 4 },
});

test("Broker keeps the order of a connection's requests when every worker has vanished", {
  rows: [
    [0, "x asks 1 2", []],
    [1, ["A ready", "A vanishes"], ["A <- x,,1 (unreachable)"]],
    [2, ["B ready", "C ready"], ["B <- x,,1", "C <- x,,2"]],
  ],
  counters: { accepted: 2, skippedWorkers: 1, ready: 3 },
});

test("Broker keeps a new request when every worker has vanished", {
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
  test(`Broker sends nothing more to a worker whose pipe is full until ${name} comes from it`, {
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

test("Broker sends to a worker whose pipe was full when it has a new connection and is ready", {
  rows: [
    [0, ["A ready", "A blocks"], []],
    [1, "x asks 1", ["A <- x,,1 (would block)"]],
    [2, "A connects", []],
    [3, "A ready", ["A <- x,,1"]],
  ],
  counters: { accepted: 1, skippedWorkers: 1, ready: 2 },
  gauges: { workers: 1 },
});

// Workers that are lost.

test("Broker sends a lost worker's request again at once, after 250 ms and after 1 s, then drops it", {
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
  gauges: { workers: 1, inFlight: 1 },
});

test("Broker pauses for 1 s before the fourth and every further redelivery when there may be so many", {
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

test("Broker sends each delayed request again when its own pause is over", {
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

test("Broker drops a request with its first worker when there are no redeliveries", {
  options: { redeliveries: 0 },
  rows: [
    [0, ["A ready", "B ready"], []],
    [0, "x sends ,ab,cde", ["A <- x,,ab,cde"]],
    [1, "A leaves", ["! redelivery limit reached: 5 bytes #cde of x at A"]],
  ],
  counters: { accepted: 1, exhausted: 1, ready: 2 },
});

test("Broker serves redeliveries before all that wait, in the order of arrival, whoever was lost first", {
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
});

test("Broker reads all there is of workers before it dispatches when a stop takes several with it", {
  rows: [
    [0, ["A ready", "B ready", "C ready"], []],
    [0, "x asks 1", ["A <- x,,1"]],
    // B would get it and be lost with it, were it sent at once.
    [1, ["A leaves", "B leaves"], ["C <- x,,1"]],
  ],
  counters: { accepted: 1, redeliveries: 1, ready: 3 },
});

test("Broker frees a worker that says READY instead of an answer, and sends its request again", {
  rows: [
    [0, ["A ready", "B ready"], []],
    [0, "x asks 1", ["A <- x,,1"]],
    [1, "A ready", ["B <- x,,1"]],
    [2, "y asks 2", ["A <- y,,2"]],
    // It has a new request now: what it had is no longer its own.
    [3, "A answers x 1", ["! unmatched reply A", "A <- y,,2"]],
    [4, "B answers x 1", ["x <- ,=1"]],
    [5, "A answers y 2", ["y <- ,=2"]],
  ],
  counters: { accepted: 2, answered: 2, redeliveries: 2, unmatchedReplies: 1, ready: 3 },
});

test("Broker frees a worker that answers another client's request, and sends its own again", {
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

test("Broker drops a reply when its worker is ready and has no request, and keeps the worker's place", {
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
  test(`Broker sends a request again and its worker nothing until it says READY when "${frames}" comes from it`, {
    rows: [
      [0, "A ready", []],
      [0, "x asks 1", ["A <- x,,1"]],
      [1, `A says ${frames}`, ["! malformed message A"]],
      [5000, "", []],
      [5001, `A says ${frames}`, ["! malformed message A"]],
      [5002, "A ready", ["A <- x,,1"]],
    ],
    counters: { accepted: 1, redeliveries: 1, malformedMessages: 2, ready: 2 },
  });
}

Deno.test("Broker takes a reply for malformed when what stands in the client's place is longer than an identity", () => {
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

test("Broker takes a suspect worker for ready when a reply comes from it, which it drops", {
  rows: [
    [0, "A ready", []],
    [0, "x asks 1", ["A <- x,,1"]],
    [1, "A says ,?", ["! malformed message A"]],
    [2, "A answers x 1", ["! late reply A", "A <- x,,1"]],
  ],
  counters: { accepted: 1, redeliveries: 1, malformedMessages: 1, lateReplies: 1, ready: 1 },
});

test("Broker keeps a ready worker in its place when it says something that is no worker's message", {
  rows: [
    [0, ["A ready", "B ready", "A says ,?"], ["! malformed message A"]],
    [1, "x asks 1", ["A <- x,,1"]],
  ],
  counters: { accepted: 1, malformedMessages: 1, ready: 2 },
});

test("Broker tries no silent worker that has said something that is no worker's message", {
  rows: [
    [0, ["A connects", "A says ?", "x asks 1"], ["! malformed message A"], -1],
    [9000, "", [], -1],
    [9001, "A leaves", []],
  ],
  counters: { accepted: 1, malformedMessages: 1 },
  gauges: { workers: 0, waiting: 1 },
});

test("Broker serves a worker of whose connection it was not told when it says READY", {
  rows: [
    [0, ["A says ,READY", "x asks 1"], ["A <- x,,1"]],
    [1, "A says ,x,,=1", ["x <- ,=1"]],
  ],
  counters: { accepted: 1, answered: 1, ready: 1 },
  gauges: { workers: 1, idleWorkers: 1 },
});

test("Broker drops a reply from a worker of whose connection it was not told, and takes it for ready", {
  rows: [
    [0, ["A says ,x,,=1", "x asks 1"], ["! late reply A", "A <- x,,1"]],
    [1, "A says ,x,,=1", ["x <- ,=1"]],
  ],
  counters: { accepted: 1, answered: 1, lateReplies: 1 },
  gauges: { workers: 1, idleWorkers: 1 },
});

test("Broker remembers no worker of whose connection it was not told when its message is none", {
  rows: [[0, ["A says ?", "A says "], ["! malformed message A", "! malformed message A"]]],
  counters: { malformedMessages: 2 },
  gauges: { workers: 0 },
});

test("Broker reports a client at the backend when a connection's first message looks like a request", {
  rows: [
    [0, ["A connects", "A says ,hello"], ["! request at the backend A"]],
    [1, "A says ,again", ["! malformed message A"]],
    [2, "B says ,hello", ["! request at the backend B"]],
    [3, ["C ready", "C says ,result"], ["! malformed message C"]],
  ],
  counters: { malformedMessages: 4, ready: 1 },
  gauges: { workers: 2 },
});

test("Broker forgets a worker that lets the job's time pass when ends of connections go unnoticed", {
  options: { knowsDepartures: false, jobTimeout: 100 },
  rows: [
    [0, ["A ready", "B ready", "x asks 1"], ["A <- x,,1"]],
    [100, "", ["! job timeout A", "B <- x,,1"]],
    [101, "A answers x 1", ["! late reply A"]],
    [200, "", ["! job timeout B"], 250],
  ],
  counters: { accepted: 1, redeliveries: 2, jobTimeouts: 2, lateReplies: 1, ready: 2 },
  gauges: { workers: 1 },
});

test("Broker gives a job an hour when ends of connections go unnoticed and no time is set", {
  options: { knowsDepartures: false },
  rows: [
    [0, ["A ready", "x asks 1"], ["A <- x,,1"], 3_600_000],
    [3_600_000, "", ["! job timeout A"], -1],
  ],
  counters: { accepted: 1, redeliveries: 1, jobTimeouts: 1, ready: 1 },
  gauges: { workers: 0, waiting: 1 },
});

test("Broker serves a vanished worker again when it speaks before its end was told", {
  rows: [
    [0, ["A ready", "A vanishes"], []],
    [1, "x asks 1", ["A <- x,,1 (unreachable)"]],
    [2, ["A reads", "A says ,\x01"], ["A <- x,,1"]],
  ],
  counters: { accepted: 1, skippedWorkers: 1, ready: 2 },
});

// Workers that end right after an answer.

const ANSWERED_ONCE: readonly Row[] = [
  [0, "A ready", []],
  [0, "x asks 1", ["A <- x,,1"]],
  [10, "A answers x 1", ["x <- ,=1"]],
  [20, "x asks 2", ["A <- x,,2"]],
];

test("Broker does not count a loss when the worker ends within 50 ms of the dispatch, right after an answer", {
  rows: [
    ...ANSWERED_ONCE,
    [70, "A leaves", []],
    [80, "B ready", ["B <- x,,2"]],
    [90, "B leaves", []],
    [100, "C ready", ["C <- x,,2"]],
  ],
  counters: { accepted: 2, answered: 1, orderlyExits: 1, redeliveries: 1, ready: 3 },
});

test("Broker counts a loss when the worker ends more than 50 ms after the dispatch", {
  options: { redeliveries: 0 },
  rows: [...ANSWERED_ONCE, [70.5, "A leaves", ["! redelivery limit reached: 1 bytes #2 of x at A"]]],
  counters: { accepted: 2, answered: 1, exhausted: 1, ready: 1 },
});

test("Broker counts a loss when the worker's last answer was more than 1 s ago", {
  options: { redeliveries: 0 },
  rows: [
    ...ANSWERED_ONCE.slice(0, 3),
    [1000, "x asks 2", ["A <- x,,2"]],
    [1010.5, "A leaves", ["! redelivery limit reached: 1 bytes #2 of x at A"]],
  ],
  counters: { accepted: 2, answered: 1, exhausted: 1, ready: 1 },
});

test("Broker counts a loss when the worker has said READY since its answer", {
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

test("Broker counts a loss when the worker's last reply was dropped, since it was ready already", {
  options: { redeliveries: 0 },
  rows: [
    [0, ["A ready", "A answers x 1"], ["! unmatched reply A"]],
    [1, "x asks 2", ["A <- x,,2"]],
    [2, "A leaves", ["! redelivery limit reached: 1 bytes #2 of x at A"]],
  ],
  counters: { accepted: 1, exhausted: 1, unmatchedReplies: 1, ready: 1 },
});

test("Broker does not count a loss when the worker is taken over within 50 ms of the dispatch after an answer", {
  options: { redeliveries: 0 },
  rows: [...ANSWERED_ONCE, [30, "A connects", []], [31, "A ready", ["A <- x,,2"]]],
  counters: { accepted: 2, answered: 1, orderlyExits: 1, ready: 2 },
});

test("Broker drops a request at once when the worker ends right after an answer and the client has left", {
  rows: [...ANSWERED_ONCE, [30, "x leaves", []], [31, "A leaves", [], -1]],
  counters: { accepted: 2, answered: 1, clientLeft: 1, departures: 1, ready: 1 },
});

Deno.test("Broker leaves ten orderly exits right after an answer uncounted for one request, and counts the eleventh", () => {
  const names = Array.from({ length: 12 }, (_, i) => `W${i}`);
  play({
    options: { redeliveries: 1 },
    rows: [
      [0, names.map((name) => `${name} ready`), []],
      ...names.map((name, i): Row => [1, `x asks ${i}`, [`${name} <- x,,${i}`]]),
      ...names.map((name, i): Row => [2, `${name} answers x ${i}`, [`x <- ,=${i}`]]),
      [3, "y asks 99", ["W0 <- y,,99"]],
      ...names.slice(1).map((name, i): Row => [4 + i, `W${i} leaves`, [`${name} <- y,,99`]]),
      // The eleventh, W10, was the one that counted: there is no further redelivery.
      [16, "W11 leaves", [`! redelivery limit reached: 2 bytes #99 of y at ${names}`]],
    ],
    counters: { accepted: 13, answered: 12, exhausted: 1, orderlyExits: 10, redeliveries: 1, ready: 12 },
  });
});

// Workers that hang.

test("Broker takes a request from a worker that lets the job's time pass, which gets nothing until it answers", {
  options: { jobTimeout: 100 },
  rows: [
    [0, "A ready", []],
    [1, "x asks 1", ["A <- x,,1"], 100],
    [100.5, "", [], 1],
    [101, "", ["! job timeout A"], -1],
    [5000, "", [], -1],
    [5001, "A answers x 1", ["! late reply A", "A <- x,,1"], 100],
    [5002, "A answers x 1", ["x <- ,=1"], -1],
  ],
  counters: { accepted: 1, answered: 1, redeliveries: 1, jobTimeouts: 1, lateReplies: 1, ready: 1 },
});

test("Broker drops the late answer of a worker that let the job's time pass when another has the request", {
  options: { jobTimeout: 100 },
  rows: [
    [0, ["A ready", "B ready"], []],
    [0, "x asks 1", ["A <- x,,1"]],
    [100, "", ["! job timeout A", "B <- x,,1"], 100],
    [110, "A answers x 1", ["! late reply A"]],
    [120, "B answers x 1", ["x <- ,=1"]],
    // The client's next request is not answered by the first one's second answer.
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

test("Broker drops the late answer of a worker that let the job's time pass while the request waits or is delayed", {
  options: { jobTimeout: 100 },
  rows: [
    [0, ["A ready", "B ready"], []],
    [0, "x asks 1", ["A <- x,,1"]],
    [100, "", ["! job timeout A", "B <- x,,1"]],
    [200, "", ["! job timeout B"], 250],
    [201, "A answers x 1", ["! late reply A"], 249],
    [202, "y asks 2", ["A <- y,,2"]],
    [302, "", ["! job timeout A"]],
    [303, ["B answers x 1"], ["! late reply B", "B <- y,,2"]],
    [304, ["A leaves", "B answers y 2"], ["y <- ,=2"]],
    [450, "", ["B <- x,,1"]],
  ],
  counters: { accepted: 2, answered: 1, redeliveries: 3, jobTimeouts: 3, lateReplies: 2, ready: 2 },
});

test("Broker sends to a worker that let the job's time pass when it says READY, or does so on a new connection", {
  options: { jobTimeout: 100 },
  rows: [
    [0, ["A ready", "B ready"], []],
    [0, "x asks 1 2", ["A <- x,,1", "B <- x,,2"]],
    [100, "", ["! job timeout A", "! job timeout B"]],
    [101, "A ready", ["A <- x,,1"]],
    [102, "B connects", [], 99],
    [103, "B ready", ["B <- x,,2"]],
  ],
  counters: { accepted: 2, redeliveries: 2, jobTimeouts: 2, ready: 4 },
});

test("Broker gives each job its own time", {
  options: { jobTimeout: 100 },
  rows: [
    [0, ["A ready", "B ready"], []],
    [0, "x asks 1", ["A <- x,,1"], 100],
    [60, "y asks 2", ["B <- y,,2"], 40],
    [70, "A answers x 1", ["x <- ,=1"], 90],
    [80, "x asks 3", ["A <- x,,3"], 80],
    [160, "", ["! job timeout B"], 20],
    [180, "", ["! job timeout A"], -1],
  ],
  counters: { accepted: 3, answered: 1, redeliveries: 2, jobTimeouts: 2, ready: 2 },
  gauges: { waiting: 2 },
});

test("Broker waits for an answer for as long as it takes when jobs have no time", {
  rows: [
    [0, "A ready", []],
    [0, "x asks 1", ["A <- x,,1"], -1],
    [1e9, "", [], -1],
    [1e9 + 1, "A answers x 1", ["x <- ,=1"]],
  ],
  counters: { accepted: 1, answered: 1, ready: 1 },
});

// Connections that are taken over.

test("Broker drops what a taken-over client waits for, and the reply to what is out", {
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

test("Broker answers only the new connection's request when both connections' requests are out", {
  rows: [
    [0, ["A ready", "B ready"], []],
    [0, "x asks 1", ["A <- x,,1"]],
    [1, ["x connects", "x asks 1"], ["B <- x,,1"]],
    [2, "A says ,x,,old", []],
    [3, "B says ,x,,new", ["x <- ,new"]],
  ],
  counters: { accepted: 2, answered: 1, clientLeft: 1, departures: 1, ready: 2, undeliverableReplies: 1 },
});

test("Broker does not send a taken-over client's request again when its worker is lost", {
  rows: [
    [0, ["A ready", "B ready"], []],
    [0, "x asks 1", ["A <- x,,1"]],
    [1, ["x connects", "x asks 2"], ["B <- x,,2"]],
    [2, ["A leaves", "C ready"], []],
    [3, "B leaves", ["C <- x,,2"]],
  ],
  counters: { accepted: 2, clientLeft: 1, redeliveries: 1, departures: 1, ready: 3 },
});

test("Broker counts no departure when a client connects that is not known", {
  rows: [[0, ["x connects", "x connects", "x leaves", "y leaves"], []]],
  counters: {},
  gauges: { clients: 0 },
});

test("Broker sends a taken-over worker's request again, and nothing to it until it is ready", {
  rows: [
    [0, ["A ready", "B ready"], []],
    [0, "x asks 1", ["A <- x,,1"]],
    [1, "A connects", ["B <- x,,1"]],
    // The old connection's answer, from the new one.
    [2, "A answers x 1", ["! late reply A"]],
    [3, "B answers x 1", ["x <- ,=1"]],
  ],
  counters: { accepted: 1, answered: 1, redeliveries: 1, lateReplies: 1, ready: 2 },
  gauges: { workers: 2, idleWorkers: 2 },
});

test("Broker takes a worker out of the list when its identity is taken over", {
  rows: [
    [0, ["A ready", "B ready", "A connects"], []],
    [1, "x asks 1 2", ["B <- x,,1"]],
    [2, "A ready", ["A <- x,,2"]],
  ],
  counters: { accepted: 2, ready: 3 },
  gauges: { workers: 2 },
});

// Clients that leave.

test("Broker drops a departed client's requests, wherever they wait", {
  rows: [
    [0, ["A ready", "B ready", "C ready"], []],
    [0, "x asks 1 2 3 4", ["A <- x,,1", "B <- x,,2", "C <- x,,3"]],
    [0, "y asks 5", []],
    [1, ["A leaves", "D ready"], ["D <- x,,1"]],
    // 1 is delayed, 2 waits as a redelivery, 4 for the first time, and 3 is out.
    [2, ["D leaves", "B leaves"], [], 250],
    [3, "x leaves", [], 249],
    [4, "E ready", ["E <- y,,5"]],
    [5, "C answers x 3", []],
    [252, "", [], 59_748],
  ],
  counters: { accepted: 5, clientLeft: 4, departures: 1, redeliveries: 3, ready: 5, undeliverableReplies: 1 },
  gauges: { inFlight: 1, clients: 1, idleWorkers: 1 },
});

test("Broker does not send a departed client's request again when its worker is lost", {
  rows: [
    [0, ["A ready", "B ready"], []],
    [0, "x asks 1", ["A <- x,,1"]],
    [1, "x leaves", []],
    [2, "A leaves", [], -1],
  ],
  counters: { accepted: 1, clientLeft: 1, departures: 1, ready: 2 },
  gauges: { clients: 0, pendingBytes: 0, idleWorkers: 1 },
});

test("Broker serves a departed client's requests all the same when orphans are kept", {
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

test("Broker forgets a client with its last request when it is not told of departures", {
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

test("Broker remembers a client while it has requests when it is not told of departures", {
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

test("Broker remembers a client without requests when it is told of departures", {
  rows: [
    [0, "A ready", []],
    [0, "x asks 1", ["A <- x,,1"]],
    [1, "A answers x 1", ["x <- ,=1"]],
  ],
  counters: { accepted: 1, answered: 1, ready: 1 },
  gauges: { clients: 1 },
});

// The order of service.

/** Two ask, wait for some 60 ms and give up: then what waits is too much for as long as nothing is served. */
const TWO_GIVE_UP: readonly Row[] = [
  [10, ["p asks 0", "q asks 0"], []],
  [60, "p leaves", []],
  [70, "q leaves", []],
];

test("Broker serves the newest connection first from when a second client gives up until the backlog is served", {
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

test("Broker serves the oldest first when one client leaves while it waits, and another more than 1 s later", {
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
});

test("Broker serves the oldest first however long requests wait when nobody gives up", {
  options: { order: "auto" },
  rows: [
    [0, ["A ready", "x asks 1", "y asks 2", "z asks 3"], ["A <- x,,1"]],
    [5000, "w asks 4", []],
    // Its request is out: it does not wait for a worker.
    [60_000, "x leaves", []],
    [60_001, "A answers x 1", ["A <- y,,2"]],
    [90_000, "A answers y 2", ["y <- ,=2", "A <- z,,3"]],
  ],
  counters: { accepted: 4, answered: 1, clientLeft: 1, departures: 1, ready: 1, undeliverableReplies: 1 },
});

test("Broker serves the oldest first again when the last client has given up 1 s ago", {
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

test("Broker serves the oldest first when clients give up and the workers are fast enough for what waits", {
  options: { order: "auto" },
  rows: [
    [0, ["A ready", "x asks 1"], ["A <- x,,1"]],
    [0, "q asks 0", []],
    // One request in 250 ms.
    [250, "A answers x 1", ["x <- ,=1", "A <- q,,0"]],
    [260, ["p asks 2", "q asks 2", "y asks 3"], []],
    [1000, "p leaves", []],
    // It has waited for 750 ms, in the half of which one could be served, but not two.
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

Deno.test("Broker serves every 32nd time the oldest of all when the newest connection is served first", () => {
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

test("Broker serves redeliveries before all when the newest connection is served first", {
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

test("Broker serves a connection last when more of its requests wait than its share", {
  options: { maxBacklog: 8, clientShare: 1 / 4 },
  rows: [
    [0, ["A ready", "v asks 0"], ["A <- v,,0"]],
    [1, ["x asks 1 2 3", "y asks 4 5"], []],
    [2, "A answers v 0", ["v <- ,=0", "A <- y,,4"]],
    [3, "A answers y 4", ["y <- ,=4", "A <- y,,5"]],
    [4, "A answers y 5", ["y <- ,=5", "A <- x,,1"]],
    // Down to its share, it is served in its turn again.
    [5, ["z asks 6", "A answers x 1"], ["x <- ,=1", "A <- x,,2"]],
  ],
  counters: { accepted: 7, answered: 4, ready: 1 },
});

test("Broker serves a connection last when more of its bytes wait than its share", {
  options: { maxBacklogBytes: 4 * 2 * (REQUEST_OVERHEAD_BYTES + 2 * FRAME_OVERHEAD_BYTES + 1), clientShare: 1 / 4 },
  rows: [
    [0, ["A ready", "v asks 0"], ["A <- v,,0"]],
    // One byte too many.
    [1, ["x asks 1 22", "y asks 3 4"], []],
    [2, "A answers v 0", ["v <- ,=0", "A <- y,,3"]],
  ],
  counters: { accepted: 5, answered: 1, ready: 1 },
});

// Bounds.

test("Broker accepts over the bound what comes from a connection that has nothing waiting, and refuses the rest", {
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

test("Broker refuses all that comes over the bound when orphans are kept, since their departures make no room", {
  options: { maxBacklog: 1, keepOrphans: true },
  rows: [
    [0, "x asks 1", []],
    [1, "x leaves", []],
    [2, "y asks 2", ["! request refused: backlog full"]],
    [3, "A ready", ["A <- x,,1"]],
  ],
  counters: { accepted: 1, refusedFull: 1, departures: 1, ready: 1 },
});

test("Broker refuses over the bound what comes from a connection whose redelivery waits or is delayed", {
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

test("Broker counts a request's frames with what they cost besides their bytes", {
  rows: [
    [0, "x asks 12345", []],
    [1, "y sends ,a,bc,", []],
  ],
  counters: { accepted: 2 },
  gauges: { pendingBytes: 2 * REQUEST_OVERHEAD_BYTES + 6 * FRAME_OVERHEAD_BYTES + 8 },
});

/** A broker that knows no peer, and how to send it requests that are the broker's own. */
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

Deno.test("Broker.isFull is true when as many requests are pending as may be, waiting or not", () => {
  const { broker, ask } = makeBroker({ maxBacklog: 2 });
  broker.receiveFromWorker("A", ["", "\x01"], 0);
  assertEquals([ask("x", "1"), broker.isFull], [true, false]);
  assertEquals([ask("y", "2"), broker.isFull], [true, true]);
  assertEquals(broker.gauges.inFlight, 1);
  broker.clientGone("y", 0);
  assertEquals([broker.pending, broker.isFull], [1, false]);
});

Deno.test("Broker.isFull is true when as many bytes are pending as may be", () => {
  const maxBacklogBytes = 2 * (REQUEST_OVERHEAD_BYTES + 2 * FRAME_OVERHEAD_BYTES + 1);
  const { broker, ask } = makeBroker({ maxBacklogBytes });
  assertEquals([ask("x", "1"), broker.isFull], [true, false]);
  assertEquals([ask("y", "2"), broker.isFull], [true, true]);
  assertEquals(broker.gauges.pendingBytes, maxBacklogBytes);
  assertEquals([ask("y", "3"), ask("z", "4")], [false, true]);
});

Deno.test("Broker accepts a request larger than the bound of bytes when the backlog is empty", () => {
  const { broker, ask } = makeBroker({ maxBacklogBytes: 1000 });
  assertEquals([ask("x", "a".repeat(5000)), broker.isFull, broker.pending], [true, true, 1]);
  broker.clientGone("x", 0);
  assertEquals([broker.isFull, broker.gauges.pendingBytes], [false, 0]);
});

// The drain.

test("Broker refuses requests when it drains, and finishes those it has", {
  rows: [
    [0, ["A ready", "x asks 1 2"], ["A <- x,,1"]],
    [1, "drain", []],
    [2, ["x asks 3", "y asks 4"], ["! request refused: draining", "! request refused: draining"]],
    [3, "A leaves", []],
    [4, "B ready", ["B <- x,,1"]],
    [5, "B answers x 1", ["x <- ,=1", "B <- x,,2"]],
    [6, "B answers x 2", ["x <- ,=2"]],
  ],
  counters: { accepted: 2, answered: 2, refusedDraining: 2, redeliveries: 1, ready: 2 },
  gauges: { clients: 1 },
});

const ONE_IN_EACH_STATE: readonly Row[] = [
  [0, ["S connects", "y asks 3"], [], 1000],
  [1000, "", ["S <- token1,,3"], 5000],
  [1001, ["A ready", "B ready", "x asks 1 2"], ["A <- x,,1", "B <- x,,2"]],
  [1002, ["A leaves", "C ready"], ["C <- x,,1"]],
  [1003, "C leaves", [], 250],
  [1004, "z asks 4", []],
];

test("Broker counts each request in the state it is in", {
  rows: ONE_IN_EACH_STATE,
  counters: { accepted: 4, redeliveries: 2, trials: 1, ready: 3 },
  gauges: { waiting: 1, delayed: 1, inFlight: 1, onTrial: 1, workers: 2, idleWorkers: 0, clients: 3 },
});

test("Broker ends every request when it abandons them, and drops the answers that come later", {
  rows: [
    ...ONE_IN_EACH_STATE,
    [1005, ["drain", "abandon"], [], -1],
    [1006, ["S answers token1 3", "B answers x 2"], ["! late reply S", "! late reply B"]],
  ],
  counters: { accepted: 4, leftAtDrain: 4, redeliveries: 2, trials: 1, lateReplies: 2, ready: 3 },
  gauges: { waiting: 0, delayed: 0, inFlight: 0, onTrial: 0, pendingBytes: 0, idleWorkers: 2 },
});

// Tries: peers that connected and stay silent.

test("Broker tries a silent worker when no other has been free for 1 s, under a token, and takes its answer", {
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
});

test("Broker tries the silent worker that connected first, and the request that has waited longest", {
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

test("Broker does not try a worker when it has been silent for less than 1 s, however long the request has waited", {
  rows: [
    [0, "x asks 1", [], -1],
    [5000, "A connects", [], 1000],
    [5999.5, "", [], 1],
    [6000, "", ["A <- token1,,1"], 5000],
  ],
  counters: { accepted: 1, trials: 1 },
});

test("Broker tries a silent worker when a request has waited 1 s, though another worker was free since", {
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
  test(`Broker keeps in step with a worker that takes what it was tried with for a job after it spoke: ${spoke}`, {
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
  test(`Broker tries a worker again that has dropped its request unread, at what it was tried with: ${spoke}`, {
    rows: [
      [0, ["A connects", "x asks 1"], []],
      [1000, "", ["A <- token1,,1"]],
      // What A said was under way. It gets the token's request after that, and a REQ eats what comes until it answers.
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
  });
}

test("Broker gives another worker a request that its worker may have dropped unread, and takes the first answer", {
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

test("Broker takes the answer to a request that its worker had not dropped, though it was tried again since", {
  rows: [
    [0, ["A connects", "x asks 1"], []],
    [1000, "", ["A <- token1,,1"]],
    [1001, "A ready", ["A <- x,,1"]],
    [2000, ["A answers token1 1"], ["! late reply A"]],
    [3000, "", ["A <- token2,,1"]],
    [4000, "A answers x 1", ["x <- ,=1"]],
    [4001, "y asks 2", ["A <- y,,2"]],
    // It has the second try, too.
    [5000, "A answers token2 1", ["! late reply A"]],
    [5500, "A answers y 2", ["y <- ,=2"]],
  ],
  counters: { accepted: 2, answered: 2, trials: 2, ready: 1, lateReplies: 2 },
});

test("Broker tries a silent worker when all others are busy", {
  rows: [
    [0, ["A ready", "S connects", "x asks 1 2"], ["A <- x,,1"]],
    [1000, "", ["S <- token1,,2"]],
  ],
  counters: { accepted: 2, trials: 1, ready: 1 },
});

test("Broker offers a request to the next silent worker when the first has had it for 5 s, and not before", {
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
});

test("Broker takes the first answer when a request is with a silent worker and with a ready one", {
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

test("Broker drops a silent worker's answer when a ready one answered first", {
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

test("Broker takes a silent worker's answer when the request waits again", {
  rows: [
    [0, ["A connects", "x asks 1"], []],
    [1000, "", ["A <- token1,,1"]],
    [6000, "", []],
    [7000, "A answers token1 1", ["x <- ,=1"]],
  ],
  counters: { accepted: 1, answered: 1, trials: 1 },
  gauges: { waiting: 0, idleWorkers: 1 },
});

test("Broker takes a silent worker's answer when the request is delayed, and does not send it again", {
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

test("Broker sends no request again that was answered when its other worker is lost, or lets its time pass", {
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
  test(`Broker leaves a request with its worker when one that had it on trial before ${event}`, {
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

test("Broker drops an old reply from a worker it tries, also when it is for the same client", {
  rows: [
    [0, ["A connects", "x asks 1"], []],
    [1000, "", ["A <- token1,,1"]],
    [1001, "A answers x 1", ["! late reply A", "A <- x,,1"]],
    [1002, "A answers x 1", ["x <- ,=1"]],
  ],
  counters: { accepted: 1, answered: 1, trials: 1, lateReplies: 1 },
});

test("Broker drops an old reply from a silent worker, and takes it for ready", {
  rows: [
    [0, ["A connects", "x asks 1"], []],
    [10, "A answers x 1", ["! late reply A", "A <- x,,1"]],
    [11, "A answers x 1", ["x <- ,=1"]],
  ],
  counters: { accepted: 1, answered: 1, lateReplies: 1 },
});

test("Broker gives a tried worker nothing more until it speaks, though the request is with another", {
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

test("Broker loses nothing when a worker says READY only 10 s after it connected", {
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
  test(`Broker counts no redelivery, and makes no pause, when a tried worker ${event}`, {
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

test("Broker tries the next silent worker when one has vanished or its pipe is full", {
  rows: [
    [0, ["A connects", "A vanishes", "B connects", "B blocks", "C connects", "x asks 1"], []],
    [1000, "", ["A <- token1,,1 (unreachable)", "B <- token2,,1 (would block)", "C <- token3,,1"]],
    [1001, "C answers token3 1", ["x <- ,=1"]],
  ],
  counters: { accepted: 1, answered: 1, trials: 1, skippedWorkers: 2 },
  gauges: { workers: 2, idleWorkers: 1 },
});

test("Broker does not try a worker that has said READY and vanished from the list since", {
  rows: [
    [0, ["A connects", "A ready", "x asks 1 2"], ["A <- x,,1"]],
    [2000, "", [], -1],
  ],
  counters: { accepted: 2, ready: 1 },
});

test("Broker drops a tried request when its client has left", {
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

// The minute's warning.

/** Jobs of 10, 20, 30 ms and so on, of which the clients of the first `departed` have left when they are answered. */
function jobs(count: number, departed: number): Row[] {
  return Array.from({ length: count }, (_, i): Row[] => {
    const [client, atMs, isGone] = [`c${i}`, 1000 * i, i < departed];
    return [
      [atMs, [`${client} asks 1`, ...(isGone ? [`${client} vanishes`] : [])], [`A <- ${client},,1`]],
      [atMs + 10 * (i + 1), `A answers ${client} 1`, [`${client} <- ,=1${isGone ? " (unreachable)" : ""}`]],
    ];
  }).flat();
}

test("Broker warns once a minute, with the median job time, when more than half of its replies came too late", {
  rows: [
    [0, "A ready", []],
    ...jobs(5, 3),
    [59_900, "x asks 1", ["A <- x,,1"]],
    [60_000, "A answers x 1", ["x <- ,=1", "! jobs take longer than clients wait: 3 of 5, median 35 ms"]],
    [119_900, "x asks 2", ["A <- x,,2"]],
    [120_000, "A answers x 2", ["x <- ,=2"]],
  ],
  counters: { accepted: 7, answered: 4, clientLeft: 3, ready: 1, undeliverableReplies: 3 },
});

test("Broker warns when the minute is over, also when no further reply comes, and asks for no time before or after", {
  rows: [
    [0, "A ready", []],
    ...jobs(2, 2),
    [2000, "", [], 58_000],
    [59_999, "", [], 1],
    [60_000, "", ["! jobs take longer than clients wait: 2 of 2, median 15 ms"], -1],
    [120_000, "", [], -1],
  ],
  counters: { accepted: 2, clientLeft: 2, ready: 1, undeliverableReplies: 2 },
});

test("Broker does not warn of replies that came too late when orphans are kept", {
  options: { keepOrphans: true },
  rows: [
    [0, "A ready", []],
    ...jobs(2, 2),
    [60_000, "", [], -1],
  ],
  counters: { accepted: 2, clientLeft: 2, ready: 1, undeliverableReplies: 2 },
});

test("Broker does not warn when half of a minute's replies came too late", {
  rows: [
    [0, "A ready", []],
    ...jobs(4, 2),
    [5000, "", [], -1],
    [59_900, "x asks 1", ["A <- x,,1"]],
    [60_000, "A answers x 1", ["x <- ,=1"]],
  ],
  counters: { accepted: 5, answered: 3, clientLeft: 2, ready: 1, undeliverableReplies: 2 },
});
