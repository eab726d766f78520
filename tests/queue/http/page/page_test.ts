/** The page in a real browser, with a queue in the test's process. */

import { assertEquals, assertMatch } from "@std/assert";
import { accountParts, tilesOf } from "../../../../lib/queue/http/page/model/first_glance.ts";
import { NumberFormat } from "../../../../lib/queue/http/page/model/format.ts";
import type { QueueStatus } from "../../../../lib/queue/status/status.ts";
import { LINK } from "../../status/snapshot_of.ts";
import { ARABIC, LONG, MARKUP } from "../../../harness/crowded_page.ts";
import { Folder } from "../../../harness/folder.ts";
import { QueuePage } from "../../../harness/open_page.ts";
import { accessibilityProblems, overflows } from "../../../harness/page_checks.ts";
import { Peers } from "../../../harness/peers.ts";
import { scenario } from "../../../harness/scenario.ts";

const NEEDS = ["queue thread", "files", "chromium", "long run"] as const;
const WIDTHS = [320, 390, 1280, 3840];
/** A lost worker is shown within 2 s; the machine may be busy. */
const LOST_MS = 3 * 2000;

scenario("page: its numbers are those of /status.json of the same second, under load", NEEDS, async () => {
  await using opened = await QueuePage.open();
  await using peers = await Peers.open();
  const { queue, page } = opened;
  for (let n = 0; n < 3; n++) peers.echoWorker(queue.backend[0]!);
  const clients = Array.from({ length: 8 }, () => peers.req({ connect: queue.frontend[0]! }));
  for (const client of clients) {
    client.send("first");
    client.serve(() => client.send("again"));
  }
  await opened.says("#tile-workers", /of 3/);
  for (let second = 0; second < 3; second++) {
    await page.waitForTimeout(1100);
    const [shown, status] = await page.evaluate(`(async () => {
      const texts = (selector) => Array.from(document.querySelectorAll(selector), (element) => element.textContent);
      for (;;) {
        const status = await (await fetch("status.json")).json();
        if (status.at !== document.getElementById("seen").title) continue;
        return [[texts("#tiles dd"), texts("#account td:not(.share)"), texts("#accepted"), texts("#sentence")], status];
      }
    })()`) as [string[][], QueueStatus];
    const format = new NumberFormat("en-GB");
    const { account, sentence } = status;
    const parts = accountParts(account).map(({ count }) => format.count(count));
    const tiles = tilesOf(status, format).flatMap(({ value, note }) => [value, note]);
    assertEquals(shown, [tiles, parts, [account.accepted.toLocaleString("en-GB")], [sentence]]);
  }
  assertEquals(await opened.text("#balance-note"), "The parts add up to it.");
  assertMatch(await page.title(), new RegExp(`^${queue.frontend[0]!.slice("tcp://".length)} · `));
});

scenario("page: names of peers are text, whatever they hold, and a killed worker is shown as lost", NEEDS, async () => {
  await using opened = await QueuePage.open();
  await using peers = await Peers.open();
  const { queue, page } = opened;
  const [hostile, long] = [MARKUP, LONG].map((identity) => peers.worker(queue.backend[0]!, { identity }));
  peers.worker(queue.backend[0]!, { identity: ARABIC });
  await opened.says("#tile-workers", /of 3/);
  const names = await page.locator("#workers td.name").allInnerTexts();
  assertEquals([names.includes(MARKUP), names.includes(LONG), names.length], [true, true, 3]);
  assertEquals(await page.locator("td img, td script").count(), 0);
  const client = peers.req({ connect: queue.frontend[0]! });
  client.send("work");
  await hostile!.receive();
  await hostile!.close();
  await opened.says("#departed td", /^lost: left, with a job$/, LOST_MS);
  assertEquals(await page.locator("#departed td.name").allInnerTexts(), [MARKUP]);
  assertEquals((await long!.receiveText()).at(-1), "work");
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: 900 });
    assertEquals([width, await overflows(page)], [width, []]);
  }
});

