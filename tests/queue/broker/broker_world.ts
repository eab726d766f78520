/**
 * A world of simulated clients and workers around a broker, beside the model of what it is to do.
 *
 * After every event the broker's actions, counters and gauges are compared with the model's. What needs no model is
 * checked by the peers themselves, who know what they sent and what they were sent:
 *
 * - a worker is sent nothing while it has not spoken since the last request
 * - a reply reaches a client only from a worker that has a request of that very connection, and once
 * - frames are released once, and when all peers have gone nothing is left
 *
 * @module
 */

import { assertEquals, fail } from "@std/assert";
import fc from "fast-check";
import { Broker } from "../../../lib/queue/broker/broker.ts";
import type { BrokerConfig } from "../../../lib/queue/broker/options.ts";
import type { SendOutcome } from "../../../lib/queue/broker/output.ts";
import { type BrokerCounters, zeroCounters } from "../../../lib/queue/broker/statistics.ts";
import { BrokerModel, type Word } from "./broker_model.ts";
import { FakeOutput, TEXT_READER } from "./fake_output.ts";

/** Some share names with a worker, or look like READY. */
const CLIENTS = ["a", "b", "c", "w0", "\x01", "READY", "g", "h"];
const WORKERS = ["w0", "w1", "w2", "w3", "w4"];

/** Around every limit that the design names. */
const STEPS_MS = [0, 1, 2, 5, 10, 20, 29, 30, 49.5, 50, 51, 60, 99, 100, 101, 249.5, 250, 300, 699, 700];
const LONG_STEPS_MS = [999.5, 1000, 1001, 2000, 4000, 4999, 5000, 5001];

interface Sent {
  readonly client: WorldClient;
  /** Which of the client's connections sent it. */
  readonly connection: number;
  readonly id: string;
  isAnswered: boolean;
}

/** A request as its worker was sent it. */
interface Job {
  /** What stands in the client's place. */
  readonly name: string;
  readonly request: Sent;
}

interface WorldClient {
  readonly identity: string;
  /** Counts its connections, of which one at a time exists. */
  connection: number;
  outcome: SendOutcome;
}

interface WorldWorker {
  readonly identity: string;
  outcome: SendOutcome;
  /** The request that it was sent since it spoke, or the broker was told of its connection, last. */
  job: Job | null;
  /** What it was sent before. */
  readonly pastJobs: Job[];
  /** The token under which it was tried on this connection, or empty. */
  token: string;
  /** What it was sent while it was at what it had been tried with: as a REQ it has dropped that or not. */
  unconfirmed: Job | null;
}

/** What may happen, by name; the number says which variant. */
type Happening = (world: World, who: number, detail: number) => void;

const HAPPENINGS = {
  ask: (world, who, detail) => world.ask(who, detail),
  "ask often": (world, who, detail) => {
    for (let i = 0; i < 5; i++) world.ask(who, detail);
  },
  "all ask": (world, _who, detail) => CLIENTS.forEach((_, who) => world.ask(who, detail)),
  "client connects": (world, who) => world.connectClient(who),
  "client leaves": (world, who) => world.endClient(who, true),
  "client vanishes": (world, who) => world.endClient(who, false),
  "client blocks": (world, who) => world.blockClient(who),
  "worker connects": (world, who) => world.connectWorker(who, true),
  "worker reconnects untold": (world, who) => world.connectWorker(who, false),
  "worker leaves": (world, who) => world.endWorker(who, true),
  "worker vanishes": (world, who) => world.endWorker(who, false),
  "worker blocks": (world, who) => world.blockWorker(who),
  ready: (world, who, detail) => world.sayReady(who, detail),
  answer: (world, who) => world.answer(who),
  "answer again": (world, who, detail) => world.answerAgain(who, detail),
  "answer another": (world, who, detail) => world.answerAnother(who, detail),
  nonsense: (world, who, detail) => world.sayNonsense(who, detail),
  pass: (world, _who, detail) => world.pass(STEPS_MS[detail % STEPS_MS.length]!),
  "pass long": (world, _who, detail) => world.pass(LONG_STEPS_MS[detail % LONG_STEPS_MS.length]!),
  dispatch: (world) => world.dispatch(),
  drain: (world) => world.drain(),
} satisfies Record<string, Happening>;

