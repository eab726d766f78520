import { assert, assertEquals } from "@std/assert";
import { GOOD_NETWORK, LinkWorld } from "./link_world.ts";

/** Two queues: `a`, whose requests want workers, and `l`, which may lend some. */
function borrowerAndLender() {
  const world = new LinkWorld(["a", "l"]);
  return { world, a: world.named("a"), l: world.named("l") };
}

Deno.test("Link lends idle workers to a queue without any, and the replies reach its clients", () => {
  const world = new LinkWorld(["a", "b"]);
  const [a, b] = [world.named("a"), world.named("b")];
  world.join(b, "w1");
  world.join(b, "w2");
  for (let i = 0; i < 4; i++) world.ask(a, `client${i}`);
  world.pass(50);
  assertEquals(a.broker.gauges.remote, 2);
  for (let round = 0; round < 3; round++) {
    world.answerAll();
    world.pass(20);
  }
  assertEquals([a.broker.counters.answered, a.link.counters.borrowedAnswered, b.link.counters.lentAnswered], [4, 4, 4]);
  assertEquals(b.broker.counters.accepted, 0);
});

Deno.test("Link serves a request here when a worker is idle here, and elsewhere once it has waited for 5 ms", () => {
  const world = new LinkWorld(["a", "b"]);
  const [a, b] = [world.named("a"), world.named("b")];
  world.join(a, "wa");
  world.join(b, "wb");
  world.pass(300);
  world.ask(a, "c1");
  world.ask(a, "c2");
  assertEquals([a.broker.gauges.inFlight, a.broker.gauges.remote, a.broker.gauges.waiting], [1, 0, 1]);
  world.pass(30);
  assertEquals([a.broker.gauges.inFlight, a.broker.gauges.remote], [1, 1]);
  world.answerAll();
  world.pass(30);
  assertEquals(a.broker.counters.answered, 2);
});

Deno.test("Link never lends while requests wait here, but for one worker now and then to a queue that has none", () => {
  const world = new LinkWorld(["a", "b", "c"]);
  const [a, b, c] = [world.named("a"), world.named("b"), world.named("c")];
  for (const queue of [a, b]) world.join(queue, "w");
  for (let i = 0; i < 30; i++) {
    for (const queue of [a, b, c]) {
      for (let j = 0; j < 3; j++) world.ask(queue, `client${j}`);
    }
    world.pass(10);
    world.answerAll();
    world.pass(10);
  }
  const jobs = Object.fromEntries(world.jobs);
  assertEquals([jobs["a:b"] ?? 0, jobs["b:a"] ?? 0], [0, 0], "Queues with backlogs trade nothing");
  const [own, others] = [(jobs["a:a"] ?? 0) + (jobs["b:b"] ?? 0), (jobs["c:a"] ?? 0) + (jobs["c:b"] ?? 0)];
  assert(others > 5 && own >= others, `${own} own, ${others} of the queue without workers`);
});

Deno.test("Link gives two starved queues the same share of one lender, in whatever order they start", () => {
  for (const names of [["l", "a", "b"], ["a", "l", "b"], ["b", "a", "l"]]) {
    for (const workers of [1, 3, 8]) {
      const world = new LinkWorld(names);
      const [l, a, b] = [world.named("l"), world.named("a"), world.named("b")];
      for (let i = 0; i < workers; i++) world.join(l, `w${i}`);
      for (let i = 0; i < 100; i++) {
        world.ask(a, "ca");
        world.ask(b, "cb");
      }
      for (let i = 0; i < 15; i++) {
        world.pass(10);
        world.answerAll();
      }
      const [ofA, ofB] = [world.jobs.get("a:l") ?? 0, world.jobs.get("b:l") ?? 0];
      assert(
        Math.abs(ofA - ofB) <= 0.2 * Math.max(ofA, ofB) + 1,
        `${ofA} and ${ofB} with ${workers} workers: ${names}`,
      );
      assert(ofA + ofB > 3 * workers, `${ofA + ofB} jobs in all`);
    }
  }
});

