/**
 * The page that shows a running queue. It is bundled into document.json by `deno task page`.
 *
 * @module
 */

/// <reference lib="dom" />
/// <reference lib="dom.iterable" />

import type { HistoryRecord } from "../../status/history.ts";
import type { LinkStatus, QueueStatus, Setting } from "../../status/status.ts";
import { formatLink } from "../../status/text.ts";
import { listenForActions, showActions } from "./actions.ts";
import { Charts } from "./charts.ts";
import { Connection, keepToken } from "./connection.ts";
import { byId, setText } from "./elements.ts";
import { FirstGlance } from "./first_glance_view.ts";
import { ChartPoints } from "./model/chart_points.ts";
import { type Numbers, titleOf } from "./model/first_glance.ts";
import { NumberFormat, shortEndpoint } from "./model/format.ts";
import { Rows, type RowsEvent } from "./model/rows.ts";
import { makeTables } from "./tables.ts";

/** After this time without an event nothing of what is shown may be true any more. */
const STALE_MS = 2500;
/** Within this time come the events of one second. */
const TOGETHER_MS = 20;
/** How long a start is worth a notice. */
const RESTART_MS = 60_000;
const DESCRIBE_MS = 10_000;

const format = new NumberFormat();
const now = () => performance.now();
const points = new ChartPoints();
const rows = new Rows();
const charts = new Charts(points, format);
// Ages of rows are those of the last event: what happened since is not known.
const tables = makeTables(format, () => numbersAtMs);
const glance = new FirstGlance(format);

let numbers: Numbers | undefined;
let numbersAtMs = -Infinity;
let settings: readonly Setting[] = [];
let isStale = true;
let describedAtMs = -Infinity;
let rowsTimer: ReturnType<typeof setTimeout> | undefined;

const connection = new Connection({
  begin: (status: QueueStatus, history: HistoryRecord) => {
    byId("token-form").hidden = true;
    byId("content").hidden = false;
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
  unauthorized: () => {
    byId("token-form").hidden = false;
    byId("content").hidden = true;
    setText(byId("sentence"), "The queue is there, and asks for its token");
    byId("token").focus();
  },
});

function receive(received: Numbers): void {
  if (numbers !== undefined && numbers.startedAt !== received.startedAt) glance.announce("The queue was restarted");
  numbers = received;
  numbersAtMs = now();
  points.add(received, Date.parse(received.at) / 1000);
  const facts = { needsKey: received.access.keys !== null, host: received.host, pageHost: location.hostname };
  tables.teach({ endpoints: received.backend, ...facts }, { endpoints: received.frontend, ...facts });
  glance.show(received);
  charts.update();
  setText(byId("workers-count"), countOf(received.workers.total));
  setText(
    byId("clients-count"),
    received.clients.total > 100
      ? `${countOf(received.clients.total)}, the 100 with the oldest requests`
      : countOf(received.clients.total),
  );
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
  rows.receive(event, numbersAtMs);
  showRowsSoon();
}

/** Once, after all events that came together. */
function showRowsSoon(): void {
  clearTimeout(rowsTimer);
  rowsTimer = setTimeout(showRows, TOGETHER_MS);
}

function showRows(): void {
  const departed = rows.departed(numbersAtMs);
  tables.workers.update(rows.workers);
  tables.clients.update(rows.clients);
  tables.departed.update(departed);
  const refused = rows.refused(numbersAtMs);
  byId("refused-section").hidden = refused.length === 0;
  tables.refused.update(refused);
  tables.exhausted.update(rows.exhausted);
  setText(byId("departed-count"), countOf(departed.length));
  setText(byId("refused-count"), countOf(refused.length));
  setText(byId("exhausted-count"), countOf(rows.exhausted.length));
}

/** What changes by itself: ages, and whether the queue is still heard. */
function tick(): void {
  if (numbers === undefined) return;
  const silentMs = now() - numbersAtMs;
  const wasStale = isStale;
  isStale = silentMs > STALE_MS;
  document.title = titleOf(numbers, isStale);
  glance.showSeen(numbers, silentMs, isStale);
  if (isStale !== wasStale && describedAtMs !== -Infinity) {
    glance.announce(isStale ? "The queue is not heard any more" : "The queue is heard");
  }
  const upMs = Date.parse(numbers.at) - Date.parse(numbers.startedAt) + silentMs;
  const isNew = !isStale && upMs < RESTART_MS;
  byId("restarted").hidden = !isNew;
  if (isNew) {
    setText(
      byId("restarted"),
      `${shortEndpoint(numbers.frontend[0] ?? "The queue")} started ${format.ago(upMs)}; it counts from 0.`,
    );
  }
}

function countOf(count: number): string {
  return count === 0 ? "" : format.count(count);
}

function isTrue(name: string): boolean {
  return settings.some((setting) => setting.name === name && setting.value === true);
}

byId("token-form").addEventListener("submit", (event) => {
  event.preventDefault();
  void giveToken();
});

/** Gives the queue the token that was typed. */
async function giveToken(): Promise<void> {
  const input = byId<HTMLInputElement>("token");
  let problem = "The token that was given is not this queue's.";
  const isKept = await keepToken(input.value.trim()).catch(() => {
    problem = "The queue does not answer.";
    return false;
  });
  input.value = "";
  setText(byId("token-problem"), isKept ? "" : problem);
  if (isKept) void connection.open();
}

setInterval(tick, 1000);
listenForActions();
void connection.open();
