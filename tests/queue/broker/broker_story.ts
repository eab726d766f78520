/**
 * Stories for the broker: each row has a time, events in words, and what the broker has to do.
 *
 * The name of a worker begins with a capital letter, that of a client does not. A message is written as its frames with
 * commas between them: `x,,1` is a client's identity, the delimiter and a body of one frame.
 *
 * - `A connects`, `A leaves`, `A ready`, `A answers x 1` (the reply to `x,,1` is `x,,=1`), `A says ,x,,1` (any frames),
 *   `A says no frames`
 * - `x connects`, `x leaves`, `x asks 1`, `x asks 1 2` (one request each), `x sends ,hop,,1` (any frames)
 * - `A vanishes`: it cannot be reached any more, which the broker does not know yet; `A blocks`: its pipe is full;
 *   `A reads`: it can be reached, and its pipe has room; the same for clients
 * - `dispatch`, `drain`, `abandon`
 *
 * A peer that has not connected does so with its first `ready`, `answers` or `asks`.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { Broker } from "../../../lib/queue/broker/broker.ts";
import type { BrokerConfig } from "../../../lib/queue/broker/options.ts";
import type { SendOutcome } from "../../../lib/queue/broker/output.ts";
import type { BrokerCounters, BrokerGauges } from "../../../lib/queue/broker/statistics.ts";
import { brokerConfig } from "./broker_config.ts";
import { FakeOutput, TEXT_READER } from "./fake_output.ts";

/** The time, what happens, what the broker has to do until the end of its tick, and what that tick has to return. */
export type Row = readonly [
  atMs: number,
  events: string | readonly string[],
  actions: readonly string[],
  msToNextDeadline?: number,
];

/** A story and how it ends. */
export interface Story {
  /** What is not the default. The order is `fifo` unless one is given, so that few stories have to mention it. */
  readonly options?: Partial<BrokerConfig>;
  /** What happens. */
  readonly rows: readonly Row[];
  /** The counters that are not 0 at the end. */
  readonly counters: Partial<BrokerCounters>;
  /** Which workers are reported as having come and gone. */
  readonly comings?: readonly string[];
  /** Requests that are handed over because they met their limit. */
  readonly exhausted?: readonly string[];
  /** Some gauges at the end. */
  readonly gauges?: Partial<BrokerGauges>;
}

/**
 * Plays a story to a broker, and compares what it does.
 *
 * @param story The story.
 */
export function play(story: Story): void {
  const teller = new Teller({ order: "fifo", ...story.options });
  for (const [atMs, events, actions, msToNextDeadline] of story.rows) {
    const where = `At ${atMs} ms, ${events || "nothing happens"}`;
    for (const event of typeof events === "string" ? [events] : events) teller.tell(event, atMs);
    const ms = teller.broker.tick(atMs);
    assertEquals(teller.takeActions(), actions, where);
    if (msToNextDeadline !== undefined) assertEquals(ms, msToNextDeadline, `${where}: to the next deadline`);
    teller.checkSums(where);
  }
  const counters = Object.entries(teller.broker.counters).filter(([, count]) => count !== 0);
  assertEquals(Object.fromEntries(counters), story.counters, "Counters at the end");
  if (story.comings !== undefined) assertEquals(teller.comings, story.comings, "Which workers came and went");
  if (story.exhausted !== undefined) assertEquals(teller.exhausted, story.exhausted, "Requests that met their limit");
  const gauges = teller.broker.gauges;
  assertEquals({ ...gauges, ...story.gauges }, gauges, "Gauges at the end");
}

/**
 * Makes a test of a story.
 *
 * @param name The test's name.
 * @param story The story.
 */
export function testStory(name: string, story: Story): void {
  Deno.test(name, () => play(story));
}

class Teller {
  readonly broker: Broker<string>;
  readonly #output: FakeOutput;
  readonly #outcomes = new Map<string, SendOutcome>();
  readonly #connected = new Set<string>();
  readonly #knowsDepartures: boolean;

