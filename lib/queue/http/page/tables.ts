/**
 * The tables of the page: which columns each one has, and what it says when it is empty.
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
import { byId, make } from "./elements.ts";
import { NOTHING, type NumberFormat } from "./model/format.ts";
import type { ToldRow } from "./model/rows.ts";
import { clientCommand, type StartCommand, type StartFacts, workerCommand } from "./model/start_commands.ts";
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
  /** Says how to start a worker and a client. */
  readonly teach: (backend: StartFacts, frontend: StartFacts) => void;
}

/** A worker that has not answered for longer than this many of its usual jobs is worth a look. */
const SLOW_FACTOR = 10;
const SLOW_MS = 10_000;

/**
 * Makes the tables.
 *
 * @param format How numbers are written.
 * @param now The time of the last event, in milliseconds of the page's clock.
 */
export function makeTables(format: NumberFormat, now: () => number): Tables {
  const since = (ms: number, atMs: number) => ms + Math.max(0, now() - atMs);
  const workerHelp = helpOf("No worker is connected. Start one");
  const clientHelp = helpOf("No client is connected. Send a request");
  return {
    workers: new Table(byId("workers"), {
      label: "Workers",
      idOf: ({ row }) => row.id,
      sorting: { column: "name", isDescending: false },
      searched: ({ row }) => [row.name, row.id, row.address, row.state],
      choice: { label: "states", values: Object.keys(STATE_MEANINGS), of: ({ row }) => row.state },
      isAlarm: ({ row, atMs }) => isSlow(row, since(row.jobMs ?? 0, atMs)),
      empty: workerHelp.element,
      columns: [
        { id: "name", title: "Name", kind: "name", text: ({ row }) => row.name, sortBy: ({ row }) => row.name },
        {
          id: "state",
          title: "State",
          text: ({ row }) => row.state,
          sortBy: ({ row }) => row.state,
          hint: ({ row }) => STATE_MEANINGS[row.state],
        },
        {
          id: "since",
          title: "For",
          kind: "number",
          text: ({ row, atMs }) => format.duration(whole(since(row.stateMs, atMs))),
          sortBy: ({ row, atMs }) => since(row.stateMs, atMs),
        },
        {
          id: "median",
          title: "Usual job",
          kind: "number",
          text: ({ row }) => format.duration(row.medianJobMs),
          sortBy: ({ row }) => row.medianJobMs,
        },
        {
          id: "answered",
          title: "Answered",
          kind: "number",
          text: ({ row }) => format.count(row.answered),
          sortBy: ({ row }) => row.answered,
        },
        {
          id: "lost",
          title: "Lost jobs",
          kind: "number",
          text: ({ row }) => format.count(row.lost),
          sortBy: ({ row }) => row.lost,
        },
        {
          id: "bytes",
          title: "Job size",
          kind: "number",
          text: ({ row }) => format.bytes(row.jobBytes),
          sortBy: ({ row }) => row.jobBytes,
        },
        {
          id: "address",
          title: "Address",
          kind: "peer",
          text: ({ row }) => row.address ?? NOTHING,
          sortBy: ({ row }) => row.address,
        },
      ],
    }),
    clients: new Table(byId("clients"), {
      label: "Clients",
      idOf: ({ row }) => row.id,
      sorting: { column: "name", isDescending: false },
      searched: ({ row }) => [row.name, row.id, row.address],
      empty: clientHelp.element,
      columns: [
        { id: "name", title: "Name", kind: "name", text: ({ row }) => row.name, sortBy: ({ row }) => row.name },
        {
          id: "waiting",
          title: "Waiting",
          kind: "number",
          text: ({ row }) => format.count(row.waiting),
          sortBy: ({ row }) => row.waiting,
        },
        {
          id: "oldest",
          title: "Oldest waits",
          kind: "number",
          text: ({ row, atMs }) => row.waiting === 0 ? NOTHING : format.duration(whole(since(row.oldestMs, atMs))),
          sortBy: ({ row, atMs }) => row.waiting === 0 ? null : since(row.oldestMs, atMs),
        },
        {
          id: "accepted",
          title: "Accepted",
          kind: "number",
          text: ({ row }) => format.count(row.accepted),
          sortBy: ({ row }) => row.accepted,
        },
        {
          id: "rate",
          title: "A second",
          kind: "number",
          text: ({ row }) => format.rate(row.acceptedPerSecond),
          sortBy: ({ row }) => row.acceptedPerSecond,
        },
        {
          id: "address",
          title: "Address",
          kind: "peer",
          text: ({ row }) => row.address ?? NOTHING,
          sortBy: ({ row }) => row.address,
        },
      ],
    }),
    departed: new Table(byId("departed"), {
      label: "Peers that left",
      idOf: ({ row }) => `${row.role} ${row.name} ${row.address} ${row.reason}`,
      empty: make("p", { className: "empty", textContent: "Nobody has left." }),
      isAlarm: ({ row }) => /with/.test(row.reason),
      columns: [
        { id: "name", title: "Name", kind: "name", text: ({ row }) => row.name },
        { id: "reason", title: "Why", text: ({ row }) => reasonOf(row) },
        { id: "ago", title: "When", kind: "number", text: ({ row, atMs }) => format.ago(since(row.agoMs, atMs)) },
        { id: "role", title: "Role", text: ({ row }) => row.role },
      ],
    }),
    refused: new Table(byId("refused"), {
      label: "Peers that were not let in",
      idOf: ({ row }) => `${row.side} ${row.address} ${row.publicKey} ${row.reason}`,
      empty: make("p", { className: "empty", textContent: "Nobody was refused." }),
      columns: [
        { id: "address", title: "Address", kind: "peer", text: ({ row }) => row.address },
        { id: "side", title: "Side", text: ({ row }) => row.side },
        { id: "key", title: "Key", kind: "peer", text: ({ row }) => row.name ?? row.publicKey ?? NOTHING },
        { id: "reason", title: "Why", text: ({ row }) => row.reason },
        { id: "count", title: "Times", kind: "number", text: ({ row }) => format.count(row.count) },
        { id: "ago", title: "When", kind: "number", text: ({ row, atMs }) => format.ago(since(row.agoMs, atMs)) },
        { id: "permit", title: "To let it in", kind: "peer", text: ({ row }) => row.toPermit ?? NOTHING },
      ],
    }),
    exhausted: new Table(byId("exhausted"), {
      label: "Requests that met their redelivery limit",
      idOf: ({ row, atMs }) =>
        `${row.client} ${row.digest} ${row.workers.join()} ${Math.round((atMs - row.agoMs) / 1000)}`,
      empty: make("p", {
        className: "empty",
        textContent:
          "None. A request is given up when it has been with too many workers that were lost (--redeliveries).",
      }),
      columns: [
        { id: "client", title: "Client", kind: "name", text: ({ row }) => row.client },
        { id: "workers", title: "Lost workers", kind: "peer", text: ({ row }) => row.workers.join(", ") },
        { id: "bytes", title: "Size", kind: "number", text: ({ row }) => format.bytes(row.bytes) },
        { id: "digest", title: "Digest", kind: "peer", text: ({ row }) => row.digest },
        { id: "file", title: "File (--exhausted-dir)", kind: "peer", text: ({ row }) => row.file ?? NOTHING },
        { id: "ago", title: "When", kind: "number", text: ({ row, atMs }) => format.ago(since(row.agoMs, atMs)) },
      ],
    }),
    linked: new Table(byId("linked"), {
      label: "Linked queues",
      idOf: ({ id }) => id,
      empty: make("p", { className: "empty", textContent: "No other queue is there." }),
      columns: [
        {
          id: "address",
          title: "Queue",
          kind: "peer",
          text: ({ address }) => address,
          sortBy: ({ address }) => address,
        },
        {
          id: "workers",
          title: "Workers",
          kind: "number",
          text: ({ workers }) => format.count(workers),
          sortBy: ({ workers }) => workers,
        },
        {
          id: "wanted",
          title: "Wants served",
          kind: "number",
          text: ({ wanted }) => format.count(wanted),
          sortBy: ({ wanted }) => wanted,
        },
        {
          id: "borrowed",
          title: "Ours there",
          kind: "number",
          text: ({ borrowed }) => format.count(borrowed),
          sortBy: ({ borrowed }) => borrowed,
        },
        {
          id: "lent",
          title: "Theirs here",
          kind: "number",
          text: ({ lent }) => format.count(lent),
          sortBy: ({ lent }) => lent,
        },
      ],
    }),
    settings: new Table(byId("settings"), {
      label: "Settings",
      idOf: ({ name }) => name,
      empty: make("p", { className: "empty", textContent: "Not known yet." }),
      columns: [
        { id: "name", title: "Setting", text: ({ name }) => name, sortBy: ({ name }) => name },
        {
          id: "value",
          title: "Value (times in ms, sizes in bytes)",
          kind: "peer",
          text: ({ value }) => valueText(value),
        },
        { id: "from", title: "From", text: ({ from }) => from, sortBy: ({ from }) => from },
      ],
    }),
    teach: (backend, frontend) => {
      workerHelp.show(workerCommand(backend));
      clientHelp.show(clientCommand(frontend));
    },
  };
}

