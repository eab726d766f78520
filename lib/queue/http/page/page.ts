/**
 * The page that shows a running queue. It is bundled into document.json by `deno task page`.
 *
 * @module
 */

/// <reference lib="dom" />
/// <reference lib="dom.iterable" />

import type { HistoryRecord } from "../../status/history.ts";
import type { LinkStatus, QueueStatus, Setting } from "../../status/status.ts";
import { MAX_CLIENTS_SHOWN, MAX_WORKERS_SHOWN } from "../../broker/snapshot.ts";
import { formatLink } from "../../status/text.ts";
import { listenForActions, showActions } from "./actions.ts";
import { Charts } from "./charts.ts";
import { Connection } from "./connection.ts";
import { byId, setText } from "./elements.ts";
import { FirstGlance } from "./first_glance_view.ts";
import { ChartPoints } from "./model/chart_points.ts";
import { queueName } from "./model/endpoint_names.ts";
import type { Numbers } from "./model/first_glance.ts";
import { NumberFormat } from "./model/format.ts";
import { noticeOf } from "./model/notice.ts";
import { Rows, type RowsEvent } from "./model/rows.ts";
import { makeTables } from "./tables.ts";
import { askForToken, listenForToken } from "./token_form.ts";

/** After this time without an event, the page may be outdated. */
const STALE_MS = 2500;
/** The events of one second arrive within this time. */
const TOGETHER_MS = 20;
const DESCRIBE_MS = 10_000;

const format = new NumberFormat();
const now = () => performance.now();
const points = new ChartPoints();
const rows = new Rows();
const charts = new Charts(points, format);
// Rows show their ages at the last event: what has happened since is not known.
const clock = { pageMs: -Infinity, queueMs: 0 };
const tables = makeTables(format, clock);
const glance = new FirstGlance(format);

let numbers: Numbers | undefined;
/** The version of the queue that served the page. */
let pageVersion: string | undefined;
let settings: readonly Setting[] = [];
let isStale = true;
let describedAtMs = -Infinity;
let rowsTimer: ReturnType<typeof setTimeout> | undefined;

const connection = new Connection({
  begin: (status: QueueStatus, history: HistoryRecord) => {
    askForToken(false);
    settings = status.settings;
    tables.settings.update(settings);
    if (history.at !== null) points.reset(history, Date.parse(history.at) / 1000);
    receive(status);
    receiveRows({
      isWhole: true,
      workers: { changed: status.workers.list, gone: [] },
      clients: { changed: status.clients.list, gone: [] },
      departed: status.departed,
      refusedPeers: status.refusedPeers,
      exhausted: status.exhausted,
    });
    charts.describe();
  },
  numbers: receive,
  rows: receiveRows,
  failed: (reason) => {
    if (numbers === undefined) glance.showUnknown(`${reason}; trying again`);
  },
  unauthorized: () => {
    numbers = undefined;
    glance.showUnknown("The queue requires its token");
    askForToken(true);
  },
});

function receive(received: Numbers): void {
  if (numbers !== undefined && numbers.startedAt !== received.startedAt) glance.announce("The queue was restarted");
  numbers = received;
  clock.pageMs = now();
  clock.queueMs = Date.parse(received.at);
  points.add(received, clock.queueMs / 1000);
  const facts = { needsKey: received.access.keys !== null, host: received.host, pageHost: location.hostname };
  const { backend, frontend, workers, clients } = received;
  tables.teach({ endpoints: backend, ...facts }, { endpoints: frontend, ...facts }, clients.total);
  glance.show(received);
  charts.update();
  byId("clients").classList.toggle("steady", clients.total > 0);
  setText(byId("workers-count"), countOf(workers.total, MAX_WORKERS_SHOWN, "with the oldest jobs"));
  showLink(received.link);
  showActions(isTrue("httpActions"), { isPaused: received.paused !== null, isDraining: received.draining });
  if (now() - describedAtMs > DESCRIBE_MS) {
    describedAtMs = now();
    charts.describe();
  }
  showRowsSoon();
  tick();
}

function showLink(link: LinkStatus | null): void {
  byId("link").hidden = link === null;
  if (link === null) return;
  setText(byId("link-count"), countOf(link.queues.length));
  setText(byId("link-text"), formatLink(link));
  tables.linked.update(link.queues);
}

function receiveRows(event: RowsEvent): void {
  rows.receive(event, clock.pageMs);
  showRowsSoon();
}

/** Called once for all events that arrived together. */
function showRowsSoon(): void {
  clearTimeout(rowsTimer);
  rowsTimer = setTimeout(showRows, TOGETHER_MS);
}

function showRows(): void {
  const departed = rows.departed(clock.pageMs);
  tables.workers.update(rows.workers);
  tables.clients.update(rows.clients);
  tables.departed.update(departed);
  const refused = rows.refused(clock.pageMs);
  byId("refused-section").hidden = refused.length === 0;
  tables.refused.update(refused);
  tables.exhausted.update(rows.exhausted);
  setText(byId("clients-count"), countOfClients(numbers?.clients.total ?? 0, rows.clients.length));
  setText(byId("departed-count"), countOf(departed.length));
  setText(byId("refused-count"), countOf(refused.length));
  setText(byId("exhausted-count"), countOf(rows.exhausted.length));
}

/** Updates what changes by itself: ages, and whether the queue still sends events. */
function tick(): void {
  if (numbers === undefined) return;
  const silentMs = now() - clock.pageMs;
  const wasStale = isStale;
  isStale = silentMs > STALE_MS;
  glance.showSeen(numbers, silentMs, isStale);
  if (isStale !== wasStale && describedAtMs !== -Infinity) {
    glance.announce(isStale ? "The connection to the queue was lost" : "The queue is connected again");
  }
  showNotice(numbers, silentMs);
}

function showNotice({ at, startedAt, versions, ...queue }: Numbers, silentMs: number): void {
  pageVersion ??= versions.queue;
  const upMs = isStale ? null : Date.parse(at) - Date.parse(startedAt) + silentMs;
  const facts = { name: queueName(queue), upMs, version: versions.queue, pageVersion };
  const notice = noticeOf(facts, (ms) => format.ago(ms));
  byId("notice").hidden = notice === "";
  setText(byId("notice"), notice);
}

/** The count, and which of them are listed if the queue does not list all. */
function countOf(count: number, most = Infinity, which = ""): string {
  if (count === 0) return "";
  return count > most ? `${format.count(count)}, the ${format.count(most)} ${which}` : format.count(count);
}

function countOfClients(count: number, listed: number): string {
  if (listed === MAX_CLIENTS_SHOWN) return countOf(count, MAX_CLIENTS_SHOWN, "with the oldest requests");
  if (listed === 0) return countOf(count);
  return `${countOf(count)}, ${listed === count ? "all" : format.count(listed)} with requests that wait`;
}

function isTrue(name: string): boolean {
  return settings.some((setting) => setting.name === name && setting.value === true);
}

setInterval(tick, 1000);
listenForActions();
listenForToken(() => void connection.open());
void connection.open();
