import { assertEquals, assertGreaterOrEqual, assertMatch } from "@std/assert";
import { delay } from "../../lib/delay.ts";
import { chooseFault, GUIDE_FAULTS, seededRandom } from "../../lib/worker/guide_worker.ts";
import { SIGNAL_ECHO_MS } from "../../lib/cli/signals.ts";
import { freeEndpoint } from "../harness/free_port.ts";
import { type Peer, Peers } from "../harness/peers.ts";
import type { Program } from "../harness/program.ts";
import { READY, receiveReady } from "../harness/ready.ts";
import { ANY_PORT, startWorker } from "../harness/programs.ts";
import { scenario } from "../harness/scenario.ts";

const NEEDS = ["programs", "ffi"] as const;
const FAULTLESS = ["--work", "0", "--no-faults"];

/** Gives a worker jobs, one after another, until it ends or all are answered. */
async function countAnswers(backend: Peer, worker: Program, jobs: number): Promise<number> {
  const identity = await receiveReady(backend);
  for (let job = 1; job <= jobs; job++) {
    backend.send(identity, "", "client", "", `${job}`);
    const reply = await Promise.race([backend.receiveText(), worker.exit.then(() => undefined)]);
    if (reply === undefined) return job - 1;
    assertEquals(reply, [identity, "", "client", "", `${job}`]);
  }
  return jobs;
}

scenario("worker sends READY with an identity of the form %04X-%04X", NEEDS, async () => {
  await using peers = await Peers.open();
  const backend = peers.router({ bind: ANY_PORT });
  const identities = new Set<string>();
  for (let count = 0; count < 3; count++) {
    await using worker = startWorker(backend.endpoint, FAULTLESS);
    const identity = await receiveReady(backend);
    assertMatch(identity, /^[0-9A-F]{4}-[0-9A-F]{4}$/);
    assertEquals((await worker.event("worker ready")).identity, identity);
    identities.add(identity);
  }
  assertEquals(identities.size, 3);
});

scenario("worker returns the whole message when it has several frames and a nested envelope", NEEDS, async () => {
  await using peers = await Peers.open();
  const backend = peers.router({ bind: ANY_PORT });
  await using _worker = startWorker(backend.endpoint, FAULTLESS);
  const identity = await receiveReady(backend);
  for (
    const message of [
      ["client", "", "body"],
      ["client", "", ""],
      ["hop", "client", "", "a", "", "b"],
      ["\x01", "", READY],
      ["client", "", "\0\xff"],
    ]
  ) {
    backend.send(identity, "", ...message);
    assertEquals(await backend.receiveText(), [identity, "", ...message]);
  }
});

scenario("worker logs what it does, one line per event", NEEDS, async () => {
  await using peers = await Peers.open();
  const backend = peers.router({ bind: ANY_PORT });
  await using worker = startWorker(backend.endpoint, FAULTLESS);
  assertEquals(await countAnswers(backend, worker, 2), 2);
  worker.kill();
  assertEquals((await worker.exit).stdout, "");
  const identity = worker.lines[0]!.identity;
  assertEquals(worker.lines.map(({ time: _, ...rest }) => rest), [
    { level: "info", event: "worker ready", identity, endpoint: backend.endpoint },
    { level: "debug", event: "job answered", identity, job: 1 },
    { level: "debug", event: "job answered", identity, job: 2 },
    { level: "info", event: "ending", signal: "SIGTERM" },
    { level: "info", event: "worker ended", answered: 2 },
  ]);
});

scenario("worker ends with 1 and no answer when it meets a simulated crash", NEEDS, async () => {
  await using peers = await Peers.open();
  const backend = peers.router({ bind: ANY_PORT });
  await using worker = startWorker(backend.endpoint, ["--work", "0", "--crash-odds", "1", "--healthy-jobs", "0"]);
  assertEquals(await countAnswers(backend, worker, 1), 0);
  const { code } = await worker.exit;
  assertEquals([code, worker.lines.at(-1)!.event, backend.poll()], [1, "simulated crash", undefined]);
});

scenario("worker crashes no earlier than after its healthy jobs", NEEDS, async () => {
  await using peers = await Peers.open();
  const backend = peers.router({ bind: ANY_PORT });
  await using worker = startWorker(backend.endpoint, ["--work", "0", "--crash-odds", "1"]);
  assertEquals(await countAnswers(backend, worker, 9), 3);
});

scenario("worker answers late when it meets a simulated CPU overload", NEEDS, async () => {
  await using peers = await Peers.open();
  const backend = peers.router({ bind: ANY_PORT });
  const args = ["--crash-odds", "0", "--overload-odds", "1", "--healthy-jobs", "0", "--overload", "150ms"];
  await using worker = startWorker(backend.endpoint, ["--work", "50ms", ...args]);
  const identity = await receiveReady(backend);
  const before = performance.now();
  backend.send(identity, "", "client", "", "slow");
  assertEquals(await backend.receiveText(), [identity, "", "client", "", "slow"]);
  assertGreaterOrEqual(performance.now() - before, 199);
  assertEquals((await worker.event("simulated CPU overload")).ms, 150);
});

