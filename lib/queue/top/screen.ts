/**
 * The screen of `spqueue top`: turns the state into lines of a given width.
 *
 * @module
 */

import { formatDuration } from "../../units.ts";
import type { QueueStatus } from "../status/status.ts";
import { statusRows } from "../status/text.ts";
import { cut, fit, oneLine, wrap } from "./cells.ts";
import { CLIENT_COLUMNS, EXHAUSTED_COLUMNS, QUEUE_COLUMNS, WORKER_COLUMNS } from "./columns.ts";
import type { QueueView } from "./queue_view.ts";
import { shownTable, TABLES, type TopState } from "./state.ts";
import { arrange, type Column, tableLines } from "./table.ts";

/** The terminal. */
export interface Size {
  readonly columns: number;
  readonly rows: number;
  /** Whether it has colours. */
  readonly hasColors: boolean;
}

/** What is on the screen. */
export interface Screen {
  /** One line for each row of the terminal, none wider than it. */
  readonly lines: readonly string[];
  /** How many rows the table has, and how many fit on the screen. */
  readonly table: { readonly count: number; readonly room: number };
  /** The address of the queue that is marked. */
  readonly marked: string | undefined;
}

/** The fewest rows that a table gets below its heading; the header shrinks for them. */
const MIN_TABLE_ROWS = 2;
/** The rows of the header, most important first. */
const ROWS_BY_IMPORTANCE = [
  "waiting",
  "workers",
  "in flight",
  "a second",
  "wait",
  "work",
  "wanted",
  "backlog",
  "clients",
  "link",
  "refused",
  "to permit",
  "account",
];

const HELP = [
  "Up, Down, PgUp, PgDn  move",
  "Enter, Esc  open a queue, go back",
  "Tab, w, c, x  choose the table",
  "s, r  sort by another column, reverse",
  "/  show rows with a text; Esc: all",
  "Space, f  freeze, go on",
  "+, -  ask less often, more often",
  "q, Ctrl-C  quit; Ctrl-Z  suspend",
];

const STYLES = { bold: "1", reverse: "7", red: "31", green: "32", yellow: "33" } as const;
type Style = keyof typeof STYLES;

const STYLE_BY_STATE: Readonly<Record<QueueStatus["state"], Style>> = {
  serving: "green",
  overloaded: "yellow",
  "backlog full": "yellow",
  paused: "yellow",
  draining: "yellow",
  "no workers": "red",
};

/**
 * Draws the screen.
 *
 * @param state What is shown.
 * @param size The terminal.
 */
export function screenOf(state: TopState, size: Size): Screen {
  const paint = painter(size);
  if (state.showsHelp) {
    const lines = ["spqueue top, any key goes back", ...HELP].map((line) => cut(line, size.columns));
    return { lines: filled(lines, size), table: { count: 0, room: 0 }, marked: undefined };
  }
  const opened = state.queues.find(({ address }) => address === state.opened);
  const header = opened === undefined ? [queuesLine(state, size, paint)] : headerOf(opened, state, size, paint);
  const room = Math.max(0, size.rows - header.length - 2);
  const { heading, lines, count, marked } = tableOf(state, opened, size, room);
  const body = lines.map((line, index) => marked?.line === index ? paint(fit(line, size.columns), "reverse") : line);
  const all = filled([...header, paint(fit(heading, size.columns), "bold"), ...body], size);
  all[size.rows - 1] = footerOf(state, size, paint);
  return { lines: all, table: { count, room }, marked: marked?.address };
}

type Paint = (text: string, style: Style) => string;

function painter({ hasColors }: Size): Paint {
  return (text, style) => {
    const isColor = style !== "bold" && style !== "reverse";
    return isColor && !hasColors ? text : `\x1b[${STYLES[style]}m${text}\x1b[0m`;
  };
}

function filled(lines: readonly string[], { rows }: Size): string[] {
  return Array.from({ length: rows }, (_, index) => lines[index] ?? "");
}

function queuesLine({ queues }: TopState, { columns }: Size, paint: Paint): string {
  const unreachable = queues.filter(({ error }) => error !== undefined).length;
  const line = cut(
    `${queues.length} queues${unreachable === 0 ? "" : `, ${unreachable} cannot be reached`}`,
    columns,
  );
  return unreachable === 0 ? line : paint(line, "red");
}

