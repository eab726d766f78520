/**
 * A reader of the queue's events, where there is no browser for the page.
 *
 * @module
 */

import { delay } from "../../../lib/delay.ts";
import { until } from "../../harness/prometheus.ts";
import type { Production } from "./production.ts";
import type { Watcher } from "./watcher.ts";

const PAUSE_MS = 1000;

/** It reads, and comes again when the queue has ended, as the page does. */
export class EventsWatcher implements Watcher {
  readonly name = "page (events)";
  readonly #url: string;
  readonly #end = new AbortController();
  readonly #reading: Promise<void>;
  #events = 0;
  #connections = 0;

  /** @param production What it reads of. */
  constructor({ queue }: Production) {
    this.#url = `http://${queue.http}/events`;
    this.#reading = this.#read();
  }

  /** Checks that events still come. */
  check = async (): Promise<string> => {
    const before = this.#events;
    await until(() => Promise.resolve(this.#events > before || undefined), "a further event");
    return `no chromium, so /events was read: ${this.#events} events on ${this.#connections} connections`;
  };

  /** Ends it. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#end.abort();
    await this.#reading;
  }

  async #read(): Promise<void> {
    const { signal } = this.#end;
    while (!signal.aborted) {
      try {
        const { body } = await fetch(this.#url, { signal });
        this.#connections++;
        for await (const text of body!.pipeThrough(new TextDecoderStream())) {
          this.#events += text.match(/^event: /gm)?.length ?? 0;
        }
      } catch {
        // The queue has ended, or this reader has. Either way the loop knows.
      }
      await delay(PAUSE_MS, signal);
    }
  }
}
