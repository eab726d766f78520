/**
 * The status as server-sent events, once a second: `numbers` each time, `rows` if rows changed. Each text is made once for
 * all readers. A reader that is too slow misses an event, and gets all rows with the next.
 *
 * @module
 */

import type { QueueStatus } from "../status/status.ts";
import { rowChanges } from "../status/row_changes.ts";
import { text } from "../../http/guard.ts";
import { formatHead, type HttpResponse, writeAll } from "../../http/request.ts";
import type { HttpStream } from "../../http/server.ts";

/** A reader that misses this many events in a row is disconnected. */
const MAX_MISSED = 30;

/** The most readers. The other connections are left for other requests. */
const MAX_READERS = 32;

interface Reader {
  /** Whether the previous event is still being written to it. */
  isBusy: boolean;
  /** How many events it has missed in a row. */
  missed: number;
  /** Whether it has the rows of the previous status. */
  hasRows: boolean;
  readonly write: (text: string) => Promise<void>;
  /** Ends its connection. */
  readonly leave: () => void;
}

/** The readers of events. */
export class EventStream {
  readonly #readers = new Set<Reader>();
  /** How many responses have not ended. */
  #open = 0;
  #last: QueueStatus | undefined;
  #lastMs = 0;

  /**
   * Sends a status to all readers.
   *
   * @param status The status.
   * @param atMs The time of the status, in milliseconds of a monotonic clock.
   */
  send(status: QueueStatus, atMs: number): void {
    const before = this.#last;
    const elapsedMs = atMs - this.#lastMs;
    this.#last = status;
    this.#lastMs = atMs;
    if (this.#readers.size === 0) return;
    const numbers = numbersEvent(status);
    const changes = rowsEvent(status, before, elapsedMs);
    let all: string | undefined;
    for (const reader of this.#readers) {
      if (reader.isBusy) {
        reader.hasRows = false;
        if (++reader.missed === MAX_MISSED) reader.leave();
        continue;
      }
      const rows = reader.hasRows ? changes : all ??= rowsEvent(status, undefined);
      reader.isBusy = true;
      reader.missed = 0;
      reader.hasRows = true;
      void reader.write(numbers + rows).then(() => reader.isBusy = false);
    }
  }

  /**
   * Makes a response that sends events until its reader leaves.
   *
   * @returns The response, whose stream must be started; a refusal if there are too many readers.
   */
  respond(): HttpStream | HttpResponse {
    if (this.#open === MAX_READERS) return text(503, `There are ${MAX_READERS} readers already; ask for /status.json`);
    this.#open++;
    return { stream: (conn, signal) => this.#stream(conn, signal).finally(() => this.#open--) };
  }

  async #stream(conn: Deno.Conn, signal: AbortSignal): Promise<void> {
    const encoder = new TextEncoder();
    await writeAll(
      conn,
      encoder.encode(formatHead(200, {
        "Content-Type": "text/event-stream",
        "X-Accel-Buffering": "no",
      })),
    );
    const left = Promise.withResolvers<void>();
    const reader: Reader = {
      isBusy: false,
      missed: 0,
      hasRows: true,
      leave: () => left.resolve(),
      // A reader that cannot be written to has left.
      write: (text) => writeAll(conn, encoder.encode(text)).catch(() => left.resolve()),
    };
    const last = this.#last;
    if (last !== undefined) {
      reader.isBusy = true;
      void reader.write(numbersEvent(last) + rowsEvent(last, undefined)).then(() => reader.isBusy = false);
    } else {
      reader.hasRows = false;
    }
    const onAbort = () => left.resolve();
    signal.addEventListener("abort", onAbort);
    this.#readers.add(reader);
    // A reader sends nothing, so if the read returns, it has left.
    conn.read(new Uint8Array(1)).then(onAbort, onAbort);
    await left.promise;
    this.#readers.delete(reader);
    signal.removeEventListener("abort", onAbort);
  }
}

function numbersEvent(status: QueueStatus): string {
  const { workers: { list: _workers, ...workers }, clients: { list: _clients, ...clients }, ...rest } = status;
  const { departed: _departed, refusedPeers: _refused, exhausted: _exhausted, settings: _settings, ...numbers } = rest;
  return `event: numbers\ndata: ${JSON.stringify({ ...numbers, workers, clients })}\n\n`;
}

/** The event with the changed rows; empty if nothing changed. */
function rowsEvent(status: QueueStatus, before: QueueStatus | undefined, elapsedMs = 0): string {
  const changes = rowChanges(status, before, elapsedMs);
  const { workers, clients, ...lists } = changes;
  const count = workers.changed.length + workers.gone.length + clients.changed.length + clients.gone.length;
  if (before !== undefined && count === 0 && Object.keys(lists).length === 0) return "";
  return `event: rows\ndata: ${JSON.stringify({ isWhole: before === undefined, ...changes })}\n\n`;
}