function headerOf({ address, status, error }: QueueView, state: TopState, size: Size, paint: Paint): string[] {
  const maxRows = Math.max(2, size.rows - 3 - MIN_TABLE_ROWS);
  // First in the line, since there may not be room for all of it.
  const shown = status === undefined ? "" : "unreachable, with its last numbers: ";
  const sentence = error !== undefined ? `${shown}${error}` : status?.sentence ?? `asking ${address}`;
  const style = error !== undefined ? "red" : status === undefined ? "bold" : STYLE_BY_STATE[status.state] ?? "bold";
  const top = wrap(oneLine(sentence), size.columns, Math.min(2, maxRows - 1)).map((line) => paint(line, style));
  const rows = status === undefined ? [] : shownRows(status, maxRows - top.length - 1);
  return [
    ...top,
    ...rows.map(([name, text]) => cut(`${name.padEnd(10)}${oneLine(text)}`, size.columns)),
    tabsOf(state, status, size),
  ];
}

/** The rows of the status that fit, in their usual order. */
function shownRows(status: QueueStatus, count: number): readonly (readonly [string, string])[] {
  const rows = statusRows(status);
  const names = ROWS_BY_IMPORTANCE.filter((name) => rows.some(([other]) => other === name)).slice(
    0,
    Math.max(0, count),
  );
  return rows.filter(([name]) => names.includes(name));
}

function tabsOf({ table, filter }: TopState, status: QueueStatus | undefined, { columns }: Size): string {
  const counts = {
    workers: status?.workers.total ?? 0,
    clients: status?.clients.total ?? 0,
    exhausted: status?.exhausted.length ?? 0,
  };
  const tabs = TABLES.map((name) => name === table ? `[${counts[name]} ${name}]` : ` ${counts[name]} ${name} `);
  const folder = table === "exhausted" ? folderOf(status) : undefined;
  const kept = folder === undefined ? "" : ` files in ${oneLine(folder)}`;
  return cut(tabs.join("") + (filter === "" ? "" : ` with "${filter}"`) + kept, columns);
}

/** The folder of the exhausted requests; the table shows only file names. */
function folderOf(status: QueueStatus | undefined): string | undefined {
  const file = status?.exhausted.find(({ file }) => file !== null)?.file;
  return file?.replace(/\/[^/]*$/, "");
}

interface ShownTable {
  readonly heading: string;
  readonly lines: readonly string[];
  readonly count: number;
  readonly marked?: { readonly line: number; readonly address: string } | undefined;
}

function tableOf(state: TopState, opened: QueueView | undefined, size: Size, room: number): ShownTable {
  const status = opened?.status;
  switch (shownTable(state)) {
    case "queues":
      return queuesTable(state, size, room);
    case "workers":
      return rowsTable(status?.workers.list ?? [], WORKER_COLUMNS, state, size, room);
    case "clients":
      return rowsTable(status?.clients.list ?? [], CLIENT_COLUMNS, state, size, room);
    case "exhausted":
      return rowsTable(status?.exhausted ?? [], EXHAUSTED_COLUMNS, state, size, room);
  }
}

function rowsTable<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  state: TopState,
  size: Size,
  room: number,
): ShownTable {
  const order = state.orders[shownTable(state)];
  const arranged = arrange(rows, columns, order, state.filter);
  const first = Math.max(0, Math.min(state.line, arranged.length - room));
  const [heading, lines] = tableLines(arranged.slice(first, first + room), columns, size.columns, order);
  return { heading, lines, count: arranged.length };
}

function queuesTable(state: TopState, size: Size, room: number): ShownTable {
  const arranged = arrange(state.queues, QUEUE_COLUMNS, state.orders.queues, state.filter);
  const chosen = Math.max(0, Math.min(state.line, arranged.length - 1));
  const first = Math.max(0, chosen - room + 1);
  const shown = arranged.slice(first, first + room);
  // The sign marks the line even on terminals without reverse video.
  const [heading, lines] = tableLines(shown, QUEUE_COLUMNS, size.columns - 2, state.orders.queues);
  const line = chosen - first;
  const address = shown[line]?.address;
  return {
    heading: `  ${heading}`,
    lines: lines.map((text, index) => `${index === line ? ">" : " "} ${text}`),
    count: arranged.length,
    marked: address === undefined ? undefined : { line, address },
  };
}

function footerOf(state: TopState, { columns }: Size, paint: Paint): string {
  if (state.isTyping) return cut(`/${state.filter}_`, columns);
  const right = state.isFrozen ? "FROZEN" : `every ${formatDuration(state.intervalMs)}`;
  const where = state.opened === undefined ? "Enter open" : state.queues.length > 1 ? "Esc back" : state.opened;
  const left = fit(`q quit  ? help  ${where}`, Math.max(0, columns - right.length - 1));
  return paint(cut(`${left} ${right}`, columns), state.isFrozen ? "yellow" : "bold");
}
