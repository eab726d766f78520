/**
 * A world of linked queues with workers, clients and a network between them that delays, loses and reorders messages.
 *
 * After every event it is checked, for each queue, that the two accounts fit: what became of accepted requests, and what
 * became of loans. The peers check the rest, since they know what they sent and received:
 *
 * - A worker is sent nothing while it has a job.
 * - A reply goes to the client that asked, at its own queue, once, and it is the reply to what that client asked.
 * - Frames are released once.
 *
 * @module
 */

import { assertEquals, fail } from "@std/assert";
import { Broker } from "../../../lib/queue/broker/broker.ts";
import type { BrokerConfig } from "../../../lib/queue/broker/options.ts";
import type { BrokerOutput, SendOutcome } from "../../../lib/queue/broker/output.ts";
import { Link, type LinkOutput } from "../../../lib/queue/link/link.ts";
import { checkMessage, type LinkMessage } from "../../../lib/queue/link/messages.ts";
import { brokerConfig } from "../broker/broker_config.ts";
import { TEXT_READER } from "../broker/fake_output.ts";

/** A request of a client. */
interface Asked {
  readonly id: string;
  readonly queue: string;
  readonly client: string;
  state: "pending" | "answered" | "given up" | "gone with its queue";
}

interface Sent {
  readonly atMs: number;
  readonly from: string;
  readonly to: string;
  readonly message: LinkMessage;
  readonly frames: readonly string[];
}

interface SimulatedWorker {
  job: { readonly name: string; readonly frames: readonly string[] } | null;
}

/** How the network is. */
export interface Network {
  /** The longest delay, in milliseconds. */
  readonly delayMs: number;
  /** Of a hundred messages, how many are lost. */
  readonly lostPercent: number;
  /** Whether later messages may overtake earlier ones. */
  readonly reorders: boolean;
  /** Of a hundred messages, how many find the pipe full. */
  readonly fullPercent: number;
}

/** A network without faults. */
export const GOOD_NETWORK: Network = { delayMs: 2, lostPercent: 0, reorders: false, fullPercent: 0 };

/** One queue. */
export class SimulatedQueue {
  readonly broker: Broker<string>;
  readonly link: Link<string>;
  readonly workers = new Map<string, SimulatedWorker>();
  readonly clients = new Set<string>();
  readonly owned = new Set<readonly string[]>();
  isConnected = true;
  isStopped = false;
  isDraining = false;

  constructor(readonly id: string, readonly name: string, config: BrokerConfig, world: LinkWorld) {
    this.broker = new Broker({ reader: TEXT_READER, output: world.brokerOutput(this), config });
    this.link = new Link({
      id,
      address: name,
      reader: TEXT_READER,
      broker: this.broker,
      output: world.linkOutput(this),
    });
    this.broker.linkTo(this.link);
  }
}