scenario("page: nothing sticks out, and axe finds nothing, light and dark, narrow and wide", NEEDS, async () => {
  await using opened = await QueuePage.open({ httpActions: true });
  await using peers = await Peers.open();
  const { queue, page } = opened;
  peers.worker(queue.backend[0]!, { identity: "worker" });
  const client = peers.req({ connect: queue.frontend[0]! });
  client.send("work");
  await opened.says("#tile-in-flight", /1/);
  await page.locator("summary").click();
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: 900 });
      await page.waitForTimeout(100);
      assertEquals([width, colorScheme, await overflows(page)], [width, colorScheme, []]);
      if (width === 320 || width === 1280) assertEquals(await accessibilityProblems(page), []);
    }
  }
  // The meaning of each number is there on focus, and gone on Escape.
  await page.locator("#tiles button").first().focus();
  assertEquals(await page.locator("#meaning-waiting").isVisible(), true);
  await page.keyboard.press("Escape");
  assertEquals(await page.locator("#meaning-waiting").isVisible(), false);
});

scenario(
  "page: the meaning of a number opens on a tap, and closes on the next one, wherever that is",
  NEEDS,
  async () => {
    await using opened = await QueuePage.open();
    const { page } = opened;
    const term = page.locator("#tiles button").first();
    const meaning = page.locator("#meaning-waiting");
    // Without a pointer that stays, and without focus, as on some telephones.
    for (const next of [term, page.locator("#account-title")]) {
      await term.dispatchEvent("click");
      assertEquals(await meaning.isVisible(), true);
      await next.dispatchEvent("click");
      assertEquals(await meaning.isVisible(), false);
    }
  },
);

scenario("page: typing is not interrupted when the last worker leaves", NEEDS, async () => {
  await using opened = await QueuePage.open();
  await using peers = await Peers.open();
  const worker = peers.worker(opened.queue.backend[0]!, { identity: "only" });
  await opened.says("#workers td.name", /^only$/);
  await opened.page.locator("#workers input").pressSequentially("on");
  await worker.close();
  await opened.page.locator("#workers .command").waitFor();
  await opened.page.keyboard.type("ly");
  assertEquals(await opened.page.locator("#workers input").inputValue(), "only");
});

scenario("page: clients without waiting requests are counted but not listed", NEEDS, async () => {
  await using opened = await QueuePage.open();
  await using peers = await Peers.open();
  const { queue } = opened;
  const worker = peers.worker(queue.backend[0]!);
  await opened.says("#tile-workers", /of 1$/);
  for (const identity of ["served", "waiting"]) {
    peers.req({ connect: queue.frontend[0]!, identity }).send("work");
    if (identity === "served") await worker.receive();
  }
  await opened.says("#clients td.name", /^waiting$/);
  await opened.says("#clients-count", /^2, 1 with requests that wait$/);
  peers.worker(queue.backend[0]!);
  await opened.says("#clients .empty p", /^None of them has a waiting request\.$/);
  await opened.says("#clients-count", /^2$/);
  assertEquals(await opened.page.locator("#clients .command").isVisible(), false);
});

scenario("page: says why it shows nothing yet", NEEDS, async () => {
  await using opened = await QueuePage.open();
  const { page } = opened;
  const answers = [
    [{ status: 503, contentType: "text/plain", body: "The queue is starting" }, "The queue is starting; trying again"],
    [{ status: 502, contentType: "text/html", body: "<h1>nginx</h1>" }, "The answer was 502 Bad Gateway; trying again"],
  ] as const;
  for (const [answer, sentence] of answers) {
    await page.route("**/status.json", (route) => route.fulfill(answer));
    await page.reload();
    await opened.says("#sentence", new RegExp(`^${sentence}$`));
    await page.unrouteAll();
  }
  await opened.says("#sentence", /^no workers/);
});

