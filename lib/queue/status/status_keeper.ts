/**
 * The main thread's view of the queue: makes a status from each snapshot, once for all readers, and knows who paused the
 * queue and who asked for a drain.
 *
 * @module
 */

import type { RelaySnapshot } from "../relay/messages.ts";
import type { Drain, Pause } from "./sentence.ts";
import { type FileOf, type QueueFacts, type QueueStatus, statusOf } from "./status.ts";

/** A snapshot and the status made from it. */
export interface StatusMoment {
  /** The relay's snapshot. */
  readonly snapshot: RelaySnapshot;
  /** The queue's status. */
  readonly status: QueueStatus;
}

/** See the module. */
export class StatusKeeper {
  readonly #facts: QueueFacts;
  readonly #ask: () => void;
  readonly #fileOf: FileOf;
  readonly #listeners = new Set<(moment: StatusMoment) => void>();
  #asked: PromiseWithResolvers<StatusMoment> | undefined;
  #last: StatusMoment | undefined;
  #lastAtMs = -Infinity;
  /** Who paused the queue; `null`: it is not paused. */
  paused: Pause | null = null;
  /** Who asked for a drain; `null`: nobody. */
  drain: Drain | null = null;

  /**
   * @param facts The part of the status that does not change.
   * @param ask Asks the relay for a snapshot.
   * @param fileOf Returns the file in which an exhausted request is kept.
   */
  constructor(facts: QueueFacts, ask: () => void, fileOf: FileOf = () => undefined) {
    this.#facts = facts;
    this.#ask = ask;
    this.#fileOf = fileOf;
  }

  /** A snapshot arrived. */
  receive(snapshot: RelaySnapshot): void {
    const status = statusOf(snapshot, this.#facts, {
      at: new Date(snapshot.takenAtMs).toISOString(),
      paused: this.paused,
      drain: this.drain,
      fileOf: this.#fileOf,
      heldWanted: this.paused === null ? undefined : this.#last?.status.workers.wanted,
    });
    this.#last = { snapshot, status };
    this.#lastAtMs = performance.now();
    this.#asked?.resolve(this.#last);
    this.#asked = undefined;
    for (const listener of this.#listeners) listener(this.#last);
  }

  /** The time since the last snapshot, in milliseconds; `Infinity` if there was none. */
  get silentMs(): number {
    return performance.now() - this.#lastAtMs;
  }

  /** The last snapshot and its status, if there was one. */
  get last(): StatusMoment | undefined {
    return this.#last;
  }

  /** Takes a snapshot now. */
  read(): Promise<StatusMoment> {
    if (this.#asked === undefined) {
      this.#asked = Promise.withResolvers();
      this.#ask();
    }
    return this.#asked.promise;
  }

  /** Rejects pending reads: the queue has ended. */
  fail(error: Error): void {
    this.#asked?.reject(error);
    this.#asked = undefined;
  }

  /**
   * Calls a listener with each snapshot.
   *
   * @param listener The listener.
   * @returns Unsubscribes it.
   */
  subscribe(listener: (moment: StatusMoment) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }
}