Deno.test("Link takes back the requests of a lender that has gone within a second, and sends them to the next", () => {
  const world = new LinkWorld(["a", "b"]);
  const [a, b] = [world.named("a"), world.named("b")];
  world.join(b, "w");
  world.ask(a, "client");
  world.pass(20);
  assertEquals(a.broker.gauges.remote, 1);
  world.kill(b);
  world.join(world.named("b"), "w");
  world.pass(1000);
  assertEquals([a.link.counters.borrowedLost, a.broker.counters.redeliveries], [1, 1]);
  world.answerAll();
  world.pass(20);
  assertEquals(a.broker.counters.answered, 1);
});

Deno.test("Link takes back the requests of a lender that is silent for three seconds", () => {
  const world = new LinkWorld(["a", "b"]);
  const [a, b] = [world.named("a"), world.named("b")];
  world.join(b, "w");
  world.ask(a, "client");
  world.pass(20);
  b.isStopped = true;
  world.pass(2900);
  assertEquals(a.broker.gauges.remote, 1);
  world.pass(300);
  assertEquals([a.broker.gauges.remote, a.link.counters.borrowedLost], [0, 1]);
  // It goes on, finds out, and is welcome again.
  b.isStopped = false;
  world.pass(600);
  world.answerAll();
  world.pass(50);
  world.answerAll();
  world.pass(20);
  assertEquals(a.broker.counters.answered, 1);
});

Deno.test("Link leaves requests with a lender that reconnects", () => {
  const world = new LinkWorld(["a", "b"]);
  const [a, b] = [world.named("a"), world.named("b")];
  world.join(b, "w");
  world.ask(a, "client");
  world.pass(20);
  for (const queue of [a, b]) world.connect(queue, false);
  world.pass(200);
  for (const queue of [b, a]) world.connect(queue, true);
  world.pass(2000);
  world.answerAll();
  world.pass(20);
  assertEquals([a.broker.counters.answered, a.link.counters.borrowedLost], [1, 0]);
});

Deno.test("Link takes a request back at once when its worker at the lender dies, which counts as a redelivery", () => {
  const world = new LinkWorld(["a", "b"]);
  const [a, b] = [world.named("a"), world.named("b")];
  world.join(b, "w");
  world.ask(a, "client");
  world.pass(200);
  world.killWorker(b, "w");
  world.join(b, "v");
  world.pass(50);
  assertEquals([b.link.counters.lentLost, a.broker.counters.redeliveries], [1, 1]);
  world.answerAll();
  world.pass(20);
  assertEquals(a.broker.counters.answered, 1);
});

Deno.test("Link finds a request and a reply that were lost on the way within a second", () => {
  const world = new LinkWorld(["a", "b"]);
  const [a, b] = [world.named("a"), world.named("b")];
  world.join(b, "w");
  world.pass(300);
  world.ask(a, "client");
  world.pass(20);
  world.network = { ...GOOD_NETWORK, lostPercent: 100 };
  world.answerAll();
  world.network = GOOD_NETWORK;
  world.pass(1000);
  assertEquals(a.link.counters.borrowedLost, 1);
  world.answerAll();
  world.pass(20);
  assertEquals(a.broker.counters.answered, 1);
});

Deno.test("Link of a draining queue lends nothing, and borrows for what it has", () => {
  const world = new LinkWorld(["a", "b"]);
  const [a, b] = [world.named("a"), world.named("b")];
  world.join(a, "w");
  world.join(b, "w");
  for (let i = 0; i < 4; i++) world.ask(a, "client");
  world.drain(a);
  world.pass(20);
  world.ask(b, "other");
  world.ask(b, "other");
  for (let i = 0; i < 8; i++) {
    world.answerAll();
    world.pass(20);
  }
  assertEquals([a.broker.pending, a.broker.counters.answered, a.link.counters.lent], [0, 4, 0]);
  assertEquals(b.broker.counters.answered, 2);
});

Deno.test("Link can use all of a lender's workers again after messages were lost", () => {
  const world = new LinkWorld(["a", "b"]);
  const [a, b] = [world.named("a"), world.named("b")];
  for (const worker of ["w1", "w2"]) world.join(b, worker);
  for (let i = 0; i < 30; i++) world.ask(a, "client");
  world.pass(300);
  world.network = { ...GOOD_NETWORK, lostPercent: 100 };
  world.answerAll();
  world.pass(400);
  world.network = GOOD_NETWORK;
  world.pass(1500);
  assertEquals([a.broker.gauges.remote, b.broker.gauges.onLoan], [2, 2]);
});

