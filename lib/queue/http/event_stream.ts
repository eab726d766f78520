/**
 * The status as server-sent events, once a second: `numbers` each time, `rows` where rows changed. Each text is made once for
 * all readers. A reader that is too slow for one misses it, and gets all rows with the next.
 *
 * @module
 */

import type { QueueStatus } from "../status/status.ts";
import { rowChanges } from "../status/row_changes.ts";
import { text } from "../../http/guard.ts";
import { formatHead, type HttpResponse, writeAll } from "../../http/request.ts";
import type { HttpStream } from "../../http/server.ts";

/** A reader that reads nothing for so long is not worth a connection. */
const MAX_MISSED = 30;

/** The most readers: who asks for anything else must find a connection. */
const MAX_READERS = 32;

interface Reader {
  /** Whether it is still being written the event before. */
  isBusy: boolean;
  /** How many events it has missed since it was last written to. */
  missed: number;
  /** Whether it has the rows of the status before. */
  hasRows: boolean;
  readonly write: (text: string) => Promise<void>;
  /** Ends its connection. */
  readonly leave: () => void;
}

/** The readers of events. */
export class EventStream {
  readonly #readers = new Set<Reader>();
  /** How many responses there are that have not ended. */
  #open = 0;
  #last: QueueStatus | undefined;
  #lastMs = 0;

  /**
   * Sends a status to all readers.
   *
   * @param status The status.
   * @param atMs When it was so, in milliseconds of a clock that nobody sets.
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
   * @returns The response, whose stream must be begun; a refusal if there are too many readers.
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
      // Whoever cannot be written to has left.
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
    // A reader sends nothing: when there is something to read, it is its end.
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

/** What changed; empty if nothing did. */
function rowsEvent(status: QueueStatus, before: QueueStatus | undefined, elapsedMs = 0): string {
  const changes = rowChanges(status, before, elapsedMs);
  const { workers, clients, ...lists } = changes;
  const count = workers.changed.length + workers.gone.length + clients.changed.length + clients.gone.length;
  if (before !== undefined && count === 0 && Object.keys(lists).length === 0) return "";
  return `event: rows\ndata: ${JSON.stringify({ isWhole: before === undefined, ...changes })}\n\n`;
}