/** Linked queues, and everything around them. */
export class LinkWorld {
  readonly queues: SimulatedQueue[] = [];
  /** Those that have ended after a drain. */
  readonly ended: SimulatedQueue[] = [];
  readonly asked = new Map<string, Asked>();
  network: Network;
  now = 1000;
  /** How often each worker of a queue was given a request of each queue: `of queue:at queue`. */
  readonly jobs = new Map<string, number>();
  readonly #config: BrokerConfig;
  readonly #trace: string[] | null;
  #underWay: Sent[] = [];
  /** What NATS will say of runs to queues that are not there. */
  #nobody: {
    readonly queue: SimulatedQueue;
    readonly to: string;
    readonly attempt: number | null;
    readonly atMs: number;
  }[] = [];
  /** Replies that links keep. */
  readonly #kept = new Set<readonly string[]>();
  readonly #latest = new Map<string, number>();
  #ids = 0;
  #random: () => number;

  constructor(names: readonly string[], options: {
    readonly config?: Partial<BrokerConfig>;
    readonly network?: Network;
    readonly seed?: number;
    readonly trace?: string[] | null;
  } = {}) {
    this.#config = brokerConfig(options.config);
    this.network = options.network ?? GOOD_NETWORK;
    this.#random = randomFrom(options.seed ?? 1);
    this.#trace = options.trace ?? null;
    for (const name of names) this.start(name);
  }

  /** The queue with a name. */
  named(name: string): SimulatedQueue {
    return this.queues.find((queue) => queue.name === name)!;
  }

  start(name: string): SimulatedQueue {
    const id = (++this.#ids).toString(16).padStart(16, "0");
    const queue = new SimulatedQueue(id, name, this.#config, this);
    this.queues.push(queue);
    queue.link.connected("simulated", this.now);
    this.settle(`${name} starts`);
    return queue;
  }

  /** A queue dies with everything that it has, and starts anew without workers and clients. */
  kill(queue: SimulatedQueue): void {
    this.queues.splice(this.queues.indexOf(queue), 1);
    for (const asked of this.asked.values()) {
      if (asked.queue === queue.id && asked.state === "pending") asked.state = "gone with its queue";
    }
    this.start(queue.name);
  }

  /** A queue's time for draining is over. It starts anew, without workers and clients. */
  endDrain(queue: SimulatedQueue): void {
    queue.broker.abandon();
    this.#check(queue);
    queue.link.leave();
    const { broker, link, owned, name } = queue;
    assertEquals([broker.pending, link.borrowed, link.lent, owned.size], [0, 0, 0, 0], `What ${name} leaves behind`);
    this.ended.push(queue);
    this.kill(queue);
  }

  ask(queue: SimulatedQueue, client: string): void {
    const id = `${queue.name}-${this.asked.size}`;
    if (!queue.clients.has(client)) {
      queue.clients.add(client);
      queue.broker.clientConnected(client, this.now);
    }
    const frames = ["", id];
    queue.owned.add(frames);
    const isAccepted = queue.broker.receiveRequest(client, frames, this.now);
    if (isAccepted) this.asked.set(id, { id, queue: queue.id, client, state: "pending" });
    else queue.owned.delete(frames);
    this.settle(`${client} asks ${id}`);
  }

  leave(queue: SimulatedQueue, client: string): void {
    if (!queue.clients.delete(client)) return;
    for (const asked of this.asked.values()) {
      if (asked.queue === queue.id && asked.client === client && asked.state === "pending") asked.state = "given up";
    }
    queue.broker.clientGone(client, this.now);
    this.settle(`${client} leaves ${queue.name}`);
  }

  /** A worker connects that had said READY to the queue that was here before. */
  joinSilently(queue: SimulatedQueue, worker: string): void {
    if (queue.workers.has(worker)) return;
    queue.workers.set(worker, { job: null });
    queue.broker.workerConnected(worker, this.now);
    this.settle(`${worker} joins ${queue.name} silently`);
  }

  join(queue: SimulatedQueue, worker: string): void {
    if (queue.workers.has(worker)) return;
    queue.workers.set(worker, { job: null });
    queue.broker.workerConnected(worker, this.now);
    queue.broker.receiveFromWorker(worker, ["", "\x01"], this.now);
    this.settle(`${worker} joins ${queue.name}`);
  }

  killWorker(queue: SimulatedQueue, worker: string): void {
    if (!queue.workers.delete(worker)) return;
    queue.broker.workerGone(worker, this.now);
    this.settle(`${worker} of ${queue.name} dies`);
  }

  answer(queue: SimulatedQueue, worker: string): void {
    const simulated = queue.workers.get(worker);
    if (!simulated?.job) return;
    const { name, frames } = simulated.job;
    simulated.job = null;
    queue.broker.receiveFromWorker(worker, ["", name, "", `=${frames.at(-1)}`], this.now);
    this.settle(`${worker} of ${queue.name} answers ${frames.at(-1)}`);
  }

  /** All workers answer. */
  answerAll(): void {
    for (const queue of this.queues) for (const worker of [...queue.workers.keys()]) this.answer(queue, worker);
  }

  connect(queue: SimulatedQueue, isConnected: boolean): void {
    if (queue.isConnected === isConnected) return;
    queue.isConnected = isConnected;
    if (isConnected) queue.link.connected("simulated", this.now);
    else queue.link.disconnected();
    this.settle(`${queue.name} ${isConnected ? "connects" : "loses its connection"}`);
  }

  drain(queue: SimulatedQueue): void {
    queue.isDraining = true;
    queue.broker.startDraining(this.now, Infinity);
    this.settle(`${queue.name} drains`);
  }

  pass(ms: number): void {
    const untilMs = this.now + ms;
    while (this.now < untilMs) {
      this.now = Math.min(untilMs, this.now + 5);
      this.settle("");
    }
  }

  /** Delivers what is due, lets every queue take its turn, and checks everything. */
  settle(event: string): void {
    if (event !== "") this.#trace?.push(`${this.now} ${event}`);
    for (let turns = 0; turns < 3; turns++) {
      const due = this.#underWay.filter(({ atMs }) => atMs <= this.now);
      this.#underWay = this.#underWay.filter(({ atMs }) => atMs > this.now);
      for (const sent of due) this.#deliver(sent);
      const told = this.#nobody.filter(({ atMs }) => atMs <= this.now);
      this.#nobody = this.#nobody.filter(({ atMs }) => atMs > this.now);
      for (const { queue, to, attempt } of told) {
        if (!queue.isConnected || !this.queues.includes(queue)) continue;
        if (attempt === null) queue.link.absent(to, this.now);
        else queue.link.nobodyThere(attempt, this.now);
      }
      for (const queue of this.queues) {
        if (queue.isStopped) continue;
        queue.broker.dispatch(this.now);
        queue.link.tick(this.now);
        queue.broker.tick(this.now);
      }
    }
    for (const queue of this.queues) this.#check(queue);
  }

  #check({ broker, link, name }: SimulatedQueue): void {
    const { counters, gauges } = broker;
    const { waiting, delayed, inFlight, onTrial, remote, onLoan } = gauges;
    const ended = counters.answered + counters.clientLeft + counters.clientBlocked + counters.exhausted +
      counters.leftAtDrain;
    assertEquals(counters.accepted, ended + waiting + delayed + inFlight + onTrial + remote, `Requests of ${name}`);
    const { borrowed, borrowedAnswered, borrowedRefused, borrowedExcused, borrowedLost, ...rest } = link.counters;
    const { borrowedTimedOut, borrowedLeftAtDrain, lent, lentAnswered, lentRefused, lentExcused, lentLost } = rest;
    const returned = borrowedRefused + borrowedExcused + borrowedLost;
    const taken = borrowedTimedOut + borrowedLeftAtDrain;
    assertEquals(borrowed, borrowedAnswered + returned + taken + link.borrowed, `Attempts of ${name}`);
    assertEquals(lent, lentAnswered + lentRefused + lentExcused + lentLost + link.lent, `Loans of ${name}`);
    assertEquals([remote, onLoan], [link.borrowed, link.lent], `What ${name}'s broker and link have under way`);
  }

  #deliver({ from, to, message, frames }: Sent): void {
    for (const queue of to === "" ? [...this.queues] : this.queues.filter(({ id }) => id === to)) {
      if (queue.id === from || !queue.isConnected) continue;
      if (queue.isStopped) {
        this.#underWay.push({ atMs: this.now + 1, from, to: queue.id, message, frames });
        continue;
      }
      const received = new Received(...frames);
      if (queue.link.receive(from, message, received, 0, this.now)) queue.owned.add(received.taken);
    }
  }

  brokerOutput(queue: SimulatedQueue): BrokerOutput<string> {
    return {
      sendRequest: (worker, name, frames): SendOutcome => {
        const simulated = queue.workers.get(worker);
        if (simulated === undefined) return "unreachable";
        if (simulated.job !== null) fail(`${worker} of ${queue.name} is sent ${frames} while it has a job`);
        simulated.job = { name, frames };
        const key = `${frames.at(-1)!.split("-")[0]}:${queue.name}`;
        this.jobs.set(key, (this.jobs.get(key) ?? 0) + 1);
        return "sent";
      },
      sendReply: (client, frames, start): SendOutcome => {
        if (!queue.clients.has(client)) return "unreachable";
        const body = frames.slice(start).at(-1)!;
        const asked = this.asked.get(body.slice(1));
        if (asked === undefined) fail(`${client} is sent ${body}, which nobody asked`);
        assertEquals([asked.queue, asked.client], [queue.id, client], `Who is sent ${body}`);
        if (asked.state !== "pending") fail(`${client} is sent ${body}, but that is ${asked.state}`);
        asked.state = "answered";
        return "sent";
      },
      originOf: () => ({}),
      release: (frames) => {
        if (!queue.owned.delete(frames)) fail(`${queue.name} releases ${frames} twice`);
      },
      digest: () => "",
      exhausted: (request) => {
        const asked = this.asked.get(request.frames.at(-1)!)!;
        if (asked.state === "pending") asked.state = "given up";
      },
      makeAlias: (identity) => identity ?? `loan${++this.#ids}`,
      makeToken: () => `token${++this.#ids}`,
      report: () => {},
    };
  }

  linkOutput(queue: SimulatedQueue): LinkOutput<string> {
    return {
      send: (to, message, frames, start) => {
        if (this.#chance(this.network.fullPercent)) return false;
        this.#send(queue, to, JSON.parse(JSON.stringify(message)), frames.slice(start));
        return true;
      },
      keep: (frames, start) => {
        const kept = frames.slice(start);
        this.#kept.add(kept);
        return kept;
      },
      release: (frames) => {
        if (frames.length > 0 && !this.#kept.delete(frames)) fail(`${queue.name} releases ${frames} twice`);
      },
      report: (report) => void this.#trace?.push(`    ${queue.name}: ${report.event} ${report.queue}`),
    };
  }

  #send(queue: SimulatedQueue, to: string, message: LinkMessage, frames: readonly string[]): void {
    assertEquals(checkMessage(message), message, "A message as others check it");
    this.#trace?.push(`    ${queue.name} to ${to || "all"}: ${JSON.stringify(message)} ${frames}`);
    if (!queue.isConnected || this.#chance(this.network.lostPercent)) return;
    const { delayMs, reorders } = this.network;
    let atMs = this.now + Math.floor(this.#random() * (delayMs + 1));
    if (!reorders) atMs = Math.max(atMs, this.#latest.get(queue.id) ?? 0);
    this.#latest.set(queue.id, atMs);
    const { kind } = message;
    const isAsking = kind === "run" || kind === "have";
    if (isAsking && !this.queues.some(({ id, isConnected }) => id === to && isConnected)) {
      this.#nobody.push({ queue, to, attempt: kind === "run" ? message.attempt : null, atMs });
      return;
    }
    this.#underWay.push({ atMs, from: queue.id, to, message, frames });
  }

  #chance(percent: number): boolean {
    return percent > 0 && this.#random() * 100 < percent;
  }
}

/** Frames that came, and the part that was taken out of them last. */
class Received extends Array<string> {
  taken: string[] = [];

  static override get [Symbol.species](): ArrayConstructor {
    return Array;
  }

  override slice(start?: number, end?: number): string[] {
    return this.taken = super.slice(start, end);
  }
}

/** A simple generator of numbers below 1 (mulberry32), which fast-check seeds. */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