type Name = keyof typeof HAPPENINGS;

/** How often what happens, of a hundred. */
type Climate = Partial<Record<Name, number>>;

const CALM: Climate = { ask: 20, "ask often": 2, "client leaves": 3, ready: 10, answer: 35, pass: 25, dispatch: 5 };

const CLIMATES: readonly Climate[] = [
  CALM,
  // More is asked than answered.
  { ...CALM, answer: 20, "all ask": 3, "client connects": 2, "client vanishes": 2, "answer again": 2 },
  // Clients give up all the time while workers answer.
  { "all ask": 8, "client leaves": 12, ready: 10, answer: 60, pass: 10 },
  // Peers come, go and misbehave.
  {
    ...CALM,
    answer: 15,
    ready: 12,
    "client connects": 3,
    "client vanishes": 2,
    "client blocks": 2,
    "worker connects": 6,
    "worker reconnects untold": 1,
    "worker leaves": 8,
    "worker vanishes": 4,
    "worker blocks": 2,
    "answer again": 3,
    "answer another": 2,
    nonsense: 2,
  },
  // Workers connect and stay silent.
  {
    ask: 12,
    "client leaves": 2,
    "client connects": 2,
    "worker connects": 15,
    "worker leaves": 4,
    "worker vanishes": 3,
    "worker blocks": 1,
    ready: 4,
    answer: 12,
    "answer again": 3,
    "answer another": 2,
    nonsense: 1,
    pass: 15,
    "pass long": 20,
  },
  // Workers come fresh, answer once and end.
  { ...CALM, answer: 30, "worker leaves": 15, ready: 15, pass: 15 },
  // Everything, equally often.
  Object.fromEntries(Object.keys(HAPPENINGS).filter((name) => name !== "drain").map((name) => [name, 5])),
  { ...CALM, drain: 1 },
];

/** By climate: as many entries for a name as it weighs. */
const NAMES: readonly (readonly Name[])[] = CLIMATES.map((climate) =>
  Object.entries(climate).flatMap(([name, weight]) => Array.from({ length: weight }, () => name as Name))
);

/** One event: an index into the climate's names, who it is about, and a variant. */
type Event = readonly [name: number, who: number, detail: number];

interface Scenario {
  readonly options: BrokerConfig;
  readonly climate: number;
  readonly startMs: number;
}

const SCENARIO: fc.Arbitrary<Scenario> = fc.record({
  options: fc.record({
    redeliveries: fc.constantFrom(3, 0, 1, 5),
    jobTimeout: fc.constantFrom(0, 0, 0, 30, 700),
    keepOrphans: fc.constantFrom(false, false, false, true),
    order: fc.constantFrom("auto", "auto", "auto", "fifo"),
    maxBacklog: fc.constantFrom(100, 100, 30, 12, 3),
    maxBacklogBytes: fc.constantFrom(1_000_000, 1_000_000, 20_000, 3000),
    clientShare: fc.constantFrom(1, 1 / 2, 1 / 4, 1 / 8),
    knowsDepartures: fc.constantFrom(true, true, true, false),
  }),
  climate: fc.nat(CLIMATES.length - 1),
  startMs: fc.constantFrom(0, 1e6 + 0.25),
});

const EVENTS: fc.Arbitrary<Event[]> = fc.array(fc.tuple(fc.nat(1e6), fc.nat(39), fc.nat(63)), {
  maxLength: 600,
  size: "max",
});

/** A failure is told after this time at the latest, in the shortest form that was found until then. */
const MAX_SHRINKING_MS = 20_000;

/** What a run of the world has met. */
export interface Coverage {
  /** Events. */
  events: number;
  /** Counters, of all worlds together. */
  counters: BrokerCounters;
  /** How often the newest connection became the first to be served. */
  ordersChanged: number;
  /** Most requests taken in a row while the newest connection was served first. */
  longestNewestFirst: number;
}

