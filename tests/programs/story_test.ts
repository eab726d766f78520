import { assertEquals, assertGreaterOrEqual } from "@std/assert";
import { Folder } from "../harness/folder.ts";
import type { Program } from "../harness/program.ts";
import { start, startClient, startQueue, startWorker } from "../harness/programs.ts";
import { scenario } from "../harness/scenario.ts";

scenario("the seed's story: workers crash, the client gives up, the queue goes on and serves new ones", [
  "programs",
], async () => {
  await using queue = await startQueue();
  // As in the Guide, but faster; these seeds crash after some more than their three healthy jobs.
  const pace = ["--work", "5ms", "--overload", "40ms"];
  const seeds = ["7", "8", "9"];
  await using workers = new AsyncDisposableStack();
  const crashing = seeds.map((seed) => workers.use(startWorker(queue.backend, [...pace, "--seed", seed])));
  // The client's tries are short, and begin when somebody is there.
  for (const worker of crashing) await worker.event("worker ready");
  await using first = startClient(queue.frontend, ["--count", "0", "--timeout", "1s", "--retries", "3"]);

  for (const worker of crashing) {
    assertEquals((await worker.exit).code, 1);
    assertEquals(worker.count("simulated crash"), 1);
    assertGreaterOrEqual(worker.count("job answered"), 3);
  }
  assertEquals((await first.exit).code, 3);
  assertEquals(first.lines.at(-1)!.event, "request failed");
  const answered = crashing.reduce((sum, worker) => sum + worker.count("job answered"), 0);
  assertEquals(first.count("reply"), answered);

  await using healthy = startWorker(queue.backend, ["--work", "5ms", "--no-faults"]);
  await using second = startClient(queue.frontend, ["--count", "10"]);
  assertEquals((await second.exit).code, 0);
  await healthy.events("job answered", 10);
  assertEquals(second.count("reply"), 10);

  queue.kill("SIGINT");
  assertEquals((await queue.exit).code, 0);
  const ended = await queue.event("ended");
  assertEquals(ended.answered, answered + 10);
});

const ROLES = ["client", "worker", "queue"] as const;

for (const order of permutations(ROLES)) {
  scenario(`all requests are served when the start order is ${order.join(", ")}`, ["programs", "files"], async () => {
    using folder = new Folder();
    // Known before the queue runs, and nobody else's, as a port would not be.
    const frontend = `ipc://${folder.file("front")}`;
    const backend = `ipc://${folder.file("back")}`;
    const starts: Record<typeof order[number], () => Program> = {
      queue: () => start("queue", ["--frontend", frontend, "--backend", backend]),
      worker: () => startWorker(backend, ["--work", "0", "--no-faults"]),
      client: () => startClient(frontend, ["--count", "3", "--timeout", "1m"]),
    };
    const isQueueFirst = order.indexOf("queue") < order.indexOf("worker");
    const firstEvents = {
      queue: "listening",
      worker: isQueueFirst ? "worker ready" : "cannot connect",
      client: "connecting",
    };
    await using stack = new AsyncDisposableStack();
    const programs = new Map<string, Program>();
    for (const role of order) {
      const program = stack.use(starts[role]());
      programs.set(role, program);
      await program.event(firstEvents[role]);
    }
    const client = programs.get("client")!;
    assertEquals((await client.exit).code, 0);
    const { answered, retries } = await client.event("done");
    assertEquals({ answered, retries }, { answered: 3, retries: 0 });
  });
}

function permutations<T>(items: readonly T[]): T[][] {
  if (items.length === 0) return [[]];
  return items.flatMap((item) => permutations(items.filter((other) => other !== item)).map((rest) => [item, ...rest]));
}
