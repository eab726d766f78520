/**
 * The tables of `spqueue top`: their columns, most important first.
 *
 * @module
 */

import { formatAge } from "../../words.ts";
import type { ClientStatus, ExhaustedStatus, QueueStatus, WorkerStatus } from "../status/status.ts";
import type { Column } from "./table.ts";
import type { QueueView } from "./queue_view.ts";

const NONE = "-";
const age = (ms: number | null) => ms === null ? NONE : formatAge(ms);

/** A column of numbers. */
function number<Row>(title: string, read: (row: Row) => number | null, format = (value: number) => `${value}`) {
  return {
    title,
    isRight: true,
    key: (row: Row) => read(row) ?? -1,
    text: (row: Row) => {
      const value = read(row);
      return value === null ? NONE : format(value);
    },
  } satisfies Column<Row>;
}

function text<Row>(title: string, read: (row: Row) => string): Column<Row> {
  return { title, text: read, key: read };
}

/** A number of a queue; `null` if its status is not known. */
function ofStatus(read: (status: QueueStatus) => number | null): (view: QueueView) => number | null {
  return ({ status }) => status === undefined ? null : read(status);
}

/** The queues. */
export const QUEUE_COLUMNS: readonly Column<QueueView>[] = [
  text("QUEUE", ({ address }) => address),
  text("STATE", ({ error, status }) => error !== undefined ? "unreachable" : status?.state ?? "asking"),
  number("WAITING", ofStatus(({ waiting }) => waiting.requests)),
  number("OLDEST", ofStatus(({ waiting }) => waiting.oldestMs), formatAge),
  number("BUSY", ofStatus(({ workers }) => workers.busy)),
  number("WORKERS", ofStatus(({ workers }) => workers.total)),
  number("WANTED", ofStatus(({ workers }) => workers.wanted)),
  number("IN/S", ofStatus(({ rates }) => rates.acceptedPerSecond), (rate) => rate.toFixed(1)),
  number("OUT/S", ofStatus(({ rates }) => rates.answeredPerSecond), (rate) => rate.toFixed(1)),
  number("IN FLIGHT", ofStatus(({ inFlight }) => inFlight.requests)),
  number("CLIENTS", ofStatus(({ clients }) => clients.total)),
];

/** Workers. */
export const WORKER_COLUMNS: readonly Column<WorkerStatus>[] = [
  text("WORKER", ({ name }) => name),
  text("STATE", ({ state }) => state),
  number("JOB FOR", ({ jobMs }) => jobMs, formatAge),
  number("DONE", ({ answered }) => answered),
  number("LOST", ({ lost }) => lost),
  number("MEDIAN", ({ medianJobMs }) => medianJobMs, formatAge),
  number("BYTES", ({ jobBytes }) => jobBytes),
  number("SINCE", ({ stateMs }) => stateMs, formatAge),
  text("ADDRESS", ({ address }) => address ?? NONE),
];

/** Clients. */
export const CLIENT_COLUMNS: readonly Column<ClientStatus>[] = [
  text("CLIENT", ({ name }) => name),
  number("OLDEST", ({ oldestMs }) => oldestMs, age),
  number("WAITING", ({ waiting }) => waiting),
  number("SENT", ({ accepted }) => accepted),
  number("SENT/S", ({ acceptedPerSecond }) => acceptedPerSecond, (rate) => rate.toFixed(1)),
  text("ADDRESS", ({ address }) => address ?? NONE),
];

/** Requests that reached their redelivery limit, latest first. */
export const EXHAUSTED_COLUMNS: readonly Column<ExhaustedStatus>[] = [
  text("CLIENT", ({ client }) => client),
  { ...number<ExhaustedStatus>("AGO", ({ agoMs }) => agoMs, formatAge), key: ({ agoMs }) => -agoMs },
  number("BYTES", ({ bytes }) => bytes),
  text("FILE", ({ file }) => file?.split("/").at(-1) ?? NONE),
  text("WORKERS", ({ workers }) => workers.join(" ")),
  text("DIGEST", ({ digest }) => digest),
];
