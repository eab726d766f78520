/** The status of a queue under load is what happened: workers killed, clients gone, overload, a drain. */

import { assertEquals, assertMatch } from "@std/assert";
import type { Account } from "../../lib/queue/status/account.ts";
import type { QueueStatus } from "../../lib/queue/status/status.ts";
import { WAIT_MS } from "../harness/deadline.ts";
import { start, startClient, startQueue, startWorker } from "../harness/programs.ts";
import { scenario } from "../harness/scenario.ts";

const NEEDS = ["programs", "long run"] as const;
/** Twice as many as the worker can do. */
const LOAD = ["--rate", "40", "--duration", "4s", "--timeout", "300ms", "--retries", "1"];
const REQUESTS = 160;
const WORK = ["--work", "50ms", "--no-faults"];

scenario("a queue's status shows what happened: overload, clients gone, a worker killed, a drain", NEEDS, async () => {
  await using queue = await startQueue(["--http", "127.0.0.1:0", "--http-actions"]);
  const [http] = (await queue.event("listening")).http as string[];
  const statusWith = async (isWanted: (status: QueueStatus) => boolean): Promise<QueueStatus> => {
    const deadline = performance.now() + WAIT_MS;
    for (;;) {
      const status: QueueStatus = await (await fetch(`http://${http}/status.json`)).json();
      assertEquals(sumOf(status.account), status.account.accepted);
      if (isWanted(status)) return status;
      if (performance.now() > deadline) throw new Error(`Waited for another status than ${JSON.stringify(status)}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  };
  await using first = startWorker(queue.backend, WORK);
  await first.event("worker ready");
  await using client = startClient(queue.frontend, LOAD);
  const overloaded = await statusWith(({ state }) => state === "overloaded");
  assertMatch(overloaded.sentence, /^overloaded: newest first, since clients give up before their turn; \d+ waiting/);
  assertEquals([overloaded.newestFirst, overloaded.account.clientLeft > 0], [true, true]);
  first.kill("SIGKILL");
  await using second = startWorker(queue.backend, WORK);
  const { code, stdout } = await client.exit;
  assertEquals(code, 3);
  const [requests, failures] = [/^requests +(\d+) /m, /^failures +(\d+)$/m].map((line) =>
    Number(line.exec(stdout)![1])
  );
  const idle = await statusWith(({ account, workers }) =>
    account.inFlight + account.waiting === 0 && workers.busy === 0
  );
  const { account } = idle;
  assertEquals([idle.workers.total, idle.clients.total], [1, 0]);
  // On a slow machine a client may give up before it is connected.
  assertEquals(
    account.accepted > REQUESTS / 2 && account.accepted <= requests!,
    true,
    `${account.accepted}, ${stdout}`,
  );
  // A reply may be on its way to a client that gives up just then.
  const least = requests! - failures!;
  const most = least + idle.counters.undeliverableReplies + 5;
  assertEquals(account.answered >= least && account.answered <= most, true, `${account.answered}, ${least} to ${most}`);
  assertEquals(account.clientLeft, account.accepted - account.answered);
  const departed = idle.departed.filter(({ role }) => role === "worker").map(({ name }) => name);
  // Whether it counts as lost is a matter of when its job had been sent.
  const logged = queue.lines.filter(({ event }) => event === "worker lost" || event === "worker left");
  assertEquals([departed.length, departed], [1, logged.map(({ worker }) => worker as string)]);
  // A drain waits for the request that a worker has.
  second.kill("SIGSTOP");
  await using last = startClient(queue.frontend, ["last", "--timeout", "1h"]);
  await statusWith(({ account }) => account.inFlight === 1);
  await using drain = start("queue", ["drain", http!]);
  assertEquals([(await drain.exit).code, (await drain.exit).stdout], [0, "draining\n"]);
  const draining = await statusWith(({ state }) => state === "draining");
  assertMatch(draining.sentence, /^draining: 1 left/);
  await using status = start("queue", ["status", http!]);
  assertEquals([(await status.exit).code, (await status.exit).stdout.startsWith(draining.sentence)], [5, true]);
  second.kill("SIGCONT");
  assertEquals((await last.exit).stdout, "last");
  assertEquals((await queue.exit).code, 0);
  const ended = await queue.event("ended");
  assertEquals([ended.accepted, ended.answered, ended.clientLeft], [
    account.accepted + 1,
    account.answered + 1,
    account.clientLeft,
  ]);
});

function sumOf({ accepted: _accepted, delayed: _delayed, onTrial: _onTrial, ...parts }: Account): number {
  return Object.values(parts).reduce((sum, count) => sum + count, 0);
}
