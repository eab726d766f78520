/**
 * A world of simulated clients and workers around a broker, with the model of what the broker has to do.
 *
 * After every event the broker's actions, counters and gauges are compared with the model's. The peers check what needs no
 * model, since they know what they sent and received:
 *
 * - A worker receives nothing between a request and its own next message.
 * - A reply comes from a worker that has a request of the same connection, and a request gets one reply at most.
 * - Frames are released once, and nothing is left when all peers have gone.
 *
 * @module
 */

import { assertEquals, fail } from "@std/assert";
import { Broker } from "../../../lib/queue/broker/broker.ts";
import type { BrokerConfig } from "../../../lib/queue/broker/options.ts";
import type { SendOutcome } from "../../../lib/queue/broker/output.ts";
import type { BrokerCounters } from "../../../lib/queue/broker/statistics.ts";
import { BrokerModel, type Message } from "./broker_model.ts";
import { FakeOutput, TEXT_READER } from "./fake_output.ts";

/** Some clients have the name of a worker, or one that looks like READY; `hidden` has an alias. */
export const CLIENTS = ["a", "b", "c", "w0", "\x01", "READY", "hidden", "h"];
/** How long a drain may take. */
const DRAIN_MS = 6000;
const WORKERS = ["w0", "w1", "w2", "w3", "w4"];

interface Sent {
  readonly client: WorldClient;
  /** Which of the client's connections sent it. */
  readonly connection: number;
  readonly id: string;
  isAnswered: boolean;
}

/** A request as its worker received it. */
interface Job {
  /** What stood in the client's place. */
  readonly name: string;
  readonly request: Sent;
}

interface WorldClient {
  readonly identity: string;
  /** How many connections it has had; it has one at a time. */
  connection: number;
  outcome: SendOutcome;
}

interface WorldWorker {
  readonly identity: string;
  outcome: SendOutcome;
  /** The request that it received since its last message, or since the broker heard of its connection. */
  job: Job | null;
  /** Earlier ones. */
  readonly pastJobs: Job[];
  /** The token of the last request that it received on trial on this connection, or empty. */
  token: string;
  /** What it received while it worked on a request that it had on trial. A REQ may have dropped it. */
  unconfirmed: Job | null;
}

/** Clients, workers, the broker and the model. */
export class World {
  readonly broker: Broker<string>;
  readonly model: BrokerModel;
  readonly output: FakeOutput;
  readonly trace: string[] | null;
  ordersChanged = 0;
  newestFirstSends = 0;
  longestNewestFirst = 0;
  /** Requests that were accepted while the queue drained. */
  newcomers = 0;
  #now: number;
  readonly #options: BrokerConfig;
  readonly #clients: WorldClient[];
  readonly #workers: WorldWorker[];
  readonly #sent = new Map<readonly string[], Sent>();
  #isDraining = false;
  #newestFirst = false;
  /** The job of the worker whose message the broker receives, and whether the message answers that job. */
  #sender: { readonly job: Job | null; readonly isHonest: boolean } | null = null;

