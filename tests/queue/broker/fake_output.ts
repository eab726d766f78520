/**
 * The output of a broker under test: frames are strings, and what the broker does is noted.
 *
 * @module
 */

import type { PeerOrigin } from "../../../lib/queue/broker/records.ts";
import type {
  BrokerOutput,
  BrokerReport,
  ExhaustedId,
  ExhaustedRequest,
  SendOutcome,
} from "../../../lib/queue/broker/output.ts";
import type { FrameReader } from "../../../lib/lru.ts";

/** Reads frames that are strings, one character a byte. */
export const TEXT_READER: FrameReader<string> = {
  size: (frame) => frame.length,
  byteAt: (frame, index) => frame.charCodeAt(index),
  text: (frame) => frame,
};

/** What becomes of a message to a peer. */
export type OutcomeOf = (side: "worker" | "client", identity: string) => SendOutcome;

/**
 * Notes what a broker sends and reports, and checks that it owns the frames that it uses.
 *
 * - a request: `A <- x,,1`, all frames behind the worker's identity and its delimiter, with a comma between them
 * - a reply: `x <- ,1`, all frames behind the client's identity
 * - if it was not sent, the outcome behind it: `A <- x,,1 (unreachable)`
 * - a report: `! late reply A`
 */
export class FakeOutput implements BrokerOutput<string> {
  /** What was sent and reported, in that order. */
  readonly actions: string[] = [];
  /** Which workers came, went, and lost a request, in that order: reports, too, but of nearly every story. */
  readonly comings: string[] = [];
  /** Requests that met their limit, with the workers that they met and when. */
  readonly exhaustedRequests: string[] = [];
  /** Frames that the broker owns: accepted and not released. */
  readonly owned: Set<readonly string[]> = new Set();
  /** The worker's message that the broker is receiving. */
  message: readonly string[] | null = null;
  readonly #outcomeOf: OutcomeOf;
  #tokens = 0;
  #loans = 0;

  /** @param outcomeOf What becomes of a message to a peer. */
  constructor(outcomeOf: OutcomeOf) {
    this.#outcomeOf = outcomeOf;
  }

  /** @see BrokerOutput.sendRequest */
  sendRequest(worker: string, client: string, frames: readonly string[]): SendOutcome {
    if (!this.owned.has(frames)) throw new Error(`Request ${frames} was sent after its release`);
    return this.#write(worker, [client, ...frames], this.#outcomeOf("worker", worker));
  }

  /** @see BrokerOutput.sendReply */
  sendReply(client: string, frames: readonly string[], start: number): SendOutcome {
    if (frames !== this.message) throw new Error(`Reply ${frames} is not the worker's message`);
    return this.#write(client, frames.slice(start), this.#outcomeOf("client", client));
  }

  /** @see BrokerOutput.originOf */
  originOf(identity: string): PeerOrigin {
    return { address: `address-of-${identity}` };
  }

  /** @see BrokerOutput.release */
  release(frames: readonly string[]): void {
    if (!this.owned.delete(frames)) throw new Error(`Frames ${frames} were released, but are not the broker's`);
  }

  /** @see BrokerOutput.digest */
  digest(frames: readonly string[]): string {
    if (!this.owned.has(frames)) throw new Error(`Frames ${frames} were read after their release`);
    return `#${frames.at(-1)}`;
  }

  /** @see BrokerOutput.exhausted */
  exhausted({ client, frames, arrivedAtMs, lostWorkers }: ExhaustedRequest<string>, { digest }: ExhaustedId): void {
    if (!this.owned.has(frames)) throw new Error(`Frames ${frames} were read after their release`);
    const met = lostWorkers.map(({ worker, sentAtMs, lostAtMs }) => `${worker} ${sentAtMs}-${lostAtMs}`);
    this.exhaustedRequests.push(`${digest} ${frames} of ${client.identity} at ${arrivedAtMs}: ${met.join(", ")}`);
  }

  /** @see BrokerOutput.makeAlias */
  makeAlias(identity: string | null): string {
    return identity === null ? `loan${++this.#loans}` : aliasOf(identity);
  }

  /** @see BrokerOutput.makeToken */
  makeToken(): string {
    return `token${++this.#tokens}`;
  }

  /** @see BrokerOutput.report */
  report(report: BrokerReport): void {
    const { event } = report;
    const isComing = event === "worker joined" || event === "worker left";
    const isLoss = event === "worker lost" || event === "ready while busy";
    (isComing || isLoss ? this.comings : this.actions).push(formatReport(report));
  }

  #write(peer: string, frames: readonly string[], outcome: SendOutcome): SendOutcome {
    this.actions.push(formatSend(peer, frames, outcome));
    return outcome;
  }
}

/**
 * The name by which workers know a client: `alias` for the client `hidden`, else its identity.
 *
 * @param identity The client's identity.
 */
export function aliasOf(identity: string): string {
  return identity === "hidden" ? "alias" : identity;
}

/**
 * Writes a message as {@linkcode FakeOutput} notes it.
 *
 * @param peer The receiver.
 * @param frames The frames.
 * @param outcome What became of it.
 */
export function formatSend(peer: string, frames: readonly string[], outcome: SendOutcome): string {
  return `${peer} <- ${frames.join(",")}${outcome === "sent" ? "" : ` (${outcome})`}`;
}

/**
 * Writes a report as {@linkcode FakeOutput} notes it.
 *
 * @param report The report.
 */
export function formatReport(report: BrokerReport): string {
  const { event } = report;
  switch (event) {
    case "order changed":
      return `! order: ${report.newestFirst ? "newest" : "oldest"} first, backlog ${report.backlog}`;
    case "redelivery limit reached":
      return `! ${event}: ${report.bytes} bytes ${report.digest} of ${report.client} at ${report.workers}`;
    case "jobs take longer than clients wait":
      return `! ${event}: ${report.undeliverable} of ${report.replies}, median ${report.medianJobMs} ms`;
    case "ready at the frontend":
    case "request at the backend":
      return `! ${event} ${report.client}`;
    case "worker joined":
    case "worker left":
      return `! ${event} ${report.worker}, ${report.workers} there`;
    case "worker lost":
    case "ready while busy":
      return `! ${event} ${report.worker} after ${report.afterMs} ms: ${report.request}`;
    case "remote request lost":
      return `! ${event} at ${report.queue} after ${report.afterMs} ms: ${report.request}`;
    case "slow job":
      return `! ${event}: ${report.bytes} bytes of ${report.client} at ${report.worker} for ${report.ageMs} ms`;
    case "job timeout":
      return `! ${event} ${report.worker}: ${report.request}`;
    case "request refused":
      return `! ${event}: ${report.reason}`;
    default:
      return `! ${event} ${report.worker}`;
  }
}
