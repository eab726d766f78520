/** How the page looks in each state of a queue: its sentence, colour, sign, title and icon. */

import { assertEquals } from "@std/assert";
import { dirname } from "node:path";
import { delay } from "../../../../lib/delay.ts";
import { KeyFolder } from "../../../../lib/queue/commands/key_folder.ts";
import { makeKeyPair } from "../../../../lib/zmq/curve.ts";
import { loadLibrary } from "../../../../lib/zmq/library.ts";
import { ARABIC } from "../../../harness/crowded_page.ts";
import { Folder } from "../../../harness/folder.ts";
import { OpenPage, QueuePage } from "../../../harness/open_page.ts";
import { accessibilityProblems } from "../../../harness/page_checks.ts";
import { Peers } from "../../../harness/peers.ts";
import { type QueueProgram, startQueue } from "../../../harness/programs.ts";
import { scenario } from "../../../harness/scenario.ts";

const NEEDS = ["queue thread", "files", "chromium", "long run"] as const;
const PROGRAMS = [...NEEDS, "programs"] as const;

/** What a tone looks like: its sign, the colour of the bar in a light scheme, and that of the icon. */
const TONES = {
  good: ["✓", "rgb(20, 108, 58)", "#1c8a4a"],
  warn: ["!", "rgb(138, 83, 0)", "#b87400"],
  bad: ["✕", "rgb(179, 32, 42)", "#c62833"],
  held: ["Ⅱ", "rgb(63, 79, 181)", "#4a5bc4"],
  lost: ["?", "rgb(89, 97, 109)", "#7a828e"],
} as const;

/** Waits for a sentence, and compares everything else that says the same. */
async function looks(
  opened: OpenPage,
  sentence: RegExp,
  tone: keyof typeof TONES,
  title: string,
): Promise<void> {
  await opened.says("#sentence", sentence);
  assertEquals(await lookOf(opened), [...TONES[tone], title]);
}

async function lookOf({ page }: OpenPage): Promise<string[]> {
  return await page.evaluate(`[
    document.getElementById("sign").textContent,
    getComputedStyle(document.querySelector("header")).backgroundColor,
    decodeURIComponent(document.getElementById("icon").href).match(/rx="[^"]*" fill="([^"]*)"/)[1],
    document.title,
  ]`);
}

function hostAndPort(endpoint: string): string {
  return endpoint.replace("tcp://", "");
}

scenario("page: no workers, serving, backlog full, paused and draining look as they should", NEEDS, async () => {
  await using opened = await QueuePage.open({ httpActions: true, maxBacklog: 3, drainTimeout: 60_000 });
  await using peers = await Peers.open();
  const { queue, page } = opened;
  const [front, back] = [queue.frontend[0]!, queue.backend[0]!];
  const name = hostAndPort(front);
  await looks(opened, /^no workers for .*: nothing waits$/, "bad", `${name} · no workers`);
  const where = `on this machine (${Deno.hostname()}):`;
  assertEquals(await opened.text("#workers .empty p"), `No worker is connected. Start one, ${where}`);
  assertEquals(await opened.text("#workers code"), `spworker --exec 'tr a-z A-Z' --connect ${back}`);
  assertEquals(await opened.text("#clients .empty p"), `No client is connected. Send a request, ${where}`);
  assertEquals(await opened.text("#clients code"), `spclient --connect ${front} 'hello'`);

  const worker = peers.worker(back);
  await looks(opened, /^serving: 0 of 1 worker busy, nothing waits$/, "good", `${name} · serving`);
  const clients = Array.from({ length: 5 }, () => peers.req({ connect: front }));
  for (const client of clients) client.send("work");
  await looks(
    opened,
    /^backlog full: 3 of 3 requests, clients are held back$/,
    "bad",
    `${name} · backlog full`,
  );

  await page.locator("#pause").click();
  await page.locator("#dialog-word").fill(`new <b>disks</b> ${ARABIC}`);
  await page.locator("#dialog-by").fill("ops");
  await page.keyboard.press("Enter");
  await looks(opened, /^paused by ops since .*: new <b>disks<\/b> عامل; 2 waiting/, "held", `${name} · paused`);
  assertEquals(await page.locator("#sentence b").count(), 0);
  assertEquals(await accessibilityProblems(page), []);
  await page.route("**/resume", (route) => route.fulfill({ status: 503, body: "The proxy is tired" }));
  await page.locator("#resume").click();
  await opened.says("#resume-problem", /^It is still paused\. The proxy is tired$/);
  await page.unrouteAll();
  await page.locator("#resume").click();
  await opened.says("#sentence", /^backlog full/);
  assertEquals(await opened.text("#resume-problem"), "");

  await page.locator("#drain").click();
  await page.locator("#dialog-word").fill("yes");
  await page.keyboard.press("Enter");
  await opened.says("#dialog-problem", /^Nothing was done: the word is drain\.$/);
  assertEquals(await accessibilityProblems(page), []);
  await page.locator("#dialog-word").fill("drain");
  await page.keyboard.press("Enter");
  await looks(opened, /^draining: [345] left, 1 of them with workers; asked for by /, "held", `${name} · draining`);
  assertEquals(await page.locator("#actions").isVisible(), false);
  assertEquals(await page.locator("#dialog").isVisible(), false);

  // It ends, and its page stays, grey.
  worker.send(...await worker.receive());
  worker.serve((message) => worker.send(...message));
  await queue.ended;
  await opened.says("#seen", /^last seen \d+ s ago, connecting again$/);
  assertEquals(await lookOf(opened), [...TONES.lost, `${name} · not reached`]);
});

