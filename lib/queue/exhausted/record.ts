/**
 * The description of an exhausted request, which is kept beside its body.
 *
 * @module
 */

import { frameValue } from "../../frame_json.ts";
import { printableIdentity } from "../../identity.ts";

/** A copy of an exhausted request. Times are milliseconds since 1970. */
export interface ExhaustedCopy {
  /** The hash of its body, as in the log. */
  readonly digest: string;
  /** Its number among all exhausted requests since the queue's start; the first is 1. */
  readonly number: number;
  /** The client's identity. */
  readonly client: string;
  /** When it was received. */
  readonly receivedAtMs: number;
  /** When it reached its limit. */
  readonly exhaustedAtMs: number;
  /** The workers that were lost with it: each with its identity, when it was sent the request, and when it was lost. */
  readonly workers: readonly { readonly worker: string; readonly sentAtMs: number; readonly lostAtMs: number }[];
  /** The frames of its body. */
  readonly body: readonly Uint8Array<ArrayBuffer>[];
}

/**
 * Describes an exhausted request.
 *
 * @param copy The request.
 * @returns JSON. It includes the body, unless that is a single frame, which has a file of its own.
 */
export function describeExhausted(copy: ExhaustedCopy): string {
  const { digest, client, receivedAtMs, exhaustedAtMs, workers, body } = copy;
  const record = {
    digest,
    bytes: sizeOfBody(copy),
    client: printableIdentity(client),
    receivedAt: timeOf(receivedAtMs),
    exhaustedAt: timeOf(exhaustedAtMs),
    workers: workers.map(({ worker, sentAtMs, lostAtMs }) => ({
      worker: printableIdentity(worker),
      sentAt: timeOf(sentAtMs),
      lostAt: timeOf(lostAtMs),
    })),
    ...(body.length === 1 ? {} : { frames: body.map(frameValue) }),
  };
  return JSON.stringify(record, null, 2) + "\n";
}

/** The bytes of an exhausted request's body. */
export function sizeOfBody({ body }: ExhaustedCopy): number {
  return body.reduce((sum, frame) => sum + frame.length, 0);
}

function timeOf(ms: number): string {
  return new Date(ms).toISOString();
}
