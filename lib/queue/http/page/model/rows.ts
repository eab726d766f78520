/**
 * The rows of the page, assembled from `/events`. Each has the time at which it was received, since its age grows from then
 * on.
 *
 * @module
 */

import type { ChangedRows, RowChanges } from "../../../status/row_changes.ts";
import type {
  ClientStatus,
  DepartedStatus,
  ExhaustedStatus,
  RefusedStatus,
  WorkerStatus,
} from "../../../status/status.ts";

/** The data of an event `rows`. */
export interface RowsEvent extends RowChanges {
  /** Whether it has all rows. */
  readonly isWhole: boolean;
}

/** A row, and when it was received. */
export interface ToldRow<Row> {
  readonly row: Row;
  /** In milliseconds of the page's clock. */
  readonly atMs: number;
}

/** How long a peer that left is shown. */
const DEPARTED_MS = 60_000;
/** How long a refused peer is shown. */
const REFUSED_MS = 5 * 60_000;

/** Keeps the rows. */
export class Rows {
  readonly #workers = new Map<string, ToldRow<WorkerStatus>>();
  readonly #clients = new Map<string, ToldRow<ClientStatus>>();
  #departed: readonly ToldRow<DepartedStatus>[] = [];
  #refused: readonly ToldRow<RefusedStatus>[] = [];
  #exhausted: readonly ToldRow<ExhaustedStatus>[] = [];

  /** All workers' connections. */
  get workers(): readonly ToldRow<WorkerStatus>[] {
    return [...this.#workers.values()];
  }

  /** The clients with the oldest requests. */
  get clients(): readonly ToldRow<ClientStatus>[] {
    return [...this.#clients.values()];
  }

  /** Requests that reached their redelivery limit. */
  get exhausted(): readonly ToldRow<ExhaustedStatus>[] {
    return this.#exhausted;
  }

  /**
   * Peers that left within the last minute, latest first.
   *
   * @param nowMs The time.
   */
  departed(nowMs: number): readonly ToldRow<DepartedStatus>[] {
    const ageOf = ({ row, atMs }: ToldRow<DepartedStatus>) => row.agoMs + nowMs - atMs;
    return this.#departed.filter((one) => ageOf(one) < DEPARTED_MS).sort((a, b) => ageOf(a) - ageOf(b));
  }

  /**
   * Peers that were refused within the last five minutes, latest first.
   *
   * @param nowMs The time.
   */
  refused(nowMs: number): readonly ToldRow<RefusedStatus>[] {
    return this.#refused.filter(({ row, atMs }) => row.agoMs + nowMs - atMs < REFUSED_MS);
  }

  /**
   * An event arrived.
   *
   * @param event Its data.
   * @param atMs The time.
   */
  receive(event: RowsEvent, atMs: number): void {
    apply(this.#workers, event.workers, event.isWhole, atMs);
    apply(this.#clients, event.clients, event.isWhole, atMs);
    const told = <Row>(rows: readonly Row[]) => rows.map((row) => ({ row, atMs }));
    if (event.departed !== undefined) this.#departed = told(event.departed);
    if (event.refusedPeers !== undefined) this.#refused = told(event.refusedPeers);
    if (event.exhausted !== undefined) this.#exhausted = told(event.exhausted);
  }
}

function apply<Row extends { readonly id: string }>(
  rows: Map<string, ToldRow<Row>>,
  { changed, gone }: ChangedRows<Row>,
  isWhole: boolean,
  atMs: number,
): void {
  if (isWhole) rows.clear();
  for (const id of gone) rows.delete(id);
  for (const row of changed) rows.set(row.id, { row, atMs });
}
