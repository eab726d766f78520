/**
 * The tables of the page: the columns of each, and its text if it is empty.
 *
 * @module
 */

/// <reference lib="dom" />

import type { LinkedQueue } from "../../link/counters.ts";
import type {
  ClientStatus,
  DepartedStatus,
  ExhaustedStatus,
  RefusedStatus,
  Setting,
  WorkerStatus,
} from "../../status/status.ts";
import { Columns, type EventClock } from "./columns.ts";
import { byId, make } from "./elements.ts";
import type { NumberFormat } from "./model/format.ts";
import type { ToldRow } from "./model/rows.ts";
import { clientCommand, type StartFacts, workerCommand } from "./model/start_commands.ts";
import { StartHelp } from "./start_help.ts";
import { Table } from "./table.ts";

/** All tables. */
export interface Tables {
  readonly workers: Table<ToldRow<WorkerStatus>>;
  readonly clients: Table<ToldRow<ClientStatus>>;
  readonly departed: Table<ToldRow<DepartedStatus>>;
  readonly refused: Table<ToldRow<RefusedStatus>>;
  readonly exhausted: Table<ToldRow<ExhaustedStatus>>;
  readonly linked: Table<LinkedQueue>;
  readonly settings: Table<Setting>;
  /** Shows how to start a worker or a client if there is none. */
  readonly teach: (backend: StartFacts, frontend: StartFacts, clients: number) => void;
}

/** A worker is marked if its job takes longer than this many of its usual jobs. */
const SLOW_FACTOR = 10;
const SLOW_MS = 10_000;

/**
 * Makes the tables.
 *
 * @param format How numbers are written.
 * @param clock The time of the last event.
 */
export function makeTables(format: NumberFormat, clock: EventClock): Tables {
  const columns = new Columns(format, clock);
  const workerHelp = new StartHelp("No worker is connected. Start one");
  const clientHelp = new StartHelp("No client is connected. Send a request");
  return {
    workers: workersTable(columns, workerHelp.element),
    clients: clientsTable(columns, clientHelp.element),
    departed: departedTable(columns),
    refused: refusedTable(columns),
    exhausted: exhaustedTable(columns),
    linked: linkedTable(columns),
    settings: settingsTable(columns),
    teach: (backend, frontend, clients) => {
      workerHelp.show(workerCommand(backend));
      // Only clients with waiting requests are listed.
      if (clients === 0) clientHelp.show(clientCommand(frontend));
      else clientHelp.say("None of them has a waiting request.");
    },
  };
}

function workersTable(columns: Columns, empty: HTMLElement): Tables["workers"] {
  return new Table<ToldRow<WorkerStatus>>(byId("workers"), {
    label: "Workers",
    idOf: ({ row }) => row.id,
    sorting: { column: "name", isDescending: false },
    search: { by: "name, address, state", texts: ({ row }) => [row.name, row.id, row.address, row.state] },
    choice: { label: "states", values: Object.keys(STATE_MEANINGS), of: ({ row }) => row.state },
    isAlarm: (told) => isSlow(told.row, columns.grown(told, ({ jobMs }) => jobMs) ?? 0),
    empty,
    columns: [
      columns.text("name", "Name", ({ row }) => row.name, { kind: "name" }),
      columns.text("state", "State", ({ row }) => row.state, {
        hint: ({ row }) => STATE_MEANINGS[row.state],
        mark: ({ row }) => row.state,
      }),
      columns.growing("since", "For", ({ stateMs }) => stateMs),
      columns.duration("median", "Usual job", ({ row }) => row.medianJobMs),
      columns.count("answered", "Answered", ({ row }) => row.answered),
      columns.count("lost", "Lost jobs", ({ row }) => row.lost),
      columns.bytes("bytes", "Job size", ({ row }) => row.jobBytes),
      columns.text("address", "Address", ({ row }) => row.address, { kind: "peer" }),
    ],
  });
}

function clientsTable(columns: Columns, empty: HTMLElement): Tables["clients"] {
  return new Table<ToldRow<ClientStatus>>(byId("clients"), {
    label: "Clients",
    idOf: ({ row }) => row.id,
    sorting: { column: "name", isDescending: false },
    search: { by: "name, address", texts: ({ row }) => [row.name, row.id, row.address] },
    empty,
    columns: [
      columns.text("name", "Name", ({ row }) => row.name, { kind: "name" }),
      columns.count("waiting", "Waiting", ({ row }) => row.waiting),
      columns.growing("oldest", "Oldest waits", ({ waiting, oldestMs }) => waiting === 0 ? null : oldestMs),
      columns.count("accepted", "Accepted", ({ row }) => row.accepted),
      columns.rate("rate", "A second", ({ row }) => row.acceptedPerSecond),
      columns.text("address", "Address", ({ row }) => row.address, { kind: "peer" }),
    ],
  });
}

