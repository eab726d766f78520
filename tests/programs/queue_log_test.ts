import { assert, assertEquals, assertMatch } from "@std/assert";
import type { LogLine } from "../harness/program.ts";
import { Peers } from "../harness/peers.ts";
import { ANY_PORT, start, startQueue, startWorker } from "../harness/programs.ts";
import { scenario } from "../harness/scenario.ts";

const NEEDS = ["programs", "ffi"] as const;

scenario(
  "queue logs which workers come and go, and what became of a request whose worker was killed",
  NEEDS,
  async () => {
    await using queue = await startQueue();
    await using peers = await Peers.open();
    await using doomed = startWorker(queue.backend, [
      ...["--healthy-jobs", "0", "--crash-odds", "0", "--overload-odds", "1", "--overload", "1h"],
    ]);
    const client = peers.req({ connect: queue.frontend });
    client.send("precious");
    await doomed.event("simulated CPU overload");
    const { identity } = await doomed.event("worker ready");
    assertEquals((await queue.event("worker joined")).worker, identity);
    doomed.kill("SIGKILL");
    const { level, worker, request, afterMs } = await queue.event("worker lost");
    assertEquals({ level, worker, request }, { level: "warning", worker: identity, request: "redelivered" });
    assert(Number(afterMs) >= 0);
    peers.echoWorker(queue.backend);
    assertEquals(await client.receiveText(), ["precious"]);
  },
);

scenario("queue logs what became of the request of a worker that sends READY instead of answering", NEEDS, async () => {
  await using queue = await startQueue();
  await using peers = await Peers.open();
  const client = peers.req({ connect: queue.frontend });
  client.send("precious");
  const worker = peers.worker(queue.backend, { identity: "A" });
  await worker.receive();
  worker.send("\x01");
  const { level, worker: who, request } = await queue.event("ready while busy");
  assertEquals({ level, who, request }, { level: "warning", who: "A", request: "redelivered" });
  worker.send(...await worker.receiveText());
  assertEquals(await client.receiveText(), ["precious"]);
});

scenario("queue logs once that a job takes longer than --slow-job", NEEDS, async () => {
  await using queue = await startQueue(["--slow-job", "50ms"]);
  await using peers = await Peers.open();
  const client = peers.req({ connect: queue.frontend, identity: "me" });
  client.send("heavy");
  const worker = peers.worker(queue.backend, { identity: "A" });
  const job = await worker.receiveText();
  const { level, worker: who, client: whose, bytes, ageMs } = await queue.event("slow job");
  assertEquals({ level, who, whose, bytes }, { level: "warning", who: "A", whose: "me", bytes: 5 });
  assert(Number(ageMs) >= 50);
  worker.send(...job);
  assertEquals(await client.receiveText(), ["heavy"]);
  queue.kill();
  assertEquals((await queue.exit).code, 0);
  assertEquals(queue.count("slow job"), 1);
});

scenario(
  "queue logs every few seconds what its drain waits for, and all figures at its end",
  [...NEEDS, "long run"],
  async () => {
    await using queue = await startQueue();
    await using peers = await Peers.open();
    const client = peers.req({ connect: queue.frontend });
    const worker = peers.worker(queue.backend);
    client.send("slow");
    const job = await worker.receiveText();
    queue.kill();
    const [, line] = await queue.events("draining", 2);
    const { waiting, inFlight, hint } = line!;
    const expected = { waiting: 0, inFlight: 1, hint: "a second signal ends the queue at once" };
    assertEquals({ waiting, inFlight, hint }, expected);
    worker.send(...job);
    assertEquals(await client.receiveText(), ["slow"]);
    assertEquals((await queue.exit).code, 0);
    assertEquals((await queue.event("ended")).exhausted, 0);
  },
);

scenario("queue leaves out zeros from its last line when the log is text", NEEDS, async () => {
  await using queue = start("queue", ["--frontend", ANY_PORT, "--backend", ANY_PORT, "--log-format", "text"]);
  await queue.text("stderr", / listening /);
  queue.kill();
  assertMatch((await queue.exit).stderr, / ended\n$/);
});

scenario("queue logs its state when it gets SIGUSR1, whatever it is doing, and continues", NEEDS, async () => {
  await using queue = await startQueue();
  await using peers = await Peers.open();
  const client = peers.req({ connect: queue.frontend });
  client.send("hello");
  const worker = peers.worker(queue.backend);
  const job = await worker.receiveText();
  queue.kill("SIGUSR1");
  const [{ level, sentence, accepted, inFlight, answered }] = await queue.events("status", 1) as [LogLine];
  assertEquals([level, sentence], ["info", "serving: 1 of 1 worker busy, nothing waits"]);
  assertEquals({ accepted, inFlight, answered }, { accepted: 1, inFlight: 1, answered: 0 });
  queue.kill("SIGTERM");
  await queue.event("draining");
  queue.kill("SIGUSR1");
  const [, draining] = await queue.events("status", 2);
  assertMatch(
    draining!.sentence as string,
    /^draining: 1 left, 1 of them with workers; asked for by SIGTERM at \d{4}-\d\d-\d\dT\S+Z$/,
  );
  worker.send(...job);
  assertEquals(await client.receiveText(), ["hello"]);
  assertEquals((await queue.exit).code, 0);
});

scenario("queue writes its account as a sum when its log is text, and it gets SIGUSR1", NEEDS, async () => {
  await using queue = start("queue", ["--frontend", ANY_PORT, "--backend", ANY_PORT, "--log-format", "text"]);
  await queue.text("stderr", / listening /);
  queue.kill("SIGUSR1");
  await queue.text(
    "stderr",
    / status sentence="no workers for .*" account="0 accepted = 0 waiting \+ 0 in flight \+ 0 answered"\n/,
  );
});
