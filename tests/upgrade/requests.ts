/**
 * What clients saw of an upgrade: how long their requests took, and how often they were sent.
 *
 * @module
 */

import { build as buildHistogram } from "hdr-histogram-js";
import { delay } from "../../lib/delay.ts";
import { LazyPirate, NoReplyError } from "../../client.ts";
import type { PythonClients } from "../faults/python_peers.ts";

/** A request that has ended. */
export interface EndedRequest {
  /** When, in milliseconds since 1970. */
  readonly endedMs: number;
  /** How long it took, in milliseconds. */
  readonly tookMs: number;
  /** How often it was sent because no reply had come in time; the first time counts. */
  readonly tries: number;
  /** Whether there was a reply. */
  readonly answered: boolean;
}

/** How long clients try. */
export interface Patience {
  /** How long each try waits, in milliseconds. */
  readonly timeoutMs: number;
  /** How many tries there are. */
  readonly tries: number;
}

/** The requests of unmodified clients that have ended so far. They must have been started with `--tell-requests`. */
export function requestsOf(clients: PythonClients): EndedRequest[] {
  return clients.lines.filter(({ event }) => event === "request") as unknown as EndedRequest[];
}

/** Our own clients, in this process. Each sends its next request a while after the last one has ended. */
export class OurLoad implements AsyncDisposable {
  /** The requests that have ended. */
  readonly requests: EndedRequest[] = [];
  readonly #client: LazyPirate;
  readonly #ending = new AbortController();
  readonly #loops: readonly Promise<void>[];

  /**
   * @param connect The frontends of the queues.
   * @param count How many clients.
   * @param pauseMs How long each waits between two requests.
   * @param patience How long they try.
   */
  constructor(connect: readonly string[], count: number, pauseMs: number, { timeoutMs, tries }: Patience) {
    this.#client = new LazyPirate({ connect, timeout: timeoutMs, retries: tries });
    this.#loops = Array.from({ length: count }, (_, number) => this.#ask(pauseMs, number * pauseMs / count));
  }

  /** Lets them end the requests that are under way. */
  async finish(): Promise<readonly EndedRequest[]> {
    this.#ending.abort();
    await Promise.all(this.#loops);
    return this.requests;
  }

  /** Ends them. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.finish();
    await this.#client[Symbol.asyncDispose]();
  }

  async #ask(pauseMs: number, firstMs: number): Promise<void> {
    await delay(firstMs, this.#ending.signal);
    while (!this.#ending.signal.aborted) {
      const startedMs = Date.now();
      let tries = 1;
      let answered = true;
      try {
        await this.#client.request([new TextEncoder().encode(crypto.randomUUID())], { onRetry: () => void tries++ });
      } catch (error) {
        if (!(error instanceof NoReplyError)) throw error;
        answered = false;
      }
      const endedMs = Date.now();
      this.requests.push({ endedMs, tookMs: endedMs - startedMs, tries, answered });
      await delay(pauseMs, this.#ending.signal);
    }
  }
}

/** How long requests took. */
export interface Waits {
  /** How many there were. */
  readonly requests: number;
  /** How many got no reply. */
  readonly unanswered: number;
  /** How many were sent more than once. */
  readonly sentAgain: number;
  /** In milliseconds, as the other two: half took no longer. */
  readonly p50Ms: number;
  /** Ninety-nine in a hundred took no longer. */
  readonly p99Ms: number;
  /** The longest. */
  readonly maxMs: number;
}

/**
 * Sums up the requests that were under way at some time between two moments.
 *
 * @param requests All requests.
 * @param fromMs The first moment, in milliseconds since 1970.
 * @param toMs The second one.
 */
export function waitsBetween(requests: readonly EndedRequest[], fromMs: number, toMs: number): Waits {
  const met = requests.filter(({ endedMs, tookMs }) => endedMs >= fromMs && endedMs - tookMs <= toMs);
  const histogram = buildHistogram({ numberOfSignificantValueDigits: 3, autoResize: true });
  for (const { tookMs } of met) histogram.recordValue(Math.round(tookMs));
  return {
    requests: met.length,
    unanswered: met.filter(({ answered }) => !answered).length,
    sentAgain: met.filter(({ tries }) => tries > 1).length,
    p50Ms: histogram.getValueAtPercentile(50),
    p99Ms: histogram.getValueAtPercentile(99),
    maxMs: histogram.maxValue,
  };
}