scenario("workers with the same seed misbehave at the same jobs", NEEDS, async () => {
  const seed = 11;
  const random = seededRandom(seed);
  let healthy = 0;
  while (chooseFault(healthy + 1, GUIDE_FAULTS, random) !== "crash") healthy++;
  for (let run = 0; run < 2; run++) {
    await using peers = await Peers.open();
    const backend = peers.router({ bind: ANY_PORT });
    await using worker = startWorker(backend.endpoint, ["--work", "0", "--overload", "0", "--seed", `${seed}`]);
    assertEquals(await countAnswers(backend, worker, healthy + 1), healthy);
    assertEquals((await worker.exit).code, 1);
  }
});

scenario("worker finishes its job and ends with 0 when it gets SIGTERM, SIGINT or SIGHUP", NEEDS, async () => {
  await using peers = await Peers.open();
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) {
    const backend = peers.router({ bind: ANY_PORT });
    await using worker = startWorker(backend.endpoint, [
      ...["--crash-odds", "0", "--overload-odds", "1", "--healthy-jobs", "0", "--overload", "100ms", "--work", "0"],
    ]);
    const identity = await receiveReady(backend);
    backend.send(identity, "", "client", "", "last");
    await worker.event("simulated CPU overload");
    worker.kill(signal);
    assertEquals((await worker.event("ending")).signal, signal);
    assertEquals(await backend.receiveText(), [identity, "", "client", "", "last"]);
    assertEquals((await worker.exit).code, 0);
    assertEquals((await worker.event("worker ended")).answered, 1);
  }
});

scenario("worker sends its last reply whole before it ends when that is large", NEEDS, async () => {
  await using peers = await Peers.open();
  const backend = peers.router({ bind: ANY_PORT });
  await using worker = startWorker(backend.endpoint, [
    ...["--crash-odds", "0", "--overload-odds", "1", "--healthy-jobs", "0", "--overload", "50ms", "--work", "0"],
  ]);
  const identity = await receiveReady(backend);
  const body = new Uint8Array(32 * 1024 * 1024).fill(7);
  backend.send(identity, "", "client", "", body);
  await worker.event("simulated CPU overload");
  worker.kill();
  const reply = await backend.receive();
  assertEquals([reply.length, reply.at(-1)!.length], [5, body.length]);
  assertEquals((await worker.exit).code, 0);
});

scenario("worker ends at once with 128+n when it gets a second signal", NEEDS, async () => {
  await using peers = await Peers.open();
  for (const [signal, code] of [["SIGTERM", 143], ["SIGINT", 130], ["SIGHUP", 129]] as const) {
    const backend = peers.router({ bind: ANY_PORT });
    await using worker = startWorker(backend.endpoint, [
      ...["--crash-odds", "0", "--overload-odds", "1", "--healthy-jobs", "0", "--overload", "1h"],
    ]);
    const identity = await receiveReady(backend);
    backend.send(identity, "", "client", "", "never answered");
    await worker.event("simulated CPU overload");
    worker.kill("SIGTERM");
    await worker.event("ending");
    // The same one again at once would be taken for an echo of the first.
    await delay(SIGNAL_ECHO_MS);
    worker.kill(signal);
    assertEquals((await worker.exit).code, code);
  }
});

scenario("worker ends with 0 when it gets SIGTERM and there is no queue", NEEDS, async () => {
  await using worker = startWorker("tcp://127.0.0.1:1", FAULTLESS);
  const { level, endpoint, code, reason } = await worker.event("cannot connect");
  assertEquals([level, endpoint, code], ["warning", "tcp://127.0.0.1:1", "REFUSED"]);
  assertEquals(reason, "nothing listens at 127.0.0.1:1 (ECONNREFUSED)");
  worker.kill();
  assertEquals((await worker.exit).code, 0);
  // It tries again and again, and says so once.
  assertEquals([worker.count("cannot connect"), worker.count("worker ready")], [1, 0]);
});

scenario("worker with --concurrency auto does one job per core at once", NEEDS, async () => {
  await using peers = await Peers.open();
  const backend = peers.router({ bind: ANY_PORT });
  await using worker = startWorker(backend.endpoint, [
    ...["--crash-odds", "0", "--overload-odds", "1", "--healthy-jobs", "0", "--overload", "1h"],
    ...["--concurrency", "auto"],
  ]);
  const cores = navigator.hardwareConcurrency;
  const identities = new Set<string>();
  for (let count = 0; count < cores; count++) identities.add(await receiveReady(backend));
  assertEquals(identities.size, cores);
  for (const identity of identities) backend.send(identity, "", "client", "", "long");
  await worker.events("simulated CPU overload", cores);
  // One more would have said READY before the first got its job.
  assertEquals([backend.poll(), worker.count("worker ready")], [undefined, cores]);
});

scenario(
  "worker sends READY again when the queue has gone and come back",
  [...NEEDS, "network", "long run"],
  async () => {
    await using peers = await Peers.open();
    const first = peers.router({ bind: freeEndpoint() });
    await using worker = startWorker(first.endpoint, FAULTLESS);
    const identity = await receiveReady(first);
    await first.close();
    await worker.event("connection lost");
    const second = await peers.restartedRouter(first.endpoint);
    assertEquals(await receiveReady(second), identity);
    await worker.events("worker ready", 2, { identity });
    second.send(identity, "", "client", "", "welcome back");
    assertEquals(await second.receiveText(), [identity, "", "client", "", "welcome back"]);
  },
);
