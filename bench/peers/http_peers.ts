/**
 * Those who use a queue's HTTP side while it is measured: `deno run -A http_peers.ts MODE HOST:PORT [TOKEN]`.
 *
 *     readers   ten read /events, and /metrics is read once a second
 *     attack    200 connections at a time: idle, half heads, wrong tokens, and the status as fast as it comes with the token
 *     page      the page in a browser
 *
 * Prints `ready` when it has begun. On SIGTERM it ends, and prints as JSON how much it did.
 *
 * @module
 */

import { delay } from "../../lib/delay.ts";
import { CONNECTIONS_AT_ONCE } from "../../lib/http/pace.ts";
import { writeOutput } from "../../lib/standard_output.ts";
import { openBrowser } from "../../tests/harness/browser.ts";
import { attackAgain, halfHead, type HttpAttack, idle, statusFlood } from "../../tests/harness/http_attacks.ts";

const READERS = 10;
const SCRAPE_MS = 1000;
/** Connections of each kind of attack. */
const ATTACKERS = 50;

const [mode, address, token = ""] = Deno.args;
const url = `http://${address}/`;
const counts = { events: 0, scrapes: 0, connections: 0, redraws: 0 };
const over = new AbortController();
const isOver = () => over.signal.aborted;
let close = () => Promise.resolve();

/** Reads events until it is over. */
async function readEvents(begun: () => void): Promise<void> {
  const { body } = await fetch(`${url}events`, { signal: over.signal });
  for await (const text of body!.pipeThrough(new TextDecoderStream())) {
    begun();
    counts.events += text.split("event: numbers").length - 1;
  }
}

async function scrape(): Promise<void> {
  for (; !isOver(); counts.scrapes++) {
    await (await fetch(`${url}metrics`)).text();
    await delay(SCRAPE_MS);
  }
}

async function read(): Promise<void> {
  const first = Array.from({ length: READERS }, () => Promise.withResolvers<void>());
  const reading = first.map(({ resolve }) => readEvents(resolve));
  void scrape();
  void Promise.all(reading).catch((error) => {
    if (!isOver()) throw error;
  });
  await Promise.all(first.map(({ promise }) => promise));
}

/** Uses up what is accepted at once, by the quickest kind of attack, and then begins the others. */
async function attack(): Promise<void> {
  const usedUp = Promise.withResolvers<void>();
  const onEnd = () => {
    if (++counts.connections === CONNECTIONS_AT_ONCE) usedUp.resolve();
  };
  const port = Number(address!.split(":").at(-1));
  const begin = (kind: HttpAttack) => {
    for (let n = 0; n < ATTACKERS; n++) void attackAgain(port, kind, isOver, onEnd);
  };
  begin(statusFlood("wrong"));
  await usedUp.promise;
  for (const kind of [idle, halfHead, statusFlood(token)]) begin(kind);
}

async function openPage(): Promise<void> {
  const browser = await openBrowser();
  close = () => browser.close();
  const page = await browser.newPage();
  const { promise, resolve } = Promise.withResolvers<void>();
  await page.exposeFunction("redrawn", () => {
    counts.redraws++;
    resolve();
  });
  await page.goto(url);
  await page.evaluate(
    `new MutationObserver(() => redrawn()).observe(document.getElementById("seen"), { attributes: true })`,
  );
  await promise;
}

await ({ readers: read, attack, page: openPage }[mode!])!();
Deno.addSignalListener("SIGTERM", () => {
  over.abort();
  void close().then(() => {
    writeOutput(`${JSON.stringify(counts)}\n`);
    Deno.exit(0);
  });
});
writeOutput("ready\n");