class World {
  readonly broker: Broker<string>;
  readonly model: BrokerModel;
  readonly output: FakeOutput;
  readonly trace: string[] | null;
  ordersChanged = 0;
  newestFirstSends = 0;
  longestNewestFirst = 0;
  #now: number;
  readonly #options: BrokerConfig;
  readonly #clients: WorldClient[];
  readonly #workers: WorldWorker[];
  readonly #sent = new Map<readonly string[], Sent>();
  #isDraining = false;
  #newestFirst = false;
  /** The worker that speaks, what it had when it did, and whether it answers that. */
  #speaker: { readonly job: Job | null; readonly isHonest: boolean } | null = null;

  constructor({ options, startMs }: Scenario, trace: string[] | null) {
    this.#options = options;
    this.#now = startMs;
    this.trace = trace;
    this.#clients = CLIENTS.map((identity) => ({ identity, connection: 0, outcome: "unreachable" }));
    this.#workers = WORKERS.map((identity) => ({
      identity,
      outcome: "unreachable",
      job: null,
      pastJobs: [],
      token: "",
      unconfirmed: null,
    }));
    const outcomeOf = (side: "worker" | "client", identity: string) =>
      (side === "client" ? this.#clientNamed(identity) : this.#workerNamed(identity)).outcome;
    this.output = new WatchedOutput(outcomeOf, this);
    this.broker = new Broker({ reader: TEXT_READER, output: this.output, config: options });
    this.model = new BrokerModel(options, outcomeOf);
  }

  /** The broker has sent a request. */
  workerWasSent(identity: string, name: string, frames: readonly string[]): void {
    const worker = this.#workerNamed(identity);
    if (worker.job !== null) fail(`${identity} was sent ${name},${frames} while it has ${worker.job.request.id}`);
    const request = this.#sent.get(frames)!;
    if (request.isAnswered) fail(`${identity} was sent ${frames}, which is answered`);
    worker.job = { name, request };
    if (name.startsWith("token")) worker.token = name;
    if (this.#newestFirst) this.longestNewestFirst = Math.max(this.longestNewestFirst, ++this.newestFirstSends);
  }

  /** The broker could not reach a worker. */
  workerWasForgotten(identity: string): void {
    this.#workerNamed(identity).token = "";
  }

  /** The broker has sent a reply, or tried to. */
  clientWasSent(identity: string, frames: readonly string[]): void {
    const { job, isHonest } = this.#speaker!;
    if (job === null) fail(`${identity} was sent a reply of a worker that has no request`);
    const { client, connection, id, isAnswered } = job.request;
    assertEquals(client.identity, identity, "The client that a reply was sent to");
    if (isAnswered) fail(`${identity} was sent a second reply to ${id}`);
    if (this.#options.knowsDepartures) assertEquals(connection, client.connection, "The connection of a reply");
    if (isHonest) assertEquals(frames.at(-1), `=${id}`, "The reply's body");
    job.request.isAnswered = true;
  }

  ask(who: number, detail: number): void {
    const client = this.#client(who);
    if (client.outcome === "unreachable") this.connectClient(who);
    const id = `${this.#sent.size}`;
    const filler = "x".repeat([0, 0, 0, 1, 100, 5000][detail % 6]!);
    const inDialects: Readonly<Record<number, string[]>> = { 61: ["", "", "\x01"], 63: ["", "READY"] };
    const frames = inDialects[detail] ?? (detail % 7 === 6 ? ["inner", "", id + filler] : ["", id + filler]);
    this.#sent.set(frames, { client, connection: client.connection, id, isAnswered: false });
    this.output.owned.add(frames);
    this.#step(`${client.identity} asks ${frames}`.slice(0, 40), () => {
      const isAccepted = this.broker.receiveRequest(client.identity, frames, this.#now);
      if (!isAccepted) this.output.owned.delete(frames);
      return isAccepted;
    }, () => this.model.request(client.identity, frames, this.#now));
  }

  connectClient(who: number): void {
    const client = this.#client(who);
    client.connection++;
    client.outcome = "sent";
    if (!this.#options.knowsDepartures) return;
    this.#step(
      `${client.identity} connects`,
      () => this.broker.clientConnected(client.identity, this.#now),
      () => this.model.clientEnds(client.identity),
    );
  }

  /** A client's connection ends; where that is not told at once, it is by the next event of the kind. */
  endClient(who: number, isTold: boolean): void {
    const client = this.#client(who);
    client.outcome = "unreachable";
    if (!isTold || !this.#options.knowsDepartures) return;
    this.#step(
      `${client.identity} leaves`,
      () => this.broker.clientGone(client.identity, this.#now),
      () => this.model.clientEnds(client.identity),
    );
  }

  blockClient(who: number): void {
    const client = this.#client(who);
    if (client.outcome === "unreachable") return;
    client.outcome = client.outcome === "sent" ? "would block" : "sent";
    this.trace?.push(`${client.identity}: ${client.outcome}`);
  }

  connectWorker(who: number, isTold: boolean): void {
    const worker = this.#worker(who);
    worker.outcome = "sent";
    if (!isTold || !this.#options.knowsDepartures) return;
    this.#endJob(worker);
    worker.token = "";
    worker.unconfirmed = null;
    this.#step(
      `${worker.identity} connects`,
      () => this.broker.workerConnected(worker.identity, this.#now),
      () => this.model.workerConnects(worker.identity, this.#now),
    );
  }

  endWorker(who: number, isTold: boolean): void {
    const worker = this.#worker(who);
    worker.outcome = "unreachable";
    if (!isTold || !this.#options.knowsDepartures) return;
    this.#endJob(worker);
    worker.token = "";
    worker.unconfirmed = null;
    this.#step(
      `${worker.identity} leaves`,
      () => this.broker.workerGone(worker.identity, this.#now),
      () => this.model.workerEnds(worker.identity, this.#now),
    );
  }

  blockWorker(who: number): void {
    const worker = this.#worker(who);
    if (worker.outcome === "unreachable") return;
    worker.outcome = worker.outcome === "sent" ? "would block" : "sent";
    this.trace?.push(`${worker.identity}: ${worker.outcome}`);
  }

  sayReady(who: number, detail: number): void {
    const dialects = [["", "\x01"], ["", "READY"], ["", "", "\x01"], ["READY"]];
    this.#say(who, dialects[detail % dialects.length]!, { means: "ready" }, false);
  }

  /** Answers what it was sent, as a REQ worker does. */
  answer(who: number): void {
    const { job } = this.#worker(who);
    if (job === null) return;
    this.#reply(who, job.name, job.request.id, true);
  }

  /** Answers something it was sent before. */
  answerAgain(who: number, detail: number): void {
    const { pastJobs } = this.#worker(who);
    const job = pastJobs[detail % Math.max(1, pastJobs.length)];
    if (job !== undefined) this.#reply(who, job.name, job.request.id, false);
  }

  /** Answers a client that it may never have heard of. */
  answerAnother(who: number, detail: number): void {
    this.#reply(who, CLIENTS[detail % CLIENTS.length]!, "nothing", false);
  }

  sayNonsense(who: number, detail: number): void {
    const messages = [[], [""], ["", ""], ["", "?"], ["", "READY?"], ["\0"], ["", "a".repeat(256), "", "?"]];
    const message = messages[detail % messages.length]!;
    const isRequest = message.length === 2 && message[0] === "" && message[1] !== "";
    this.#say(who, message, { means: "nonsense", isRequest }, false);
  }

  pass(ms: number): void {
    this.#now += ms;
    this.#step(`${ms} ms pass`, () => this.broker.tick(this.#now), () => this.model.tick(this.#now));
  }

  dispatch(): void {
    this.#step("dispatch", () => this.broker.dispatch(this.#now), () => this.model.dispatch(this.#now));
  }

  drain(): void {
    this.#step("drain", () => this.broker.startDraining(), () => this.model.drain());
    if (!this.#isDraining) this.#isDraining = true;
    else this.#abandon();
  }

  /** Everybody goes, and nothing may be left. */
  end(): void {
    CLIENTS.forEach((_, who) => this.endClient(who, true));
    WORKERS.forEach((_, who) => this.endWorker(who, true));
    this.pass(1000);
    this.pass(5000);
    // What nobody is left to be told of, or was asked to keep.
    if (this.#options.keepOrphans || !this.#options.knowsDepartures) this.#abandon();
    const gauges = { ...this.broker.gauges };
    const workers = this.#options.knowsDepartures ? 0 : gauges.workers;
    const none = { waiting: 0, delayed: 0, inFlight: 0, onTrial: 0, pendingBytes: 0, clients: 0 };
    assertEquals(gauges, { ...gauges, ...none, workers }, "When all have gone");
    assertEquals([this.broker.pending, this.output.owned.size], [0, 0], "Requests and frames that are left");
  }

  #abandon(): void {
    this.#step("abandon", () => this.broker.abandon(), () => this.model.abandon());
  }

  #reply(who: number, name: string, id: string, isHonest: boolean): void {
    const frames = ["", `=${id}`];
    this.#say(who, ["", name, ...frames], { means: "reply", to: name, frames }, isHonest);
  }

  #say(who: number, frames: readonly string[], word: Word, isHonest: boolean): void {
    const worker = this.#worker(who);
    if (worker.outcome === "unreachable") this.connectWorker(who, true);
    const isOfUnconfirmed = word.means === "reply" && word.to === worker.unconfirmed?.name &&
      word.to !== worker.job?.name;
    this.#speaker = { job: isOfUnconfirmed ? worker.unconfirmed : worker.job, isHonest };
    // An answer to what it was tried with, after it has spoken: it took that for a job before the one it has now.
    const isOfTry = word.means === "reply" && word.to === worker.token && word.to !== worker.job?.name;
    if (isOfTry && worker.job !== null) worker.unconfirmed = worker.job;
    else if (!isOfTry && word.means !== "nonsense") worker.unconfirmed = null;
    this.#endJob(worker);
    this.#step(`${worker.identity} says ${frames}`, () => {
      this.output.message = frames;
      this.broker.receiveFromWorker(worker.identity, frames, this.#now);
      this.output.message = null;
    }, () => this.model.workerSays(worker.identity, word, this.#now));
    this.#speaker = null;
  }

  #endJob(worker: WorldWorker): void {
    if (worker.job !== null) worker.pastJobs.push(worker.job);
    if (worker.pastJobs.length > 4) worker.pastJobs.shift();
    worker.job = null;
  }

  /** Lets broker and model do the same, and compares them. */
  #step<T>(name: string, act: () => T, model: () => T): void {
    this.trace?.push(`${this.#now} ${name}`);
    const result = act();
    const actions = this.output.actions.splice(0);
    if (this.trace !== null) { for (const action of actions) this.trace.push(`    ${action}`); }
    const firstSend = actions.findIndex(isSend);
    const before = firstSend < 0 ? actions.length : firstSend;
    for (const action of actions.slice(0, before)) this.#noteOrder(action);
    assertEquals(result, model(), "What comes of it");
    for (const action of actions.slice(before)) this.#noteOrder(action);
    const expected = this.model.actions.splice(0);
    assertEquals(actions.filter(isSend), expected.filter(isSend), "What is sent");
    assertEquals(actions.filter(isModelled).sort(), expected.filter(isModelled).sort(), "What is reported");
    this.#compareNumbers();
  }

  #noteOrder(report: string): void {
    if (!report.startsWith("! order")) return;
    const newestFirst = report.includes("newest");
    assertEquals(newestFirst, !this.#newestFirst, "The order that it changed to");
    assertEquals(this.#options.order, "auto", "The option");
    this.#newestFirst = newestFirst;
    this.newestFirstSends = 0;
    if (newestFirst) this.ordersChanged++;
    this.model.setNewestFirst(newestFirst);
  }

  #compareNumbers(): void {
    const { counters, gauges, pending } = this.broker;
    for (const [name, count] of Object.entries(this.model.counters)) {
      if (counters[name as keyof BrokerCounters] !== count) assertEquals(counters, this.model.counters);
    }
    const expected = this.model.gauges;
    for (const [name, value] of Object.entries(expected)) {
      if (gauges[name as keyof typeof gauges] !== value) assertEquals(gauges, expected);
    }
    const ended = counters.answered + counters.clientLeft + counters.clientBlocked + counters.exhausted +
      counters.leftAtDrain;
    if (counters.accepted !== ended + pending) {
      fail(`${counters.accepted} accepted, ${ended} ended, ${pending} pending`);
    }
    if (this.output.owned.size !== pending) fail(`Frames of ${this.output.owned.size} held, ${pending} pending`);
  }

  #client(who: number): WorldClient {
    return this.#clients[who % CLIENTS.length]!;
  }

  #worker(who: number): WorldWorker {
    return this.#workers[who % WORKERS.length]!;
  }

  #clientNamed(identity: string): WorldClient {
    return this.#clients.find((client) => client.identity === identity) ?? fail(`There is no client ${identity}`);
  }

  #workerNamed(identity: string): WorldWorker {
    return this.#workers.find((worker) => worker.identity === identity) ?? fail(`There is no worker ${identity}`);
  }
}

/** Tells the world what is sent. */
class WatchedOutput extends FakeOutput {
  readonly #world: World;

  constructor(outcomeOf: ConstructorParameters<typeof FakeOutput>[0], world: World) {
    super(outcomeOf);
    this.#world = world;
  }

  override sendRequest(worker: string, client: string, frames: readonly string[]): SendOutcome {
    const outcome = super.sendRequest(worker, client, frames);
    if (outcome === "sent") this.#world.workerWasSent(worker, client, frames);
    if (outcome === "unreachable") this.#world.workerWasForgotten(worker);
    return outcome;
  }

  override sendReply(client: string, frames: readonly string[], start: number): SendOutcome {
    this.#world.clientWasSent(client, frames.slice(start));
    return super.sendReply(client, frames, start);
  }
}

function isSend(action: string): boolean {
  return !action.startsWith("!");
}

function isModelled(action: string): boolean {
  return action.startsWith("!") && !action.startsWith("! order") &&
    !action.startsWith("! jobs take longer than clients wait");
}

function live(scenario: Scenario, events: readonly Event[], trace: string[] | null): World {
  const names = NAMES[scenario.climate]!;
  const world = new World(scenario, trace);
  for (const [name, who, detail] of events) {
    const happening: Happening = HAPPENINGS[names[name % names.length]!];
    happening(world, who, detail);
  }
  world.end();
  return world;
}

/**
 * Lets random worlds live, and compares the broker with the model after every event.
 *
 * @param worlds How many.
 * @param seed fast-check's seed, to see a failure again.
 * @returns What they met.
 * @throws {Error} At the first difference, with the shortest story that was found to lead there and fast-check's seed.
 */
export function fuzzBroker(worlds: number, seed?: number): Coverage {
  const coverage: Coverage = {
    events: 0,
    counters: zeroCounters(),
    ordersChanged: 0,
    longestNewestFirst: 0,
  };
  let shrinksUntilMs = Infinity;
  const property = fc.property(SCENARIO, EVENTS, (scenario, events) => {
    if (performance.now() > shrinksUntilMs) return;
    let world;
    try {
      world = live(scenario, events, null);
    } catch (error) {
      shrinksUntilMs = Math.min(shrinksUntilMs, performance.now() + MAX_SHRINKING_MS);
      const trace: string[] = [];
      try {
        live(scenario, events, trace);
      } catch {
        // It is the same error, told already.
      }
      throw new Error(`${(error as Error).message}\n${trace.slice(-60).join("\n")}`, { cause: error });
    }
    coverage.events += events.length;
    coverage.ordersChanged += world.ordersChanged;
    coverage.longestNewestFirst = Math.max(coverage.longestNewestFirst, world.longestNewestFirst);
    for (const [name, count] of Object.entries(world.broker.counters)) {
      coverage.counters[name as keyof BrokerCounters] += count;
    }
  });
  fc.assert(property, { numRuns: worlds, ...(seed === undefined ? {} : { seed }) });
  return coverage;
}
