/**
 * Finds the rows of a status that changed since the previous one, so that only these are sent to readers who have that one.
 *
 * Ages always grow, so that does not count as a change.
 *
 * @module
 */

import type {
  ClientStatus,
  DepartedStatus,
  ExhaustedStatus,
  QueueStatus,
  RefusedStatus,
  WorkerStatus,
} from "./status.ts";

/** How much later a status may be taken than its time says. */
const LATE_MS = 500;

/** Rows that changed, and the ids of those that are gone. */
export interface ChangedRows<Row> {
  readonly changed: readonly Row[];
  readonly gone: readonly string[];
}

/** What changed. */
export interface RowChanges {
  readonly workers: ChangedRows<WorkerStatus>;
  readonly clients: ChangedRows<ClientStatus>;
  /** All of them if there is a new one; otherwise missing. */
  readonly departed?: readonly DepartedStatus[];
  /** All of them if there is a new one, or one tried again; otherwise missing. */
  readonly refusedPeers?: readonly RefusedStatus[];
  /** All of them if there is a new one, or the file of one changed; otherwise missing. */
  readonly exhausted?: readonly ExhaustedStatus[];
}

/**
 * Finds what changed.
 *
 * @param status The status.
 * @param before The previous status; `undefined`: everything is new.
 * @param elapsedMs The time between the two.
 */
export function rowChanges(status: QueueStatus, before: QueueStatus | undefined, elapsedMs = 0): RowChanges {
  // A peer that leaves repeatedly makes rows that differ only in their age.
  const isNew = <Row extends { readonly agoMs: number }>(
    rows: readonly Row[],
    earlier: readonly Row[] | undefined,
    keyOf: (row: Row) => string,
  ) =>
    earlier === undefined || rows.length !== earlier.length ||
    rows.some((row, i) => keyOf(row) !== keyOf(earlier[i]!) || row.agoMs < elapsedMs + LATE_MS);
  const departedKey = ({ role, name, reason }: DepartedStatus) => `${role} ${name} ${reason}`;
  const refusedKey = ({ side, address, publicKey, reason, count }: RefusedStatus) =>
    `${side} ${address} ${publicKey} ${reason} ${count}`;
  const exhaustedKey = ({ client, digest, workers, file }: ExhaustedStatus) =>
    `${client} ${digest} ${workers.join()} ${file}`;
  return {
    workers: changedRows(
      status.workers.list,
      before?.workers.list,
      (worker) => [worker.state, worker.answered, worker.lost, worker.jobBytes, worker.medianJobMs].join(),
    ),
    clients: changedRows(
      status.clients.list,
      before?.clients.list,
      (client) => [client.waiting, client.accepted].join(),
    ),
    ...(isNew(status.departed, before?.departed, departedKey) ? { departed: status.departed } : {}),
    ...(isNew(status.refusedPeers, before?.refusedPeers, refusedKey) ? { refusedPeers: status.refusedPeers } : {}),
    ...(isNew(status.exhausted, before?.exhausted, exhaustedKey) ? { exhausted: status.exhausted } : {}),
  };
}

function changedRows<Row extends { readonly id: string }>(
  rows: readonly Row[],
  before: readonly Row[] = [],
  contentOf: (row: Row) => string,
): ChangedRows<Row> {
  const earlier = new Map(before.map((row) => [row.id, contentOf(row)]));
  const changed = rows.filter((row) => earlier.get(row.id) !== contentOf(row));
  const ids = new Set(rows.map(({ id }) => id));
  return { changed, gone: before.map(({ id }) => id).filter((id) => !ids.has(id)) };
}
