/**
 * A page that shows what no queue under test would have: a thousand workers, the longest names, and markup and
 * right-to-left text in everything that strangers can choose.
 *
 * @module
 */

import type { Page } from "playwright-core";
import { zeroLinkCounters } from "../../lib/queue/link/counters.ts";
import {
  HISTORY_NUMBERS,
  HISTORY_POINTS,
  type HistoryNumber,
  type HistoryRecord,
} from "../../lib/queue/status/history.ts";
import type { QueueStatus, WorkerStatus } from "../../lib/queue/status/status.ts";

/** Text that a browser would run if it were mistaken for markup. */
export const MARKUP = "<img/src=x/onerror=document.title=1>";
/** A word that is written from right to left. */
export const ARABIC = "عامل";
/** The longest identity. */
export const LONG = "n".repeat(255);
/** Changes the direction of the text after it, unless it is isolated. */
const OVERRIDE = "\u202eevil\u2067";
const NAMES = [MARKUP, ARABIC, LONG, `${ARABIC} 12 ${ARABIC}`, OVERRIDE, "thumb"];
const STATES: readonly WorkerStatus["state"][] = ["idle", "busy", "on trial", "hung", "silent", "suspect"];

/**
 * Makes a status that fills the page.
 *
 * @param status A queue's status, which provides everything else.
 * @param count The number of workers, and of clients; with 0, everything else is empty, too.
 */
export function crowdedStatus(status: QueueStatus, count: number): QueueStatus {
  if (count === 0) return status;
  const name = (index: number) => index < NAMES.length ? NAMES[index]! : `${NAMES[index % NAMES.length]} ${index}`;
  const states = Array.from({ length: count }, (_, index) => STATES[index % STATES.length]!);
  const ended = { clientLeft: 1_234_567, clientBlocked: 12, exhausted: 3, leftAtDrain: 0 };
  const account = { ...ended, waiting: 98_765, delayed: 4, inFlight: count, onTrial: 1, remote: 2 };
  const answered = 9_876_543_210;
  const accepted = answered + 98_765 + count + 2 + 1_234_567 + 12 + 3;
  return {
    ...status,
    state: "paused",
    sentence: `paused by ${MARKUP} since 2026-11-30T10:00:00.000Z: ${ARABIC} ${LONG}; 98765 waiting`,
    account: { ...account, answered, accepted },
    waiting: { requests: 98_765, delayed: 4, oldestMs: 93_784_000 },
    inFlight: { requests: count, onTrial: 1, oldestMs: 3_723_000 },
    backlog: { ...status.backlog, requests: 98_765 + count },
    rates: { acceptedPerSecond: 123_456.7, answeredPerSecond: 123_456.7 },
    times: {
      wait: { count: 9, p50Ms: 987, p99Ms: 7_300_000 },
      work: { count: 9, p50Ms: 0.4, p99Ms: 119_000 },
    },
    link: {
      connected: true,
      server: `${LONG}.example:4222`,
      counters: zeroLinkCounters(),
      queues: NAMES.map((address, index) => ({
        id: `${index}`,
        address,
        workers: 1000,
        wanted: 20_000,
        borrowed: 2,
        lent: 3,
      })),
    },
    workers: {
      ...status.workers,
      total: count,
      busy: count,
      wanted: 12_345,
      list: states.map((state, index) => ({
        id: `w${index}`,
        name: name(index),
        address: index % 2 === 0 ? "2001:db8:1234:5678:9abc:def0:1234:5678" : null,
        state,
        stateMs: index * 1234,
        jobMs: state === "busy" ? index * 1234 : null,
        jobBytes: state === "busy" ? 1024 ** (index % 5) : null,
        answered: index * 98_765,
        lost: index % 3,
        medianJobMs: index % 7 === 0 ? null : index,
      })),
    },
    clients: {
      total: count,
      list: Array.from({ length: Math.min(count, 100) }, (_, index) => ({
        id: `c${index}`,
        name: name(index),
        address: "192.0.2.1",
        waiting: index,
        oldestMs: index * 4321,
        accepted: index * 1_234_567,
        acceptedPerSecond: index * 1.7,
      })),
    },
    // The first one left twice.
    departed: [MARKUP, ...NAMES].map((name, index) => ({
      role: index % 3 === 2 ? "client" : "worker",
      name,
      address: "192.0.2.1",
      reason: index % 3 === 2 ? "left, with 3 waiting" : "left, with a job",
      agoMs: index * 7000,
    })),
    refusedPeers: NAMES.map((name, index) => ({
      side: "backend",
      address: `192.0.2.${index}`,
      publicKey: "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7",
      name,
      reason: "key permitted for the other role",
      toPermit: `make its role client,worker in /etc/spqueue/keys/permitted ${LONG}`,
      count: 1000,
      agoMs: index * 7000,
    })),
    exhausted: NAMES.map((client, index) => ({
      client,
      workers: NAMES,
      bytes: 1024 ** index,
      digest: "0123456789abcdef",
      file: index === 0 ? null : `/var/lib/spqueue/exhausted/2026-11-30T10-00-00.000Z-${LONG}`,
      agoMs: index * 70_000,
    })),
  };
}

/** Makes fifteen minutes for the charts, in waves that end now. */
export function fullHistory(at: string): HistoryRecord {
  const wave = (phase: number) =>
    Array.from({ length: HISTORY_POINTS }, (_, index) => 60_000 * (1 + Math.sin(phase + index / 40)));
  return {
    at,
    intervalMs: 1000,
    numbers: Object.fromEntries(
      HISTORY_NUMBERS.map((name, index) => [name, wave(index)] as const),
    ) as Record<HistoryNumber, number[]>,
  };
}

/**
 * Makes a page show a status in place of its queue's.
 *
 * @param page The page, which is loaded again.
 * @param status The status.
 * @param history What the charts show.
 */
export async function showInstead(page: Page, status: QueueStatus, history: HistoryRecord): Promise<void> {
  await page.unrouteAll();
  const serve = async (path: string, contentType: string, body: string) =>
    await page.route(`**/${path}`, (route) => route.fulfill({ body, contentType }));
  await serve("status.json", "application/json", JSON.stringify(status));
  await serve("history.json", "application/json", JSON.stringify(history));
  // The stream ends at once, and the page reconnects after a second.
  await serve("events", "text/event-stream", "");
  await page.reload();
  await page.locator("#seen", { hasText: /^live$/ }).waitFor();
}