Deno.test("Link can use all of a lender's workers again after all requests that it could send were lost", () => {
  const world = new LinkWorld(["a", "b"]);
  const [a, b] = [world.named("a"), world.named("b")];
  for (const worker of ["w1", "w2"]) world.join(b, worker);
  for (let i = 0; i < 30; i++) world.ask(a, "client");
  world.pass(300);
  // The replies are still under way when the network fails.
  world.network = { ...GOOD_NETWORK, delayMs: 300 };
  world.answerAll();
  world.network = { ...GOOD_NETWORK, lostPercent: 100 };
  world.pass(350);
  assertEquals([a.broker.counters.answered, a.broker.gauges.remote, b.broker.gauges.onLoan], [2, 2, 0]);
  world.network = GOOD_NETWORK;
  world.pass(1500);
  assertEquals([a.broker.gauges.remote, b.broker.gauges.onLoan], [2, 2]);
});

Deno.test("Link asks a lender that it had given up for no more than it has", () => {
  const world = new LinkWorld(["a", "b"]);
  const [a, b] = [world.named("a"), world.named("b")];
  for (const worker of ["w1", "w2"]) world.join(b, worker);
  for (let i = 0; i < 30; i++) world.ask(a, "client");
  for (let i = 0; i < 5; i++) {
    world.pass(20);
    world.answerAll();
  }
  world.pass(20);
  b.isStopped = true;
  world.pass(3500);
  b.isStopped = false;
  for (let i = 0; i < 20; i++) {
    world.pass(50);
    world.answerAll();
  }
  world.pass(50);
  assertEquals([a.broker.counters.answered, a.link.counters.borrowedRefused], [30, 0]);
});

Deno.test("Link takes no reply from a queue that does not have the request", () => {
  const world = new LinkWorld(["a", "b", "c"]);
  const [a, b, c] = [world.named("a"), world.named("b"), world.named("c")];
  world.join(b, "w");
  world.ask(a, "client");
  world.pass(20);
  a.link.receive(c.id, { kind: "re", attempt: 1, status: "ok", base: 0, limit: 0 }, ["", "=forged"], 0, world.now);
  a.link.receive(c.id, { kind: "had", unknown: [1] }, [], 0, world.now);
  assertEquals([a.broker.gauges.remote, a.link.counters.lateRemoteReplies], [1, 1]);
  world.answerAll();
  world.pass(20);
  assertEquals(a.broker.counters.answered, 1);
});

Deno.test("Link returns a request whose worker leaves in an orderly way, which counts as no redelivery", () => {
  const world = new LinkWorld(["a", "b"]);
  const [a, b] = [world.named("a"), world.named("b")];
  world.join(b, "w");
  world.ask(a, "client");
  world.ask(a, "client");
  world.pass(20);
  world.answer(b, "w");
  // It has the second one now, and had meant to end.
  world.pass(15);
  world.killWorker(b, "w");
  world.pass(20);
  assertEquals([b.link.counters.lentExcused, a.broker.counters.orderlyExits, a.broker.counters.redeliveries], [
    1,
    1,
    0,
  ]);
  world.join(b, "v");
  world.pass(300);
  world.answerAll();
  world.pass(20);
  assertEquals(a.broker.counters.answered, 2);
});

Deno.test("Link returns a job that runs when its lender's time for draining is over, which counts as no redelivery", () => {
  const world = new LinkWorld(["a", "b", "c"]);
  const [a, b, c] = [world.named("a"), world.named("b"), world.named("c")];
  world.join(b, "w");
  world.ask(a, "client");
  world.pass(20);
  world.drain(b);
  world.pass(8000);
  assertEquals([a.broker.gauges.remote, b.link.lent], [1, 1], "A drain waits for what it has lent workers for");
  world.endDrain(b);
  assertEquals([b.link.counters.lentExcused, b.link.counters.lentLost], [1, 0]);
  world.join(c, "w");
  world.pass(50);
  const { borrowedExcused, borrowedLost } = a.link.counters;
  assertEquals([borrowedExcused, borrowedLost, a.broker.counters.redeliveries], [1, 0, 0]);
  world.answerAll();
  world.pass(20);
  assertEquals(a.broker.counters.answered, 1);
});

