/**
 * Asks a queue for its state when a request got no reply (`spclient --explain`).
 *
 * @module
 */

import { formatHttpAddress, parseHttpAddress } from "../http/address.ts";
import { fetchBody, HttpClientError, type HttpClientRequest } from "../http/client.ts";
import { readToken } from "../http/token.ts";
import { formatAge } from "../words.ts";
import { type LazyPirate, NoReplyError } from "./lazy_pirate.ts";

/** Requests that fail within this time share one answer, so that many failures do not cause many questions. */
const FRESH_MS = 1000;

/** States in which no waiting request is served, whatever the rate of the last seconds was. */
const STALLED_STATES: readonly string[] = ["paused", "no workers"];

/** The part of a queue's `/status.json` that is used here. */
interface PartialStatus {
  readonly state: string;
  readonly sentence: string;
  readonly waiting: { readonly requests: number };
  readonly rates: { readonly answeredPerSecond: number };
}

/**
 * Describes a queue's state, with how long its waiting requests will take at the present rate.
 *
 * @param status The queue's answer at `/status.json`.
 * @returns Such as `serving: 4 of 4 workers busy, 120 waiting, the oldest for 8.1 s; that is about 9.0 s at the present
 * rate`.
 * @throws {TypeError} When it is not a queue's status.
 */
export function explanationOf(status: unknown): string {
  const { state, sentence, waiting, rates } = status as PartialStatus;
  if (typeof sentence !== "string") throw new TypeError("it has no sentence");
  const [requests, perSecond] = [waiting.requests, rates.answeredPerSecond];
  if (!(requests > 0 && perSecond > 0) || STALLED_STATES.includes(state)) return sentence;
  return `${sentence}; that is about ${formatAge(requests / perSecond * 1000)} at the present rate`;
}

/** Asks queues why a request got no reply. */
export class Explainer {
  readonly #requests: readonly HttpClientRequest[];
  #last: { readonly atMs: number; readonly text: Promise<string> } | undefined;

  private constructor(requests: readonly HttpClientRequest[]) {
    this.#requests = requests;
  }

  /**
   * Makes an explainer.
   *
   * @param addresses The addresses at which the queues serve HTTP.
   * @param tokenFile The file with the token, if they require one.
   * @throws {KeyFileError} When the token file cannot be used.
   */
  static async open(addresses: readonly string[], tokenFile: string | undefined): Promise<Explainer> {
    const token = tokenFile === undefined ? undefined : await readToken(tokenFile);
    return new Explainer(
      addresses.map((address) => ({ address: parseHttpAddress(address), path: "/status.json", token })),
    );
  }

  /** What the queues say now, or why they cannot be asked. */
  async explain(): Promise<string> {
    const nowMs = performance.now();
    if (this.#last === undefined || nowMs - this.#last.atMs >= FRESH_MS) {
      this.#last = { atMs: nowMs, text: this.#ask() };
    }
    return await this.#last.text;
  }

  /**
   * Wraps a client so that the error of a request without a reply also says what the queues report.
   *
   * @param client Makes the requests.
   */
  explained(client: Pick<LazyPirate, "request">): Pick<LazyPirate, "request"> {
    return {
      request: async (body, options) => {
        try {
          return await client.request(body, options);
        } catch (error) {
          if (!(error instanceof NoReplyError)) throw error;
          throw new NoReplyError(`${error.message}. ${await this.explain()}`, error.reason);
        }
      },
    };
  }

  async #ask(): Promise<string> {
    return (await Promise.all(this.#requests.map(explainOne))).join(". ");
  }
}

async function explainOne(request: HttpClientRequest): Promise<string> {
  const name = `"${formatHttpAddress(request.address)}"`;
  try {
    return `The queue at ${name} says: ${explanationOf(JSON.parse(await fetchBody(request)))}`;
  } catch (error) {
    if (error instanceof HttpClientError) return error.message;
    if (error instanceof SyntaxError || error instanceof TypeError) return `What answers at ${name} is no queue`;
    throw error;
  }
}
