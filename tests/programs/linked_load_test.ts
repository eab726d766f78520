/** Linked queues under the load of unmodified clients and workers. */

import { assert, assertEquals } from "@std/assert";
import { delay } from "../../lib/delay.ts";
import { OurClients } from "../faults/our_clients.ts";
import { PythonClients, PythonWorkers } from "../faults/python_peers.ts";
import { BINARIES } from "../harness/capabilities.ts";
import { checkAccounts, figuresOf, startLinked } from "../harness/linked_queues.ts";
import { NatsServer } from "../harness/nats_server.ts";
import { type QueueProgram, startQueue } from "../harness/programs.ts";
import { scenario } from "../harness/scenario.ts";

const NEEDS = ["nats", "programs", "pyzmq", "long run"] as const;
/** How long a client waits in a try. A queue starts sooner, unless the machine is very slow. */
const TRY_MS = 6000;
/** What the link decides is the same in binaries. */
const policyScenario: typeof scenario = BINARIES === undefined ? scenario : () => {};

scenario(
  "linked queues are restarted one after the other under load: our clients use up no try, others at most one",
  NEEDS,
  async () => {
    await using stack = new AsyncDisposableStack();
    const nats = stack.use(await NatsServer.start());
    const args = ["--nats", nats.url];
    const queues = await startLinked(stack, 3, args);
    // The third one has none, and lives from the others'.
    const workers = [4, 2].map((count, index) => stack.use(new PythonWorkers(queues[index]!.backend, count, 20)));
    for (const fleet of workers) await fleet.ready();
    const patience = ["--timeout", TRY_MS, TRY_MS, "--tries", 10, "--pause", 20, "--report-every", 100];
    const theirs = queues.map(({ frontend }) => stack.use(new PythonClients(frontend, 4, patience)));
    const ours = queues.map(({ frontend }) =>
      stack.use(new OurClients([frontend], 1, { timeoutMs: 30_000, tries: 3 }))
    );
    const served = async () => {
      await Promise.all(theirs.map((clients) => clients.answered(clients.totals.answered + 20)));
      await Promise.all(ours.map((clients) => clients.answered(5)));
    };
    for (const clients of theirs) await clients.answered(1);
    let longestAwayMs = 0;
    for (const [index, queue] of queues.entries()) {
      await served();
      const stoppedMs = performance.now();
      checkAccounts(await figuresOf(queue));
      const { frontends, backends } = queue;
      const again = stack.use(await startQueue(args, { frontends, backends }));
      await again.events("linked queue joined", 2);
      longestAwayMs = Math.max(longestAwayMs, performance.now() - stoppedMs);
      queues[index] = again;
    }
    await served();
    const ofOurs = await Promise.all(ours.map((clients) => clients.finish()));
    assertEquals(ofOurs.map(({ retries }) => retries), [0, 0, 0], "Tries that our clients have used up");
    // One more, and another one for each that begins while a slow machine starts a queue.
    const mostTries = 1 + Math.ceil(longestAwayMs / TRY_MS);
    for (const clients of theirs) {
      const totals = await clients.finish();
      assert(totals.abandoned === 0 && totals.mostTries <= mostTries, JSON.stringify(totals));
    }
    const figures = await Promise.all(queues.map(figuresOf));
    figures.forEach(checkAccounts);
    assert(figures[2]!.borrowedAnswered! > 0, "The third queue's requests were served elsewhere");
  },
);

policyScenario(
  "a lender gives two starved queues the same share, whichever starts first and asks for more",
  NEEDS,
  async () => {
    for (const [first, second] of [[8, 24], [24, 8]] as const) {
      await using stack = new AsyncDisposableStack();
      const nats = stack.use(await NatsServer.start());
      const [lender, one, other] = await startLinked(stack, 3, ["--nats", nats.url]) as [
        QueueProgram,
        QueueProgram,
        QueueProgram,
      ];
      const workers = stack.use(new PythonWorkers(lender.backend, 4, 10));
      await workers.ready();
      const ask = (queue: QueueProgram, count: number) =>
        stack.use(new PythonClients(queue.frontend, count, ["--timeout", 60_000, 60_000, "--report-every", 50]));
      const clients = [ask(one, first)];
      await clients[0]!.answered(20);
      clients.push(ask(other, second));
      await clients[1]!.answered(20);
      const before = clients.map(({ totals }) => totals.answered);
      await Promise.race(clients.map((each, index) => each.answered(before[index]! + 300)));
      const [a, b] = clients.map(({ totals }, index) => totals.answered - before[index]!) as [number, number];
      assert(Math.abs(a - b) <= 0.2 * Math.max(a, b), `${a} and ${b} of ${first} and ${second} clients`);
      for (const each of clients) await each.finish();
      (await Promise.all([one, other, lender].map(figuresOf))).forEach(checkAccounts);
    }
  },
);

