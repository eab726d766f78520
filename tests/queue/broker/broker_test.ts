import { assertEquals } from "@std/assert";
import { Broker } from "../../../lib/queue/broker/broker.ts";
import { brokerConfig } from "./broker_config.ts";
import { type Row, testStory } from "./broker_story.ts";
import { FakeOutput, TEXT_READER } from "./fake_output.ts";

testStory("Broker sends a request to the worker idle longest when several are idle", {
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

testStory("Broker keeps requests while no worker is idle, and sends them in their order when one is", {
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

testStory("Broker queues a request behind waiting ones when a worker is idle but nothing was dispatched yet", {
  rows: [
    [0, "x asks 1", []],
    [1, ["A ready", "y asks 2", "dispatch", "B ready"], ["A <- x,,1", "B <- y,,2"]],
  ],
  counters: { accepted: 2, ready: 2 },
});

testStory("Broker counts a worker as idle when it says READY in any dialect of the Guide", {
  rows: [
    [0, ["A connects", "A says ,\x01", "B connects", "B says ,READY"], []],
    [0, ["C connects", "C says ,,\x01", "D connects", "D says READY"], []],
    [1, "x asks 1 2 3 4", ["A <- x,,1", "B <- x,,2", "C <- x,,3", "D <- x,,4"]],
  ],
  counters: { accepted: 4, ready: 4 },
});

testStory("Broker lists a worker once, in its old place, when it says READY twice", {
  rows: [
    [0, ["A ready", "B ready", "A ready"], []],
    [1, "x asks 1 2 3", ["A <- x,,1", "B <- x,,2"]],
    [2, "A answers x 1", ["x <- ,=1", "A <- x,,3"]],
  ],
  counters: { accepted: 3, answered: 1, ready: 3, repeatedReady: 1 },
});

testStory("Broker passes on all frames unchanged when a request came through further hops", {
  rows: [
    [0, "A ready", []],
    [1, "hop sends client,hop2,,a,,b", ["A <- hop,client,hop2,,a,,b"]],
    [2, "A says ,hop,client,hop2,,c,,,d", ["hop <- client,hop2,,c,,,d"]],
  ],
  counters: { accepted: 1, answered: 1, ready: 1 },
});

testStory("Broker passes on a reply unchanged when it has no delimiter, an empty body or many frames", {
  rows: [
    [0, "A ready", []],
    [1, "x asks 1 2 3", ["A <- x,,1"]],
    [2, "A says ,x,bare", ["x <- bare", "A <- x,,2"]],
    [3, "A says x,", ["x <- ", "A <- x,,3"]],
    [4, "A says ,,x,,a,b,,c", ["x <- ,a,b,,c"]],
  ],
  counters: { accepted: 3, answered: 3, ready: 1 },
});

testStory("Broker recognises a reply when its body is READY or its client is \\x01", {
  rows: [
    [0, "A ready", []],
    [1, "x asks 1", ["A <- x,,1"]],
    [2, "A says ,x,,READY", ["x <- ,READY"]],
    [3, "\x01 asks 2", ["A <- \x01,,2"]],
    [4, "A says ,\x01,,\x01", ["\x01 <- ,\x01"]],
  ],
  counters: { accepted: 2, answered: 2, ready: 1 },
});

testStory("Broker forwards a request, and reports it, when its body is READY in any dialect", {
  rows: [
    [0, ["A ready", "B ready", "C ready"], []],
    [1, "x sends ,READY", ["! ready at the frontend x", "A <- x,,READY"]],
    [2, "y sends ,\x01", ["! ready at the frontend y", "B <- y,,\x01"]],
    [3, "z sends ,,\x01", ["! ready at the frontend z", "C <- z,,,\x01"]],
  ],
  counters: { accepted: 3, ready: 3 },
});

testStory("Broker reports no READY at the frontend when it is the last of several frames", {
  rows: [
    [0, ["A ready", "B ready"], []],
    [1, "x sends ,save,READY", ["A <- x,,save,READY"]],
    [2, "hop sends client,,READY", ["B <- hop,client,,READY"]],
  ],
  counters: { accepted: 2, ready: 2 },
});

testStory("Broker counts a reply as undeliverable when its client does not read or has vanished", {
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

// The drain.

testStory("Broker refuses requests while it drains, and finishes those it has", {
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

/** Three jobs of 10 ms, and a long one that A has when the drain begins. */
const LONG_JOB: readonly Row[] = [
  [0, ["A ready", "B ready", "x asks 1"], ["A <- x,,1"]],
  [10, ["A answers x 1", "x asks 2"], ["x <- ,=1", "B <- x,,2"]],
  [20, ["B answers x 2", "x asks 3"], ["x <- ,=2", "A <- x,,3"]],
  [30, ["A answers x 3", "x asks 4"], ["x <- ,=3", "B <- x,,4"]],
  // In 10 ms that job will have taken twice as long as is usual.
  [40, "drain", [], 10],
];

testStory("Broker serves requests that come while it drains, as long as a long job runs and a worker is free", {
  rows: [
    ...LONG_JOB,
    [49, "y asks 5", ["! request refused: draining"], 1],
    [50, "y asks 6", ["A <- y,,6"]],
    [55, "z asks 7", ["! request refused: draining"], -1],
    [60, ["A answers y 6", "z asks 8"], ["y <- ,=6", "A <- z,,8"]],
    // The last request of those before the drain.
    [65, "B answers x 4", ["x <- ,=4"]],
    [66, "y asks 9", ["! request refused: draining"], -1],
    [70, "A answers z 8", ["z <- ,=8"]],
  ],
  counters: { accepted: 6, answered: 6, refusedDraining: 3, ready: 2 },
});

testStory("Broker serves no request that comes while it drains when there may not be time for it", {
  rows: [
    ...LONG_JOB,
    // The job has run for 506 ms, and 504 ms are left of the half of the drain's two seconds.
    [536, "y asks 5", ["! request refused: draining"]],
  ],
  counters: { accepted: 4, answered: 3, refusedDraining: 1, ready: 2 },
});

Deno.test("Broker.leavesUnread() is true while it drains and serves nobody, until all is done", () => {
  const output = new FakeOutput(() => "sent");
  const broker = new Broker({ reader: TEXT_READER, output, config: brokerConfig() });
  const say = (worker: string, frames: string[], now: number) => {
    output.message = frames;
    broker.receiveFromWorker(worker, frames, now);
  };
  for (const worker of ["A", "B"]) say(worker, ["", "READY"], 0);
  const ask = (id: string, now: number) => {
    const frames = ["", id];
    output.owned.add(frames);
    broker.receiveRequest("x", frames, now);
  };
  ask("1", 0);
  say("A", ["", "x", "", "=1"], 10);
  ask("2", 20);
  broker.startDraining(0, 2000);
  const seen = [20, 39, 40, 510, 511].map((now) => broker.leavesUnread(now));
  broker.pause();
  seen.push(broker.leavesUnread(40));
  broker.abandon();
  seen.push(broker.leavesUnread(40));
  assertEquals(seen, [true, true, false, false, true, true, false]);
});

const ONE_IN_EACH_STATE: readonly Row[] = [
  [0, ["S connects", "y asks 3"], [], 1000],
  [1000, "", ["S <- token1,,3"], 5000],
  [1001, ["A ready", "B ready", "x asks 1 2"], ["A <- x,,1", "B <- x,,2"]],
  [1002, ["A leaves", "C ready"], ["C <- x,,1"]],
  [1003, "C leaves", [], 250],
  [1004, "z asks 4", []],
];

testStory("Broker counts each request in the state it is in", {
  rows: ONE_IN_EACH_STATE,
  counters: { accepted: 4, redeliveries: 2, trials: 1, ready: 3 },
  gauges: { waiting: 1, delayed: 1, inFlight: 1, onTrial: 1, workers: 2, idleWorkers: 0, clients: 3 },
});

testStory("Broker ends every request when it abandons them, and drops the replies that come later", {
  rows: [
    ...ONE_IN_EACH_STATE,
    [1005, ["drain", "abandon"], [], -1],
    [1006, ["S answers token1 3", "B answers x 2"], ["! late reply S", "! late reply B"]],
  ],
  counters: { accepted: 4, leftAtDrain: 4, redeliveries: 2, trials: 1, lateReplies: 2, ready: 3 },
  gauges: { waiting: 0, delayed: 0, inFlight: 0, onTrial: 0, pendingBytes: 0, idleWorkers: 2 },
});

// The minute's warning.

/** Jobs of 10, 20, 30 ms and so on. The clients of the first `departed` leave before the reply. */
function jobs(count: number, departed: number): Row[] {
  return Array.from({ length: count }, (_, i): Row[] => {
    const [client, atMs, isGone] = [`c${i}`, 1000 * i, i < departed];
    return [
      [atMs, [`${client} asks 1`, ...(isGone ? [`${client} vanishes`] : [])], [`A <- ${client},,1`]],
      [atMs + 10 * (i + 1), `A answers ${client} 1`, [`${client} <- ,=1${isGone ? " (unreachable)" : ""}`]],
    ];
  }).flat();
}

testStory("Broker warns once a minute, with the median job time, when more than half of its replies came too late", {
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

testStory(
  "Broker warns when the minute is over, even if no further reply comes, and needs no deadline before or after",
  {
    rows: [
      [0, "A ready", []],
      ...jobs(2, 2),
      [2000, "", [], 58_000],
      [59_999, "", [], 1],
      [60_000, "", ["! jobs take longer than clients wait: 2 of 2, median 15 ms"], -1],
      [120_000, "", [], -1],
    ],
    counters: { accepted: 2, clientLeft: 2, ready: 1, undeliverableReplies: 2 },
  },
);

testStory("Broker does not warn of replies that came too late when orphans are kept", {
  options: { keepOrphans: true },
  rows: [
    [0, "A ready", []],
    ...jobs(2, 2),
    [60_000, "", [], -1],
  ],
  counters: { accepted: 2, clientLeft: 2, ready: 1, undeliverableReplies: 2 },
});

testStory("Broker does not warn when half of a minute's replies came too late", {
  rows: [
    [0, "A ready", []],
    ...jobs(4, 2),
    [5000, "", [], -1],
    [59_900, "x asks 1", ["A <- x,,1"]],
    [60_000, "A answers x 1", ["x <- ,=1"]],
  ],
  counters: { accepted: 5, answered: 3, clientLeft: 2, ready: 1, undeliverableReplies: 2 },
});