scenario("page: asks for the token once, and keeps it", NEEDS, async () => {
  using folder = new Folder();
  const httpTokenFile = folder.file("token");
  await Deno.writeTextFile(httpTokenFile, "a;b,c=d%0123456789\n", { mode: 0o600 });
  await using opened = await QueuePage.open({ httpTokenFile });
  const { page } = opened;
  await page.locator("#token").fill("wrong");
  await page.keyboard.press("Enter");
  await opened.says("#token-problem", /not the queue's token/);
  assertEquals(await accessibilityProblems(page), []);
  await page.locator("#token").fill("a;b,c=d%0123456789");
  await page.keyboard.press("Enter");
  await opened.says("#seen", /^live$/);
  await page.reload();
  await opened.says("#seen", /^live$/);
  await opened.says("#sentence", /^no workers/);
  // No script can read it.
  assertEquals(await page.evaluate("document.cookie"), "");
  // It is asked for again where the browser has lost it, and all is as before when it is there.
  await using peers = await Peers.open();
  peers.worker(opened.queue.backend[0]!);
  await opened.says("#sentence", /^serving/);
  await page.route("**/events", (route) => route.abort());
  await page.reload();
  await opened.says("#sentence", /^serving/);
  await page.context().clearCookies();
  await opened.says("#sentence", /requires its token$/);
  await page.locator("#token").fill("a;b,c=d%0123456789");
  await page.keyboard.press("Enter");
  await opened.says("#sentence", /^serving/);
});

scenario("page: shows linked queues and refused peers if there are any", NEEDS, async () => {
  await using opened = await QueuePage.open();
  const { queue, page } = opened;
  await opened.says("#sentence", /^no workers/);
  assertEquals([await page.locator("#link").isHidden(), await page.locator("#refused").isHidden()], [true, true]);
  const status = await queue.status();
  const link = { connected: true, ...LINK };
  const refused = { side: "backend", address: "192.0.2.1", publicKey: null, name: null, count: 2, agoMs: 1000 };
  const refusedPeers = [{ ...refused, reason: "address not allowed", toPermit: `type ${MARKUP}` }];
  const body = JSON.stringify({ ...status, link, refusedPeers });
  await page.route("**/status.json", (route) => route.fulfill({ body, contentType: "application/json" }));
  await page.route("**/events", (route) => route.abort());
  await page.reload();
  await opened.says("#link", /connected to nats1:4222, 1 other queue, 2 borrowed, 1 lent/);
  await opened.says("#linked tbody", /tcp:\/\/other:5555/);
  await opened.says("#refused tbody", /192\.0\.2\.1/);
  assertEquals((await opened.text("#refused tbody")).includes(MARKUP), true);
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: 900 });
    assertEquals([width, await overflows(page)], [width, []]);
  }
  assertEquals(await accessibilityProblems(page), []);
});

scenario("page: a thousand workers can be sorted and found", NEEDS, async () => {
  await using opened = await QueuePage.open();
  const { queue, page } = opened;
  const status = await queue.status();
  const list = Array.from({ length: 1000 }, (_, index) => ({
    id: `w${index}`,
    name: `worker ${index}`,
    address: "10.0.0.7",
    state: index % 3 === 0 ? "busy" : "idle",
    stateMs: index,
    jobMs: null,
    jobBytes: null,
    answered: index,
    lost: 0,
    medianJobMs: 12,
  }));
  const body = JSON.stringify({ ...status, workers: { ...status.workers, total: 2500, list } });
  await page.route("**/status.json", (route) => route.fulfill({ body, contentType: "application/json" }));
  await page.route("**/events", (route) => route.abort());
  await page.reload();
  const rows = page.locator("#workers tbody tr");
  await rows.nth(999).waitFor({ state: "attached" });
  assertEquals(await opened.text("#workers-count"), "2,500, the 2,000 with the oldest jobs");
  await page.locator("#workers th button", { hasText: "Answered" }).click();
  assertEquals(await rows.first().locator("td").first().innerText(), "worker 999");
  await page.locator("#workers input").fill("worker 77");
  assertEquals(await rows.count(), 19);
  await page.locator("#workers select").selectOption("busy");
  assertEquals(await rows.count(), 5);
});