Deno.test("Link waits at the end of a drain until what became of a loan is sent, and counts what cannot be sent", () => {
  const world = new LinkWorld(["a", "b"]);
  const [a, b] = [world.named("a"), world.named("b")];
  for (const worker of ["v", "w"]) world.join(b, worker);
  for (const client of ["c", "d"]) world.ask(a, client);
  world.pass(20);
  world.drain(b);
  world.network = { ...GOOD_NETWORK, fullPercent: 100 };
  world.answer(b, "w");
  assertEquals([b.link.lent, b.link.hasUnsent], [1, true]);
  world.network = GOOD_NETWORK;
  world.pass(20);
  assertEquals([a.broker.counters.answered, b.link.hasUnsent], [1, false]);
  world.network = { ...GOOD_NETWORK, fullPercent: 100 };
  world.answer(b, "v");
  world.endDrain(b);
  assertEquals(b.link.counters.unsentLoanReplies, 1);
});

Deno.test("Link keeps a reply for which there is no room for seconds", () => {
  const world = new LinkWorld(["a", "b"]);
  const [a, b] = [world.named("a"), world.named("b")];
  for (const worker of ["v", "w"]) world.join(b, worker);
  world.ask(a, "c");
  world.pass(20);
  world.network = { ...GOOD_NETWORK, fullPercent: 100 };
  world.answerAll();
  assertEquals(b.link.hasUnsent, true);
  world.pass(2500);
  assertEquals([a.broker.counters.answered, b.link.hasUnsent], [0, true]);
  world.network = GOOD_NETWORK;
  world.pass(20);
  world.ask(a, "c");
  world.pass(300);
  world.answerAll();
  world.pass(20);
  const { answered, redeliveries } = a.broker.counters;
  assertEquals([answered, redeliveries, b.link.counters.unsentLoanReplies], [2, 0, 0]);
});

Deno.test("Link keeps a reply while there is no connection to NATS, and until its queue has one again", () => {
  for (const first of ["a", "b"]) {
    const world = new LinkWorld(["a", "b"]);
    const [a, b] = [world.named("a"), world.named("b")];
    world.join(b, "w");
    world.ask(a, "client");
    world.pass(20);
    for (const queue of [a, b]) world.connect(queue, false);
    world.answer(b, "w");
    assertEquals([b.link.lent, b.link.hasUnsent], [0, true]);
    world.pass(2000);
    world.connect(world.named(first), true);
    world.pass(200);
    for (const queue of [a, b]) world.connect(queue, true);
    world.pass(300);
    const { answered, redeliveries } = a.broker.counters;
    assertEquals([answered, redeliveries, b.link.hasUnsent, world.jobs.get("a:b")], [1, 0, false, 1], first);
  }
});

Deno.test("Link keeps no reply for a queue that is gone", () => {
  const world = new LinkWorld(["a", "b"]);
  const [a, b] = [world.named("a"), world.named("b")];
  world.join(b, "w");
  world.ask(a, "client");
  world.pass(20);
  world.connect(b, false);
  world.answer(b, "w");
  world.pass(3500);
  assertEquals([b.link.hasUnsent, b.link.counters.unsentLoanReplies], [false, 1]);
});

Deno.test("Link goes on borrowing for a queue that drains, and its drain waits for what others have", () => {
  const world = new LinkWorld(["a", "b"]);
  const [a, b] = [world.named("a"), world.named("b")];
  world.join(b, "w");
  for (const client of ["c", "d"]) world.ask(a, client);
  world.pass(20);
  world.drain(a);
  assertEquals([a.broker.gauges.remote, a.broker.gauges.waiting], [1, 1]);
  for (let i = 0; i < 2; i++) {
    world.pass(1000);
    world.answerAll();
    world.pass(20);
  }
  assertEquals([a.broker.counters.answered, a.broker.pending, a.link.counters.borrowedAnswered], [2, 0, 2]);
});

Deno.test("Link gives up what others have when the time for draining is over", () => {
  const world = new LinkWorld(["a", "b"]);
  const [a, b] = [world.named("a"), world.named("b")];
  world.join(b, "w");
  world.ask(a, "client");
  world.pass(20);
  world.drain(a);
  world.endDrain(a);
  assertEquals([a.broker.counters.leftAtDrain, a.link.counters.borrowedLeftAtDrain], [1, 1]);
  // Its worker finishes the job for nothing, and is free again.
  world.answerAll();
  world.pass(20);
  assertEquals([b.link.lent, b.broker.idle], [0, 1]);
});