scenario("page: says how to start a worker with a key elsewhere, and where a lost request is kept", NEEDS, async () => {
  using folder = new Folder();
  const keys = new KeyFolder(await loadLibrary(), folder.file("keys"));
  const { publicKey, secretKey } = makeKeyPair(await loadLibrary());
  await keys.add({ name: "one", roles: ["worker", "client"], publicKey });
  await using opened = await QueuePage.open({
    frontend: "tcp://*:*",
    backend: "tcp://*:*",
    keys: folder.file("keys"),
    exhaustedDir: folder.file("exhausted"),
    redeliveries: 0,
  });
  await using peers = await Peers.open();
  const [front, back] = [opened.queue.frontend[0]!, opened.queue.backend[0]!].map((bound) => bound.split(":").at(-1));
  await opened.says(
    "#workers .empty p",
    /^No worker is connected\. Start one, on any machine that reaches the queue:$/,
  );
  const host = Deno.hostname();
  assertEquals([await opened.text("#workers code"), await opened.text("#clients code")], [
    `spworker --exec 'tr a-z A-Z' --key FILE --connect tcp://${host}:${back}`,
    `spclient --key FILE --connect tcp://${host}:${front} 'hello'`,
  ]);
  assertEquals(await opened.page.title(), `${host}:${front} · no workers`);
  const own = { publicKey, secretKey, serverKey: await keys.publicKey() };
  const worker = peers.worker(`tcp://127.0.0.1:${back}`, { keys: own });
  peers.req({ connect: `tcp://127.0.0.1:${front}`, keys: own }).send("work");
  await worker.receive();
  // A worker that leaves at once may have left in order.
  await opened.says("#tile-in-flight", /^1$/);
  await worker.close();
  await opened.says("#exhausted td:nth-child(2)", /^\//);
  const file = await opened.text("#exhausted td:nth-child(2)");
  assertEquals([dirname(file), (await Deno.stat(file)).isFile], [folder.file("exhausted"), true]);
});

scenario("page: an overloaded queue looks as it should", NEEDS, async () => {
  await using opened = await QueuePage.open();
  await using peers = await Peers.open();
  const front = opened.queue.frontend[0]!;
  peers.worker(opened.queue.backend[0]!);
  const join = () => {
    const client = peers.req({ connect: front });
    client.send("work");
    return client;
  };
  const waiting = Array.from({ length: 6 }, join);
  const ended = new AbortController();
  const impatience = (async () => {
    while (!ended.signal.aborted) {
      await delay(200, ended.signal);
      waiting.push(join());
      // The first one has the worker.
      await waiting.splice(1, 1)[0]!.close();
    }
  })();
  try {
    await looks(
      opened,
      /^overloaded: newest first, since clients give up before their turn; \d+ waiting, the oldest for /,
      "warn",
      `${hostAndPort(front)} · overloaded`,
    );
  } finally {
    ended.abort();
    await impatience;
  }
});

async function startWithPage(endpoints?: Pick<QueueProgram, "frontends" | "backends">, http = "127.0.0.1:0") {
  const queue = await startQueue(["--http", http, "--log-format", "json"], endpoints);
  const { http: addresses } = await queue.event("listening");
  return { queue, http: (addresses as string[])[0]! };
}

scenario(
  "page: grey while a queue is stopped, live when it continues; restarted after a queue was killed",
  PROGRAMS,
  async () => {
    const first = await startWithPage();
    const { queue, http } = first;
    await using _ = queue;
    await using opened = await OpenPage.at(`http://${http}/`);
    const name = hostAndPort(queue.frontend);
    await opened.says("#seen", /^live$/);
    assertEquals(await opened.page.locator("#actions").isVisible(), false);

    queue.kill("SIGSTOP");
    await opened.says("#seen", /^last seen ([89]|1\d) s ago, connecting again$/);
    assertEquals(await lookOf(opened), [...TONES.lost, `${name} · not reached`]);
    const grey = await opened.page.evaluate('getComputedStyle(document.getElementById("content")).filter');
    assertEquals([grey, await opened.text("h1")], ["grayscale(1)", `${name} · what follows is from then`]);
    assertEquals(await accessibilityProblems(opened.page), []);
    queue.kill("SIGCONT");
    await opened.says("#seen", /^live$/);
    await looks(opened, /^no workers/, "bad", `${name} · no workers`);

    queue.kill("SIGKILL");
    await queue.exit;
    await opened.says("#seen", /^last seen \d+ s ago/);
    const { queue: second } = await startWithPage(queue, http);
    await using __ = second;
    await opened.says("#notice", new RegExp(`^${name} started ([3-9]|\\d\\d) s ago; it counts from 0\\.$`));
    await looks(opened, /^no workers/, "bad", `${name} · no workers`);
    assertEquals(await opened.text("#accepted"), "0");
  },
);
