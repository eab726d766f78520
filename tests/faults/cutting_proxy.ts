/**
 * A proxy whose connections a test cuts, between two messages or in the middle of one.
 *
 * @module
 */

import { delay } from "../../lib/delay.ts";
import { dial } from "../harness/dial.ts";
import { demand } from "./fault.ts";

/** One proxied connection. */
interface Link {
  readonly near: Deno.Conn;
  readonly far: Deno.Conn;
  /** How many bytes may still pass, in both directions together, before it is cut. */
  leftBytes: number;
}

/** A proxy in front of an endpoint, on the same transport. Leaving `await using`'s scope ends it. */
export class CuttingProxy implements AsyncDisposable {
  /** Where to connect. */
  readonly endpoint: string;
  readonly #listener: Deno.Listener;
  readonly #links = new Set<Link>();
  readonly #accepting: Promise<void>;
  readonly #pumping = new Set<Promise<void>>();
  readonly #target: string;
  readonly #latencyMs: number;
  /** How many connections it has cut. */
  cuts = 0;

  /**
   * Starts it: for `tcp://` on a free port of the loopback interface, for `ipc://` beside the target's file.
   *
   * @param target The endpoint to connect to, such as `tcp://127.0.0.1:5555`.
   * @param latencyMs How long it holds back what it forwards.
   */
  constructor(target: string, latencyMs = 0) {
    this.#target = target;
    this.#latencyMs = latencyMs;
    if (target.startsWith("ipc://")) {
      this.endpoint = `${target}-proxy`;
      this.#listener = Deno.listen({ transport: "unix", path: this.endpoint.slice("ipc://".length) });
    } else {
      const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
      this.endpoint = `tcp://127.0.0.1:${listener.addr.port}`;
      this.#listener = listener;
    }
    this.#accepting = this.#accept();
  }

  /** How many connections there are. */
  get size(): number {
    return this.#links.size;
  }

  /**
   * Cuts a random connection after some more bytes, probably in the middle of a message. Does nothing if there is none.
   *
   * @param random Gives random numbers from 0 up to 1.
   * @param maxBytes How many bytes pass before the cut, at most.
   */
  cutOne(random: () => number, maxBytes: number): void {
    const whole = [...this.#links].filter(({ leftBytes }) => leftBytes === Infinity);
    const link = whole[Math.floor(random() * whole.length)];
    if (link === undefined) return;
    link.leftBytes = Math.floor(random() * maxBytes);
    this.cuts++;
    if (link.leftBytes === 0) this.#close(link);
  }

  /** Cuts all connections now. */
  cutAll(): void {
    for (const link of this.#links) {
      this.cuts++;
      this.#close(link);
    }
  }

  /** Ends all connections and accepts no more. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    await this.#accepting;
    for (const link of this.#links) this.#close(link);
    await Promise.all(this.#pumping);
  }

  async #accept(): Promise<void> {
    for await (const near of this.#listener) {
      let far: Deno.Conn;
      try {
        far = await dial(this.#target);
      } catch {
        // The target is not there, so the connection ends as well.
        near.close();
        continue;
      }
      const link: Link = { near, far, leftBytes: Infinity };
      this.#links.add(link);
      for (const [from, to] of [[near, far], [far, near]] as const) {
        const pump = this.#pump(link, from, to).finally(() => this.#pumping.delete(pump));
        this.#pumping.add(pump);
      }
    }
  }

  async #pump(link: Link, from: Deno.Conn, to: Deno.Conn): Promise<void> {
    const buffer = new Uint8Array(64 * 1024);
    try {
      for (let count = await from.read(buffer); count !== null; count = await from.read(buffer)) {
        await delay(this.#latencyMs);
        const passing = Math.min(count, link.leftBytes);
        link.leftBytes -= passing;
        for (let sent = 0; sent < passing;) sent += await to.write(buffer.subarray(sent, passing));
        if (link.leftBytes === 0) break;
      }
    } catch (error) {
      // One of the two connections was ended, by a peer or by this proxy.
      demand(isEndOfConnection(error), "A proxied connection ends only by being cut", String(error));
    }
    this.#close(link);
  }

  #close(link: Link): void {
    if (!this.#links.delete(link)) return;
    link.near.close();
    link.far.close();
  }
}

function isEndOfConnection(error: unknown): boolean {
  const { ConnectionReset, BrokenPipe, BadResource, Interrupted, NotConnected } = Deno.errors;
  return [ConnectionReset, BrokenPipe, BadResource, Interrupted, NotConnected].some((kind) => error instanceof kind);
}
