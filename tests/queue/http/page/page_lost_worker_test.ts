/** What the page shows of a worker that is killed, for longer than a minute. */

import { assertEquals } from "@std/assert";
import { QueuePage } from "../../../harness/open_page.ts";
import { Peers } from "../../../harness/peers.ts";
import { startWorker } from "../../../harness/programs.ts";
import { scenario } from "../../../harness/scenario.ts";

const NEEDS = ["queue thread", "files", "programs", "chromium", "long run"] as const;
/** What is promised within 2 s; the machine may be busy. */
const SOON_MS = 3 * 2000;
/** What is promised after a minute. */
const GONE_MS = 3 * 60_000;

scenario("page: a killed worker is lost within 2 s, and gone after a minute", NEEDS, async () => {
  await using opened = await QueuePage.open();
  await using peers = await Peers.open();
  const { queue } = opened;
  const args = ["--work", "10m", "--no-faults", "--log-format", "json"];
  await using worker = startWorker(queue.backend[0]!, args);
  await opened.says("#tile-workers", /^0 of 1$/);
  peers.req({ connect: queue.frontend[0]! }).send("work");
  await opened.says("#tile-workers", /^1 of 1$/);
  // One that is killed within 50 ms of its dispatch may have left in order.
  await opened.says("#workers td.number", /^[1-9]\d* s$/);
  const name = await opened.text("#workers td.name");
  worker.kill("SIGKILL");
  const killedMs = performance.now();
  await opened.says("#departed td", /^lost: left, with a job$/, SOON_MS);
  assertEquals(await opened.text("#departed tbody td.name"), name);
  await opened.says("#workers .empty", /^No worker is connected/);
  await opened.says("#departed .empty", /^Nobody has left\.$/, GONE_MS);
  const shownMs = performance.now() - killedMs;
  assertEquals(shownMs > 58_000, true, `it was shown for ${shownMs} ms`);
});