function departedTable(columns: Columns): Tables["departed"] {
  return new Table<ToldRow<DepartedStatus>>(byId("departed"), {
    label: "Peers that left",
    idOf: ({ row }) => `${row.role} ${row.name} ${row.address} ${row.reason}`,
    empty: make("p", { className: "empty", textContent: "Nobody has left." }),
    isAlarm: ({ row }) => /with/.test(row.reason),
    columns: [
      columns.text("name", "Name", ({ row }) => row.name, { kind: "name" }),
      columns.text("reason", "Why", ({ row }) => reasonOf(row)),
      columns.ago(),
      columns.text("role", "Role", ({ row }) => row.role),
    ],
  });
}

function refusedTable(columns: Columns): Tables["refused"] {
  return new Table<ToldRow<RefusedStatus>>(byId("refused"), {
    label: "Refused peers",
    idOf: ({ row }) => `${row.side} ${row.address} ${row.publicKey} ${row.reason}`,
    empty: make("p", { className: "empty", textContent: "Nobody was refused." }),
    columns: [
      columns.text("address", "Address", ({ row }) => row.address, { kind: "peer" }),
      columns.text("reason", "Why", ({ row }) => row.reason),
      columns.text("permit", "To let it in", ({ row }) => row.toPermit, { kind: "peer" }),
      columns.text("key", "Key", ({ row }) => row.name ?? row.publicKey, { kind: "peer" }),
      columns.text("side", "Side", ({ row }) => row.side),
      columns.count("count", "Times", ({ row }) => row.count),
      columns.ago(),
    ],
  });
}

function exhaustedTable(columns: Columns): Tables["exhausted"] {
  return new Table<ToldRow<ExhaustedStatus>>(byId("exhausted"), {
    label: "Requests that reached their redelivery limit",
    idOf: ({ row }) => `${row.client} ${row.digest} ${row.workers.join()}`,
    empty: make("p", {
      className: "empty",
      textContent: "None. A request is given up after too many of its workers were lost (--redeliveries).",
    }),
    columns: [
      columns.text("client", "Client", ({ row }) => row.client, { kind: "name" }),
      columns.text("file", "File (--exhausted-dir)", ({ row }) => row.file, { kind: "peer" }),
      columns.text("workers", "Lost workers", ({ row }) => row.workers.join(", "), { kind: "peer" }),
      columns.bytes("bytes", "Size", ({ row }) => row.bytes),
      columns.text("digest", "Digest", ({ row }) => row.digest, { kind: "peer" }),
      columns.ago(),
    ],
  });
}

function linkedTable(columns: Columns): Tables["linked"] {
  return new Table<LinkedQueue>(byId("linked"), {
    label: "Linked queues",
    idOf: ({ id }) => id,
    empty: make("p", { className: "empty", textContent: "No other queues." }),
    columns: [
      columns.text("address", "Queue", ({ address }) => address, { kind: "peer" }),
      columns.count("workers", "Workers", ({ workers }) => workers),
      columns.count("wanted", "Wants served", ({ wanted }) => wanted),
      columns.count("borrowed", "Ours there", ({ borrowed }) => borrowed),
      columns.count("lent", "Theirs here", ({ lent }) => lent),
    ],
  });
}

function settingsTable(columns: Columns): Tables["settings"] {
  return new Table<Setting>(byId("settings"), {
    label: "Settings",
    idOf: ({ name }) => name,
    empty: make("p", { className: "empty", textContent: "Not known yet." }),
    columns: [
      columns.text("name", "Setting", ({ name }) => name),
      columns.value("value", "Value (times in ms, sizes in bytes)", ({ value }) => value),
      columns.text("from", "From", ({ from }) => from),
    ],
  });
}

const STATE_MEANINGS: Readonly<Record<WorkerStatus["state"], string>> = {
  silent: "connected, and has not said READY",
  idle: "waits for a request",
  busy: "has a request",
  "on trial": "has a request, though it has not said READY on this connection",
  hung: "took too long for its job; gets no other until it replies",
  suspect: "may have dropped its request; gets no other until it sends READY or a reply",
};

function isSlow({ state, medianJobMs }: WorkerStatus, jobMs: number): boolean {
  return state === "hung" || (jobMs > SLOW_MS && medianJobMs !== null && jobMs > SLOW_FACTOR * medianJobMs);
}

function reasonOf({ role, reason }: DepartedStatus): string {
  // A worker that left with a job was lost.
  return role === "worker" && reason.endsWith("with a job") ? `lost: ${reason}` : reason;
}