  constructor(options: Partial<BrokerConfig>) {
    this.#knowsDepartures = options.knowsDepartures ?? true;
    this.#output = new FakeOutput((_side, identity) => this.#outcomes.get(identity) ?? "sent");
    this.broker = new Broker({ reader: TEXT_READER, output: this.#output, config: brokerConfig(options) });
  }

  tell(event: string, now: number): void {
    const [name, verb, ...words] = event.split(" ") as [string, string, ...string[]];
    switch (verb ?? name) {
      case "":
        return;
      case "dispatch":
        return this.broker.dispatch(now);
      case "drain":
        return this.broker.startDraining(now, 2000);
      case "abandon":
        return this.broker.abandon();
      case "vanishes":
        this.#outcomes.set(name, "unreachable");
        return;
      case "blocks":
        this.#outcomes.set(name, "would block");
        return;
      case "reads":
        this.#outcomes.delete(name);
        return;
      default:
        if (/^[A-Z]/.test(name)) this.#tellOfWorker(name, verb, words, now);
        else this.#tellOfClient(name, verb, words, now);
    }
  }

  get exhausted(): readonly string[] {
    return this.#output.exhaustedRequests;
  }

  get comings(): readonly string[] {
    return this.#output.comings;
  }

  takeActions(): string[] {
    return this.#output.actions.splice(0);
  }

  /** What holds at any time. */
  checkSums(where: string): void {
    const { counters, gauges, pending } = this.broker;
    const ended = counters.answered + counters.clientLeft + counters.clientBlocked + counters.exhausted +
      counters.leftAtDrain;
    assertEquals(ended + pending, counters.accepted, `${where}: requests that ended and that are pending`);
    assertEquals(gauges.waiting + gauges.delayed + gauges.inFlight + gauges.onTrial, pending, `${where}: gauges`);
    assertEquals(this.#output.owned.size, pending, `${where}: requests whose frames are held`);
    if (pending === 0) assertEquals(gauges.pendingBytes, 0, `${where}: bytes`);
  }

  #tellOfWorker(name: string, verb: string, words: readonly string[], now: number): void {
    switch (verb) {
      case "connects":
        return this.#connectWorker(name, now);
      case "leaves":
        this.#connected.delete(name);
        return this.broker.workerGone(name, now);
      case "ready":
        this.#connectWorkerOnce(name, now);
        return this.#say(name, ["", "\x01"], now);
      case "answers":
        this.#connectWorkerOnce(name, now);
        return this.#say(name, ["", words[0]!, "", `=${words[1]}`], now);
      case "says":
        return this.#say(name, words.join(" ") === "no frames" ? [] : words.join(" ").split(","), now);
      default:
        throw new Error(`A worker does not know how to "${verb}"`);
    }
  }

  #tellOfClient(name: string, verb: string, words: readonly string[], now: number): void {
    switch (verb) {
      case "connects":
        return this.#connectClient(name, now);
      case "leaves":
        this.#connected.delete(name);
        return this.broker.clientGone(name, now);
      case "asks":
        if (this.#knowsDepartures && !this.#connected.has(name)) this.#connectClient(name, now);
        for (const body of words) this.#ask(name, ["", body], now);
        return;
      case "sends":
        return this.#ask(name, words.join(" ").split(","), now);
      default:
        throw new Error(`A client does not know how to "${verb}"`);
    }
  }

  #connectWorkerOnce(name: string, now: number): void {
    if (this.#knowsDepartures && !this.#connected.has(name)) this.#connectWorker(name, now);
  }

  #connectWorker(name: string, now: number): void {
    this.#connected.add(name);
    this.#outcomes.delete(name);
    this.broker.workerConnected(name, now);
  }

  #connectClient(name: string, now: number): void {
    this.#connected.add(name);
    this.#outcomes.delete(name);
    this.broker.clientConnected(name, now);
  }

  #say(name: string, frames: readonly string[], now: number): void {
    this.#output.message = frames;
    this.broker.receiveFromWorker(name, frames, now);
    this.#output.message = null;
  }

  #ask(name: string, frames: readonly string[], now: number): void {
    const { owned, actions } = this.#output;
    owned.add(frames);
    const isAccepted = this.broker.receiveRequest(name, frames, now);
    const isRefused = actions.at(-1)?.startsWith("! request refused") ?? false;
    assertEquals(isAccepted, !isRefused, `Whether ${frames} of ${name} was accepted`);
    if (!isAccepted) owned.delete(frames);
  }
}
