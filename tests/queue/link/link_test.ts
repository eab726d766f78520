import { assert, assertEquals } from "@std/assert";
import { LinkWorld } from "./link_world.ts";

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

Deno.test("Link takes back what is at a lender that is gone within a second, and sends it to the next", () => {
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

Deno.test("Link takes back what is at a lender that is silent for three seconds", () => {
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

Deno.test("Link keeps what is at a lender that connects again", () => {
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
  // The reply is lost: the lender is not connected when it comes.
  world.connect(b, false);
  world.answerAll();
  world.connect(b, true);
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
