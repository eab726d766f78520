/**
 * Copies requests that reached their limit of redeliveries, for the main thread to write to files.
 *
 * @module
 */

import type { ExhaustedId, ExhaustedRequest } from "../broker/output.ts";
import { splitEnvelope } from "../../lru.ts";
import type { FrameHandle, MessagePool } from "../../zmq/message_pool.ts";
import type { ExhaustedCopy } from "../exhausted/record.ts";
import { CopyBudget, type NotCopied } from "./copy_budget.ts";

/** What {@linkcode ExhaustedCopies} need. */
export interface ExhaustedCopiesParts {
  /** Holds the frames. */
  readonly pool: MessagePool;
  /** Receives a copy. */
  readonly onCopy: (copy: ExhaustedCopy) => void;
  /** Called when a request was not copied. */
  readonly onRefused: (digest: string, reason: NotCopied) => void;
}

/** Copies requests, within a budget. */
export class ExhaustedCopies {
  readonly #parts: ExhaustedCopiesParts;
  readonly #budget = new CopyBudget();
  #refused = 0;

  /** @param parts What they need. */
  constructor(parts: ExhaustedCopiesParts) {
    this.#parts = parts;
  }

  /** How many requests were not copied. */
  get refused(): number {
    return this.#refused;
  }

  /**
   * Copies a request, if the budget allows it.
   *
   * @param request The request.
   * @param id Its digest and number.
   * @param now The time, by `performance.now()`.
   */
  add(request: ExhaustedRequest<FrameHandle>, { digest, number }: ExhaustedId, now: number): void {
    const { pool, onCopy, onRefused } = this.#parts;
    const { body } = splitEnvelope(request.frames, pool);
    const refusal = this.#budget.take(body.reduce((sum, frame) => sum + pool.size(frame), 0), now);
    if (refusal !== undefined) {
      this.#refused++;
      return onRefused(digest, refusal);
    }
    const since1970Ms = Date.now() - now;
    onCopy({
      digest,
      number,
      client: request.client.identity,
      receivedAtMs: since1970Ms + request.arrivedAtMs,
      exhaustedAtMs: since1970Ms + request.lostWorkers.at(-1)!.lostAtMs,
      workers: request.lostWorkers.map(({ worker, sentAtMs, lostAtMs }) => ({
        worker,
        sentAtMs: since1970Ms + sentAtMs,
        lostAtMs: since1970Ms + lostAtMs,
      })),
      body: body.map((frame) => pool.bytes(frame).slice()),
    });
  }

  /** A copy has been written, or could not be. */
  release(bytes: number): void {
    this.#budget.release(bytes);
  }
}
