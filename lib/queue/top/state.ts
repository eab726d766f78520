/**
 * The state of `spqueue top`, and how keys and answers change it.
 *
 * @module
 */

import { CLIENT_COLUMNS, EXHAUSTED_COLUMNS, QUEUE_COLUMNS, WORKER_COLUMNS } from "./columns.ts";
import type { Key } from "./keys.ts";
import type { QueueView } from "./queue_view.ts";
import type { Order } from "./table.ts";

/** The tables, in the order in which Tab selects them. */
export const TABLES = ["workers", "clients", "exhausted"] as const;
/** One of {@linkcode TABLES}, or that of the queues. */
export type TableName = "queues" | typeof TABLES[number];

/** How many columns each table has, and which one it is initially sorted by. */
const COLUMNS: Readonly<Record<TableName, { readonly count: number; readonly first: number }>> = {
  queues: { count: QUEUE_COLUMNS.length, first: 0 },
  workers: { count: WORKER_COLUMNS.length, first: 2 },
  clients: { count: CLIENT_COLUMNS.length, first: 1 },
  exhausted: { count: EXHAUSTED_COLUMNS.length, first: 1 },
};

/** The polling intervals to choose from, in milliseconds. */
export const INTERVALS_MS: readonly number[] = [500, 1000, 2000, 5000, 10_000, 30_000, 60_000];

/** What is shown. */
export interface TopState {
  readonly queues: readonly QueueView[];
  /** The address of the queue that is opened; `undefined`: the list of queues is shown. */
  readonly opened: string | undefined;
  readonly table: typeof TABLES[number];
  readonly orders: Readonly<Record<TableName, Order>>;
  /** The marked line of the list of queues, or the first visible line of another table. */
  readonly line: number;
  readonly filter: string;
  /** Whether keys are typed into the filter. */
  readonly isTyping: boolean;
  /** Whether new answers are ignored. */
  readonly isFrozen: boolean;
  readonly intervalMs: number;
  readonly showsHelp: boolean;
  readonly isOver: boolean;
}

/**
 * The initial state.
 *
 * @param addresses The queues.
 * @param intervalMs The polling interval, in milliseconds.
 */
export function firstState(addresses: readonly string[], intervalMs: number): TopState {
  const orderOf = (name: TableName): Order => ({ column: COLUMNS[name].first, isReversed: false });
  return {
    queues: addresses.map((address) => ({ address })),
    opened: addresses.length === 1 ? addresses[0] : undefined,
    table: "workers",
    orders: {
      queues: orderOf("queues"),
      workers: orderOf("workers"),
      clients: orderOf("clients"),
      exhausted: orderOf("exhausted"),
    },
    line: 0,
    filter: "",
    isTyping: false,
    isFrozen: false,
    intervalMs,
    showsHelp: false,
    isOver: false,
  };
}

/**
 * Applies a queue's answer. A queue that cannot be reached keeps its last numbers.
 *
 * @param state What is shown.
 * @param answer The answer.
 */
export function withAnswer(state: TopState, answer: QueueView): TopState {
  if (state.isFrozen) return state;
  const queues = state.queues.map((view) => view.address === answer.address ? { ...view, ...answer } : view);
  return { ...state, queues };
}

/** The table that is shown. */
export function shownTable({ opened, table }: TopState): TableName {
  return opened === undefined ? "queues" : table;
}

/**
 * Handles a key.
 *
 * @param state What is shown.
 * @param key The key.
 * @param lines How many lines the visible table has, and how many of them fit.
 * @param marked The address of the queue that is marked in the list.
 */
export function withKey(
  state: TopState,
  key: Key,
  lines: { readonly count: number; readonly room: number },
  marked: string | undefined,
): TopState {
  if (key === "ctrl-c") return { ...state, isOver: true };
  if (state.showsHelp) return key === "q" ? { ...state, isOver: true } : { ...state, showsHelp: false };
  if (state.isTyping) return withTyped(state, key);
  const move = (by: number) => ({ ...state, line: Math.max(0, Math.min(state.line + by, lastLine(state, lines))) });
  switch (key) {
    case "q":
      return { ...state, isOver: true };
    case "up":
    case "k":
      return move(-1);
    case "down":
    case "j":
      return move(1);
    case "page-up":
      return move(-lines.room);
    case "page-down":
      return move(lines.room);
    case "home":
      return move(-Infinity);
    case "end":
      return move(Infinity);
    case "enter":
      if (state.opened !== undefined || marked === undefined) return state;
      return { ...state, opened: marked, line: 0, filter: "" };
    case "escape":
    case "backspace":
    case "left":
      if (state.filter !== "") return { ...state, filter: "", line: 0 };
      if (state.queues.length === 1 || state.opened === undefined) return state;
      return { ...state, opened: undefined, line: 0 };
    case "tab":
      return withTable(state, TABLES[(TABLES.indexOf(state.table) + 1) % TABLES.length]!);
    case "w":
      return withTable(state, "workers");
    case "c":
      return withTable(state, "clients");
    case "x":
      return withTable(state, "exhausted");
    case "s":
      return withOrder(state, ({ column, isReversed }, count) => ({ column: (column + 1) % count, isReversed }));
    case "r":
      return withOrder(state, ({ column, isReversed }) => ({ column, isReversed: !isReversed }));
    case "/":
      return { ...state, isTyping: true };
    case "f":
    case " ":
      return { ...state, isFrozen: !state.isFrozen };
    case "+":
      return { ...state, intervalMs: INTERVALS_MS.find((ms) => ms > state.intervalMs) ?? state.intervalMs };
    case "-":
      return { ...state, intervalMs: INTERVALS_MS.findLast((ms) => ms < state.intervalMs) ?? state.intervalMs };
    case "?":
    case "h":
      return { ...state, showsHelp: true };
    default:
      return state;
  }
}

function lastLine({ opened }: TopState, { count, room }: { readonly count: number; readonly room: number }): number {
  return Math.max(0, opened === undefined ? count - 1 : count - room);
}

function withTyped(state: TopState, key: Key): TopState {
  switch (key) {
    case "enter":
      return { ...state, isTyping: false };
    case "escape":
      return { ...state, isTyping: false, filter: "", line: 0 };
    case "backspace":
      return { ...state, filter: [...state.filter].slice(0, -1).join(""), line: 0 };
    default:
      return [...key].length === 1 ? { ...state, filter: state.filter + key, line: 0 } : state;
  }
}

function withTable(state: TopState, table: TopState["table"]): TopState {
  return state.opened === undefined ? state : { ...state, table, line: 0 };
}

function withOrder(state: TopState, change: (order: Order, count: number) => Order): TopState {
  const name = shownTable(state);
  const order = change(state.orders[name], COLUMNS[name].count);
  return { ...state, line: 0, orders: { ...state.orders, [name]: order } };
}
