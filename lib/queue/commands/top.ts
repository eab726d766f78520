/**
 * Implements `spqueue top`: polls queues over HTTP and shows their status.
 *
 * @module
 */

import { ExitCode, type OptionValues } from "../../cli/program.ts";
import { type EndSignal, exitCodeOf, listenForSignals } from "../../cli/signals.ts";
import { delay } from "../../delay.ts";
import { formatHttpAddress, type HttpAddress } from "../../http/address.ts";
import { HttpClientError } from "../../http/client.ts";
import { writeOutput } from "../../standard_output.ts";
import { keysOf } from "../top/keys.ts";
import type { QueueView } from "../top/queue_view.ts";
import { type Screen, screenOf } from "../top/screen.ts";
import { firstState, type TopState, withAnswer, withKey } from "../top/state.ts";
import { addressesOf, askStatus, printStatuses, tokenOf } from "./status.ts";
import { Terminal } from "./terminal.ts";
import type { TOP } from "./top_options.ts";

const DEFAULT_INTERVAL_MS = 1000;

type TopOptions = OptionValues<typeof TOP.options>;

/** `spqueue top`. */
export async function showTop(options: TopOptions, texts: readonly string[]): Promise<number> {
  const addresses = addressesOf(options.http, texts);
  const { interval } = options;
  if (Terminal.isThere) {
    return await new Top(addresses, await tokenOf(options), interval ?? DEFAULT_INTERVAL_MS).run();
  }
  if (interval === undefined) return await printStatuses("spqueue top", options, texts);
  const token = await tokenOf(options);
  for (;;) {
    const answers = await Promise.all(addresses.map((address) => ask(address, token)));
    const at = new Date().toISOString();
    writeOutput(
      answers.map(({ address, status, error }) => `${at} ${address} ${error ?? status!.sentence}\n`).join(""),
    );
    await delay(interval);
  }
}

/** Shows queues on a terminal. */
class Top {
  readonly #addresses: readonly HttpAddress[];
  readonly #token: string | undefined;
  #state: TopState;
  #screen: Screen | undefined;
  readonly #over = new AbortController();
  /** Aborted when the interval changes, so that the queues are polled at once. */
  #hurry = new AbortController();
  #signal: EndSignal | undefined;
  #error: unknown;

  constructor(addresses: readonly HttpAddress[], token: string | undefined, intervalMs: number) {
    this.#addresses = addresses;
    this.#token = token;
    this.#state = firstState(addresses.map(formatHttpAddress), intervalMs);
  }

  /** Runs until it is ended. */
  async run(): Promise<number> {
    listenForSignals({
      onFirst: (signal) => {
        this.#signal = signal;
        this.#over.abort();
      },
    });
    {
      using terminal = new Terminal();
      terminal.onChange = () => this.#draw(terminal);
      this.#draw(terminal);
      const following = this.#addresses.map((address) => this.#follow(address, terminal));
      // An error in any of them ends the program, with the terminal restored.
      await Promise.race([aborted(this.#over.signal), this.#obey(terminal), ...following]);
    }
    if (this.#error !== undefined) throw this.#error;
    return this.#signal === undefined ? ExitCode.DONE : exitCodeOf(this.#signal);
  }

  async #obey(terminal: Terminal): Promise<void> {
    try {
      for await (const text of terminal.input()) {
        for (const key of keysOf(text)) {
          if (key === "ctrl-z") {
            terminal.suspend();
            continue;
          }
          const { table = { count: 0, room: 0 }, marked } = this.#screen ?? {};
          const { intervalMs } = this.#state;
          this.#state = withKey(this.#state, key, table, marked);
          if (this.#state.isOver) return;
          if (this.#state.intervalMs !== intervalMs) this.#askAgain();
          this.#draw(terminal);
        }
      }
    } finally {
      this.#over.abort();
    }
  }

  #askAgain(): void {
    this.#hurry.abort();
    this.#hurry = new AbortController();
  }

  async #follow(address: HttpAddress, terminal: Terminal): Promise<void> {
    const { signal } = this.#over;
    while (!signal.aborted) {
      const answer = await ask(address, this.#token);
      if (signal.aborted) return;
      this.#state = withAnswer(this.#state, answer);
      this.#draw(terminal);
      await delay(this.#state.intervalMs, AbortSignal.any([signal, this.#hurry.signal]));
    }
  }

  #draw(terminal: Terminal): void {
    if (this.#over.signal.aborted) return;
    try {
      this.#screen = screenOf(this.#state, terminal.size);
      terminal.draw(this.#screen.lines);
    } catch (error) {
      this.#error = error;
      this.#over.abort();
    }
  }
}

async function ask(address: HttpAddress, token: string | undefined): Promise<QueueView> {
  const name = formatHttpAddress(address);
  try {
    return { address: name, status: (await askStatus(address, token)).status, error: undefined };
  } catch (error) {
    if (error instanceof HttpClientError) return { address: name, error: error.message };
    throw error;
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}
