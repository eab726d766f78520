/**
 * The kinds of columns in the page's tables: the text of a cell and the value to sort by.
 *
 * @module
 */

/// <reference lib="dom" />

import { NOTHING, type NumberFormat } from "./model/format.ts";
import type { ToldRow } from "./model/rows.ts";
import type { Column } from "./table.ts";

/** The time of the last event, at which ages are known. */
export interface EventClock {
  /** In milliseconds of the page's clock. */
  readonly pageMs: number;
  /** In milliseconds since 1970, as the queue says. */
  readonly queueMs: number;
}

/** Makes columns. */
export class Columns {
  readonly #format: NumberFormat;
  readonly #clock: EventClock;
  readonly #time = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });

  /**
   * @param format How numbers are written.
   * @param clock The time of the last event.
   */
  constructor(format: NumberFormat, clock: EventClock) {
    this.#format = format;
    this.#clock = clock;
  }

  /** A count. */
  count<Row>(id: string, title: string, of: (row: Row) => number): Column<Row> {
    return numbers(id, title, of, (value) => this.#format.count(value));
  }

  /** A rate. */
  rate<Row>(id: string, title: string, of: (row: Row) => number): Column<Row> {
    return numbers(id, title, of, (value) => this.#format.rate(value));
  }

  /** A size. */
  bytes<Row>(id: string, title: string, of: (row: Row) => number | null): Column<Row> {
    return numbers(id, title, of, (value) => this.#format.bytes(value));
  }

  /** A duration that is over. */
  duration<Row>(id: string, title: string, of: (row: Row) => number | null): Column<Row> {
    return numbers(id, title, of, (ms) => this.#format.duration(ms));
  }

  /** A duration that grows from the time at which the row was received. */
  growing<Told>(id: string, title: string, of: (row: Told) => number | null): Column<ToldRow<Told>> {
    return numbers(id, title, (told) => this.grown(told, of), (ms) => this.#format.duration(whole(ms)));
  }

  /** How long ago something was. */
  ago<Told extends { readonly agoMs: number }>(): Column<ToldRow<Told>> {
    const of = (told: ToldRow<Told>) => this.grown(told, ({ agoMs }) => agoMs);
    const hint = (told: ToldRow<Told>) => this.#timeText(of(told)!);
    return { ...numbers("ago", "When", of, (ms) => this.#format.ago(ms)), hint };
  }

  /** A text, such as what a peer says. */
  text<Row>(
    id: string,
    title: string,
    of: (row: Row) => string | null,
    more: Pick<Column<Row>, "kind" | "hint" | "mark"> = {},
  ): Column<Row> {
    return { id, title, text: (row) => of(row) ?? NOTHING, sortBy: of, ...more };
  }

  /** A value of any kind. */
  value<Row>(id: string, title: string, of: (row: Row) => unknown): Column<Row> {
    return this.text(id, title, (row) => this.#valueText(of(row)), { kind: "peer" });
  }

  /** The current value of a duration that has grown since its row was received; `null`: there is none. */
  grown<Told>({ row, atMs }: ToldRow<Told>, of: (row: Told) => number | null): number | null {
    const ms = of(row);
    return ms === null ? null : ms + Math.max(0, this.#clock.pageMs - atMs);
  }

  #valueText(value: unknown): string | null {
    if (value === null || typeof value === "string") return value;
    if (typeof value === "number") return this.#format.exact(value);
    return Array.isArray(value) ? value.join(", ") : JSON.stringify(value);
  }

  /** When something was, in the reader's zone and in UTC. */
  #timeText(agoMs: number): string {
    const at = new Date(Math.round((this.#clock.queueMs - agoMs) / 1000) * 1000);
    return `${this.#time.format(at)} (${at.toISOString().replace(".000", "")})`;
  }
}

function numbers<Row>(
  id: string,
  title: string,
  of: (row: Row) => number | null,
  write: (value: number) => string,
): Column<Row> {
  const text = (row: Row) => {
    const value = of(row);
    return value === null ? NOTHING : write(value);
  };
  return { id, title, kind: "number", text, sortBy: of };
}

/** In whole seconds if it is more than one, so that a row changes at most once a second. */
function whole(ms: number): number {
  return ms < 1000 ? ms : Math.floor(ms / 1000) * 1000;
}