  /**
   * @param options The broker's configuration.
   * @param startMs The time at which it starts.
   * @param trace Receives what happens, if it is given.
   */
  constructor(options: BrokerConfig, startMs: number, trace: string[] | null) {
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

  /** The broker sent a request. */
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

  /** The broker sends a reply. */
  clientWasSent(identity: string, frames: readonly string[]): void {
    const { job, isHonest } = this.#sender!;
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
      const { hasOlder } = this.model;
      const isAccepted = this.broker.receiveRequest(client.identity, frames, this.#now);
      if (this.#isDraining && isAccepted) {
        this.newcomers++;
        // There is an end of them: they come only while one is there that came before the drain.
        if (!hasOlder) fail(`${id} was accepted although all that came before the drain had ended`);
      }
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

  /** A client's connection ends. The broker hears of it now, or with the next event of this client. */
  endClient(who: number, isNoticed: boolean): void {
    const client = this.#client(who);
    client.outcome = "unreachable";
    if (!isNoticed || !this.#options.knowsDepartures) return;
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

  connectWorker(who: number, isNoticed: boolean): void {
    const worker = this.#worker(who);
    worker.outcome = "sent";
    if (!isNoticed || !this.#options.knowsDepartures) return;
    this.#endJob(worker);
    worker.token = "";
    worker.unconfirmed = null;
    this.#step(
      `${worker.identity} connects`,
      () => this.broker.workerConnected(worker.identity, this.#now),
      () => this.model.workerConnects(worker.identity, this.#now),
    );
  }

  endWorker(who: number, isNoticed: boolean): void {
    const worker = this.#worker(who);
    worker.outcome = "unreachable";
    if (!isNoticed || !this.#options.knowsDepartures) return;
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

  /** Answers its job, as a REQ worker does. */
  answer(who: number): void {
    const { job } = this.#worker(who);
    if (job === null) return;
    this.#reply(who, job.name, job.request.id, true);
  }

  /** Answers an earlier job. */
  answerAgain(who: number, detail: number): void {
    const { pastJobs } = this.#worker(who);
    const job = pastJobs[detail % Math.max(1, pastJobs.length)];
    if (job !== undefined) this.#reply(who, job.name, job.request.id, false);
  }

  /** Answers a client of which it may have no request. */
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
    this.#step(
      "drain",
      () => this.broker.startDraining(this.#now, DRAIN_MS),
      () => this.model.drain(this.#now, DRAIN_MS),
    );
    if (!this.#isDraining) this.#isDraining = true;
    else this.#abandon();
  }

  /** All peers leave, and nothing may be left. */
  end(): void {
    CLIENTS.forEach((_, who) => this.endClient(who, true));
    WORKERS.forEach((_, who) => this.endWorker(who, true));
    this.pass(1000);
    this.pass(5000);
    // Requests that outlive their clients, or of whose clients nothing is known.
    if (this.#options.keepOrphans || !this.#options.knowsDepartures) this.#abandon();
    const gauges = { ...this.broker.gauges };
    const workers = this.#options.knowsDepartures ? 0 : gauges.workers;
    const none = { waiting: 0, delayed: 0, inFlight: 0, onTrial: 0, pendingBytes: 0, clients: 0 };
    assertEquals(gauges, { ...gauges, ...none, workers }, "When all have left");
    assertEquals([this.broker.pending, this.output.owned.size], [0, 0], "Requests and frames that are left");
  }

  #abandon(): void {
    this.#step("abandon", () => this.broker.abandon(), () => this.model.abandon());
  }

  #reply(who: number, name: string, id: string, isHonest: boolean): void {
    const frames = ["", `=${id}`];
    this.#say(who, ["", name, ...frames], { means: "reply", to: name, frames }, isHonest);
  }

  #say(who: number, frames: readonly string[], message: Message, isHonest: boolean): void {
    const worker = this.#worker(who);
    if (worker.outcome === "unreachable") this.connectWorker(who, true);
    const isOfUnconfirmed = message.means === "reply" && message.to === worker.unconfirmed?.name &&
      message.to !== worker.job?.name;
    this.#sender = { job: isOfUnconfirmed ? worker.unconfirmed : worker.job, isHonest };
    // It answers what it had on trial although it has sent a message since: it took that for an earlier job.
    const isOfTrial = message.means === "reply" && message.to === worker.token && message.to !== worker.job?.name;
    if (isOfTrial && worker.job !== null) worker.unconfirmed = worker.job;
    else if (!isOfTrial && message.means !== "nonsense") worker.unconfirmed = null;
    this.#endJob(worker);
    this.#step(`${worker.identity} says ${frames}`, () => {
      this.output.message = frames;
      this.broker.receiveFromWorker(worker.identity, frames, this.#now);
      this.output.message = null;
    }, () => this.model.workerSays(worker.identity, message, this.#now));
    this.#sender = null;
  }

  #endJob(worker: WorldWorker): void {
    if (worker.job !== null) worker.pastJobs.push(worker.job);
    if (worker.pastJobs.length > 4) worker.pastJobs.shift();
    worker.job = null;
  }

  /** Lets the broker and the model do the same, and compares them. */
  #step<T>(name: string, act: () => T, model: () => T): void {
    this.trace?.push(`${this.#now} ${name}`);
    const result = act();
    const actions = this.output.actions.splice(0);
    if (this.trace !== null) { for (const action of actions) this.trace.push(`    ${action}`); }
    const firstSend = actions.findIndex(isSend);
    const before = firstSend < 0 ? actions.length : firstSend;
    for (const action of actions.slice(0, before)) this.#noteOrder(action);
    assertEquals(result, model(), "The result");
    for (const action of actions.slice(before)) this.#noteOrder(action);
    const expected = this.model.actions.splice(0);
    assertEquals(actions.filter(isSend), expected.filter(isSend), "What is sent");
    assertEquals(actions.filter(isModelled).sort(), expected.filter(isModelled).sort(), "What is reported");
    assertEquals(this.output.comings.splice(0), this.model.comings.splice(0), "Which workers came and went");
    assertEquals(this.broker.leavesUnread(this.#now), this.model.leavesUnread(this.#now), "Whether nothing is read");
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

/** Reports to the world what the broker sends. */
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
  return action.startsWith("!") && !action.startsWith("! order");
}
