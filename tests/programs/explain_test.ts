import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { type QueueProgram, start, startClient, startQueue } from "../harness/programs.ts";
import { scenario } from "../harness/scenario.ts";

const NEEDS = ["programs"] as const;

async function startHttpQueue(): Promise<{ queue: QueueProgram; http: string }> {
  const queue = await startQueue(["--http", "127.0.0.1:0", "--http-actions"]);
  const { http } = await queue.event("listening");
  return { queue, http: (http as string[])[0]! };
}

/** The reason that a client logs which asks the queue. */
async function reasonOf(queue: QueueProgram, explain: string, args: readonly string[]): Promise<string> {
  const tries = ["--timeout", "100ms", "--retries", "1", "--explain", explain];
  await using client = startClient(queue.frontend, [...tries, ...args]);
  const { code, stderr } = await client.exit;
  assertEquals(code, 3);
  return JSON.parse(stderr.trim().split("\n").at(-1)!).reason;
}

scenario("spclient --explain adds what the queue says, and that it is paused, by whom and why", NEEDS, async () => {
  const { queue, http } = await startHttpQueue();
  await using _ = queue;
  assertMatch(
    await reasonOf(queue, `http://${http}`, ["hello"]),
    /^No reply from .*: connected, but no reply came: .*\. The queue at "127\.0\.0\.1:\d+" says: no workers for \d/,
  );
  await using pause = start("queue", ["pause", "--reason", "new disks", http]);
  assertEquals((await pause.exit).code, 0);
  assertMatch(await reasonOf(queue, http, ["hello"]), / says: paused by \S+@\S+ since \S+: new disks; nothing waits/);
  assertMatch(await reasonOf(queue, http, ["--count", "1"]), / says: paused by /);
  assertMatch(
    await reasonOf(queue, http, ["--rate", "10", "--duration", "200ms"]),
    /^The queue at .* says: paused by /,
  );
});

scenario("spclient --explain says that the queue cannot be asked, and ends as without it", NEEDS, async () => {
  const { queue } = await startHttpQueue();
  await using _ = queue;
  assertStringIncludes(
    await reasonOf(queue, "unix:/nonexistent/http.sock", ["hello"]),
    `no reply came: there is no worker, the job takes longer, or it fails. Cannot reach a queue's HTTP at "unix:`,
  );
});
