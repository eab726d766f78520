/**
 * Reads `status.json`, `history.json` and `events`, and reconnects whenever they end.
 *
 * @module
 */

/// <reference lib="dom" />

import type { HistoryRecord } from "../../status/history.ts";
import type { QueueStatus } from "../../status/status.ts";
import type { CookiePlace } from "../token_cookie.ts";
import type { Numbers } from "./model/first_glance.ts";
import type { RowsEvent } from "./model/rows.ts";

/** Receives what the queue sends. */
export interface Listener {
  /** A connection begins: the whole status, and the history. */
  begin(status: QueueStatus, history: HistoryRecord): void;
  /** An event `numbers`. */
  numbers(numbers: Numbers): void;
  /** An event `rows`. */
  rows(rows: RowsEvent): void;
  /** The queue could not be reached, or did not answer properly. The connection is retried. */
  failed(reason: string): void;
  /** The token is missing or wrong. Nothing more arrives until {@linkcode Connection.open} is called. */
  unauthorized(): void;
}

/** The queue sends an event each second. After this time without one, the connection is given up. */
const SILENT_MS = 6000;
const RETRY_MS = 1000;
const FETCH_MS = 5000;
/** Of a problem. */
const MAX_TEXT = 200;

/** See the module. */
export class Connection {
  readonly #listener: Listener;
  #events: EventSource | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param listener Receives what the queue sends. */
  constructor(listener: Listener) {
    this.#listener = listener;
  }

  /** Connects, and retries until it succeeds. */
  async open(): Promise<void> {
    this.#stop();
    let begun: readonly [unknown, unknown];
    try {
      begun = await Promise.all([read("status.json"), read("history.json")]);
    } catch (error) {
      if (error instanceof UnauthorizedError) return this.#listener.unauthorized();
      this.#listener.failed(error instanceof AnswerError ? error.message : "The queue cannot be reached");
      return this.#later(RETRY_MS);
    }
    const [status, history] = begun;
    this.#listener.begin(status as QueueStatus, history as HistoryRecord);
    const events = this.#events = new EventSource("events");
    const on = <Data>(name: string, take: (data: Data) => void) =>
      events.addEventListener(name, ({ data }) => {
        this.#later(SILENT_MS);
        take(JSON.parse(data));
      });
    on<Numbers>("numbers", (data) => this.#listener.numbers(data));
    on<RowsEvent>("rows", (data) => this.#listener.rows(data));
    events.addEventListener("error", () => {
      events.close();
      this.#later(RETRY_MS);
    });
    this.#later(SILENT_MS);
  }

  #stop(): void {
    clearTimeout(this.#timer);
    this.#events?.close();
    this.#events = undefined;
  }

  #later(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.open(), ms);
  }
}

class UnauthorizedError extends Error {}

/** The response is not the expected one. */
class AnswerError extends Error {}

async function read(path: string): Promise<unknown> {
  const response = await fetch(path, { signal: AbortSignal.timeout(FETCH_MS) });
  if (response.status === 401) throw new UnauthorizedError();
  if (!response.ok) throw new AnswerError(await problemOf(response));
  return await response.json();
}

/**
 * What is wrong, in a sentence: the queue's own, or one about whatever answers in its place.
 *
 * @param response The unsuccessful response.
 */
export async function problemOf(response: Response): Promise<string> {
  const isPage = response.headers.get("content-type")?.includes("html") === true;
  const text = isPage ? "" : (await response.text()).trim().slice(0, MAX_TEXT);
  return text === "" ? `The answer was ${response.status} ${response.statusText}`.trim() : text;
}

/**
 * Stores the token in a cookie, which no script can read and which the browser sends only to this page's folder.
 *
 * @param token The token.
 * @returns Whether it is the queue's.
 */
export async function keepToken(token: string): Promise<boolean> {
  const place: CookiePlace = {
    folder: location.pathname.replace(/[^/]*$/, ""),
    port: location.port,
    isSecure: location.protocol === "https:",
  };
  const response = await fetch("token", {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-SPQ-Action": "1" },
    body: JSON.stringify({ token, ...place }),
    signal: AbortSignal.timeout(FETCH_MS),
  });
  return response.ok;
}