scenario(
  "linked queues leave no request unanswered when processes of any kind are killed, stopped and started again",
  NEEDS,
  async () => {
    await using stack = new AsyncDisposableStack();
    const servers = await NatsServer.startCluster(stack);
    const args = [...servers.flatMap(({ url }) => ["--nats", url]), "--job-timeout", "1s"];
    const queues = await startLinked(stack, 3, args);
    // All are at the first one.
    const workers = stack.use(new PythonWorkers(queues[0]!.backend, 4, 20));
    await workers.ready();
    const patience = ["--timeout", 1500, 1500, "--tries", 40, "--pause", 20, "--report-every", 100];
    const clients = queues.map(({ frontend }) => stack.use(new PythonClients(frontend, 3, patience)));
    const served = async () => {
      await Promise.all(clients.map((each) => each.event("started")));
      await Promise.all(clients.map((each) => each.answered(each.totals.answered + 10)));
    };
    await served();
    const stopFor = async (ms: number, signal: (signal: Deno.Signal) => void) => {
      signal("SIGSTOP");
      await delay(ms);
      signal("SIGCONT");
      await served();
    };
    const [killed, stopped] = workers.pids;
    workers.signal(killed!, "SIGKILL");
    await served();
    await stopFor(1500, (signal) => workers.signal(stopped!, signal));
    for (const [index, server] of servers.entries()) {
      server.kill("SIGKILL");
      await served();
      servers[index] = stack.use(await server.again());
    }
    await stopFor(2000, (signal) => servers[0]!.kill(signal));
    // Longer than others wait for a word of the one that lends, and shorter.
    await stopFor(4000, (signal) => queues[0]!.kill(signal));
    await stopFor(500, (signal) => queues[1]!.kill(signal));
    for (const [index, queue] of queues.entries()) {
      queue.kill("SIGKILL");
      await queue.exit;
      const { frontends, backends } = queue;
      queues[index] = stack.use(await startQueue(args, { frontends, backends }));
      await served();
    }
    for (const each of clients) {
      const totals = await each.finish();
      assertEquals(totals.abandoned, 0, JSON.stringify(totals));
    }
    (await Promise.all(queues.map(figuresOf))).forEach(checkAccounts);
  },
);

/** At each queue: how many workers, and how many clients, of which each asks again a second after it was answered. */
const UNEVEN = [{ workers: 3, clients: 20 }, { workers: 6, clients: 2 }, { workers: 6, clients: 1 }] as const;

/** Three times the half second that is promised in addition to the job itself. */
const SOON_MS = 1000 + 3 * 500;

/** Has workers do jobs of one second for a while; returns how long 99 of 100 requests of each queue took. */
async function serveUnevenly(queues: readonly QueueProgram[]): Promise<number[]> {
  await using stack = new AsyncDisposableStack();
  const workers = queues.map(({ backend }, index) =>
    stack.use(new PythonWorkers(backend, UNEVEN[index]!.workers, 1000))
  );
  for (const fleet of workers) await fleet.ready();
  const patience = ["--timeout", 60_000, 60_000, "--pause", 1000, "--start-over", 2000];
  const clients = queues.map(({ frontend }, index) =>
    stack.use(new PythonClients(frontend, UNEVEN[index]!.clients, patience))
  );
  await delay(12_000);
  const totals = await Promise.all(clients.map((each) => each.finish()));
  return totals.map(({ p99Ms }) => p99Ms!);
}

policyScenario(
  "jobs of a second end soon where load is uneven and queues are linked, and not where they are not",
  [
    ...NEEDS,
  ],
  async () => {
    await using stack = new AsyncDisposableStack();
    const nats = stack.use(await NatsServer.start());
    const linked = await startLinked(stack, 3, ["--nats", nats.url]);
    const alone = await Promise.all(UNEVEN.map(() => startQueue()));
    for (const queue of alone) stack.use(queue);
    const [ofLinked, ofAlone] = await Promise.all([serveUnevenly(linked), serveUnevenly(alone)]);
    assert(
      ofLinked.every((p99Ms) => p99Ms <= SOON_MS) && ofAlone[0]! > 4000,
      `linked ${ofLinked}, alone ${ofAlone} ms`,
    );
    (await Promise.all(linked.map(figuresOf))).forEach(checkAccounts);
  },
);