const STATE_MEANINGS: Readonly<Record<WorkerStatus["state"], string>> = {
  silent: "connected, and has not said READY",
  idle: "waits for a request",
  busy: "has a request",
  "on trial": "has a request, though it has not said READY on this connection",
  hung: "took too long for its job, and gets no other before it replies",
  suspect: "may have dropped what it was sent; it gets a request when it says something",
};

function isSlow({ state, medianJobMs }: WorkerStatus, jobMs: number): boolean {
  return state === "hung" || (jobMs > SLOW_MS && medianJobMs !== null && jobMs > SLOW_FACTOR * medianJobMs);
}

function reasonOf({ role, reason }: DepartedStatus): string {
  // A worker that left with a job is one that was lost.
  return role === "worker" && reason.endsWith("with a job") ? `lost: ${reason}` : reason;
}

/** In whole seconds where it is more than one, so that a row changes once a second at most. */
function whole(ms: number): number {
  return ms < 1000 ? ms : Math.floor(ms / 1000) * 1000;
}

function valueText(value: unknown): string {
  if (value === null) return NOTHING;
  return Array.isArray(value) ? value.join(", ") : typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** What is shown where there is no peer yet: the command that makes one. */
function helpOf(text: string): { readonly element: HTMLElement; readonly show: (command: StartCommand) => void } {
  const words = make("p", { textContent: text });
  const code = make("code", { dir: "ltr" });
  const copy = make("button", { type: "button", textContent: "Copy" });
  copy.addEventListener("click", () => {
    // Not every browser lets a page without TLS do this.
    void navigator.clipboard?.writeText(code.textContent ?? "").then(() => copy.textContent = "Copied");
    getSelection()?.selectAllChildren(code);
  });
  const element = make("div", { className: "empty" }, words, make("div", { className: "command" }, code, copy));
  return {
    element,
    show: ({ command, where }) => {
      words.textContent = `${text}, ${where}:`;
      code.textContent = command;
    },
  };
}