Deno.test("Link lends a silent worker on trial when no other is idle, and knows it when it has answered", () => {
  const { world, a, l } = borrowerAndLender();
  world.joinSilently(l, "w");
  world.ask(a, "c");
  world.pass(900);
  assertEquals(a.broker.gauges.remote, 0);
  world.pass(500);
  assertEquals([a.broker.gauges.remote, l.broker.gauges.onLoan, l.broker.gauges.onTrial], [1, 1, 0]);
  for (let i = 0; i < 2; i++) {
    world.answerAll();
    world.pass(20);
    world.ask(a, "c");
    world.pass(20);
  }
  world.answerAll();
  world.pass(20);
  assertEquals([a.broker.counters.answered, l.link.counters.lentAnswered, l.broker.counters.trials], [3, 3, 1]);
});

Deno.test("Link returns a request whose silent worker does not answer, and tries that one no more", () => {
  const { world, a, l } = borrowerAndLender();
  world.joinSilently(l, "w");
  world.ask(a, "c");
  world.pass(1500);
  assertEquals(l.broker.gauges.onLoan, 1);
  world.pass(8000);
  const { lentExcused, lent } = l.link.counters;
  const { redeliveries, orderlyExits } = a.broker.counters;
  assertEquals([a.broker.gauges.waiting, redeliveries, orderlyExits, lentExcused, lent], [1, 0, 0, 1, 1]);
  // Its reply still counts, and it is idle now.
  world.answerAll();
  world.pass(20);
  assertEquals([a.broker.counters.answered, l.broker.idle, l.link.counters.lent], [1, 1, 1]);
  assertEquals([l.broker.counters.lateReplies, a.link.counters.lateRemoteReplies], [0, 0]);
});

Deno.test("Link takes the first reply to a request that several silent workers have had, however long the job takes", () => {
  const { world, a, l } = borrowerAndLender();
  for (let i = 0; i < 20; i++) world.joinSilently(l, `w${i}`);
  world.ask(a, "c");
  world.pass(110_000);
  world.answer(l, "w0");
  world.pass(20);
  const { answered, redeliveries, orderlyExits, exhausted } = a.broker.counters;
  assertEquals([answered, redeliveries, orderlyExits, exhausted], [1, 0, 0, 0]);
  world.answerAll();
  world.pass(20);
  assert(l.broker.counters.trials > 15);
  assertEquals([a.broker.counters.answered, l.broker.idle], [1, 20]);
  assertEquals(a.link.counters.lateRemoteReplies, l.broker.counters.trials - 1);
});

Deno.test("Link takes the first reply to a request that a silent worker here has had, and another queue has now", () => {
  const { world, a, l } = borrowerAndLender();
  world.joinSilently(a, "w");
  world.ask(a, "c");
  world.pass(6500);
  world.join(l, "w");
  world.pass(300);
  assertEquals(a.broker.gauges.remote, 1);
  world.answer(a, "w");
  world.pass(20);
  assertEquals([a.broker.counters.answered, a.broker.pending, a.link.borrowed], [1, 0, 0]);
  world.answerAll();
  world.pass(20);
  assertEquals([a.broker.counters.answered, a.link.counters.lateRemoteReplies, l.broker.idle], [1, 1, 1]);
});

Deno.test("Link lends no silent worker while another one was idle lately, nor while requests wait here", () => {
  const { world, a, l } = borrowerAndLender();
  world.joinSilently(l, "silent");
  world.join(l, "w");
  world.pass(2000);
  for (let i = 0; i < 2; i++) world.ask(a, `c${i}`);
  for (let i = 0; i < 8; i++) {
    world.pass(200);
    world.answer(l, "w");
    world.ask(a, `d${i}`);
  }
  world.pass(50);
  assertEquals([l.broker.counters.trials, l.broker.gauges.onLoan], [0, 1]);
  world.ask(l, "own");
  // Its own request has the trial.
  world.pass(1500);
  assertEquals([l.broker.counters.trials, l.broker.gauges.onTrial, l.broker.gauges.onLoan], [1, 1, 1]);
});
