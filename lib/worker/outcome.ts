/**
 * What came of a job, whatever its handler returned or threw: a reply that can be sent, or the reason that there is none.
 *
 * @module
 */

import { kindOf } from "../kind_of.ts";
import type { LogFields } from "../log.ts";
import type { Frames } from "../lru.ts";
import { JobError } from "./job_error.ts";

/** What came of a job. */
export type Outcome = { readonly reply: Frames } | { readonly error: unknown };

/** What a reply must be, for errors' sentences. */
const RIGHT = "a reply is a list of Uint8Array";

/**
 * Turns a job's promise into one that is never rejected, so that somebody owns the error at any time.
 *
 * @param reply What the executor returned.
 * @returns The outcome.
 */
export function settle(reply: Promise<unknown>): Promise<Outcome> {
  return reply.then(outcomeOf, (error) => ({ error }));
}

/**
 * Checks what a handler returned.
 *
 * @param value What it returned.
 * @returns The reply; or `BAD_REPLY`, which names the type that was wrong.
 */
export function outcomeOf(value: unknown): Outcome {
  try {
    return { reply: checkFrames(value) };
  } catch (error) {
    if (error instanceof JobError) return { error };
    // Only a value with code of its own can throw, such as a proxy.
    return { error: badReply(`is ${kindOf(value)} that cannot be read (${describe(error).reason})`) };
  }
}

/**
 * Says why a job was not done.
 *
 * @param error What was thrown, which may be anything.
 * @returns The reason, and what else is known, for the log.
 */
export function describe(error: unknown): LogFields & { readonly reason: string } {
  if (typeof error === "string" && error !== "") return { reason: error };
  if (typeof error !== "object" && typeof error !== "function") return { reason: `${shown(error)} was thrown` };
  try {
    if (error instanceof JobError) return { ...error.details, reason: error.message };
    if (error instanceof Error) return { reason: textOf(error.message) ?? textOf(error.name) ?? "an Error was thrown" };
  } catch {
    // A getter that throws, or a revoked proxy.
    return { reason: `${kindOf(error)} that cannot be read was thrown` };
  }
  return { reason: `${kindOf(error)} was thrown, not an Error` };
}

/**
 * Adds to an error's message what the program wrote to standard error, for who sees nothing but the message.
 *
 * @param error The error.
 * @returns The same error, unless a program has written something.
 */
export function withStandardError(error: unknown): unknown {
  if (!(error instanceof JobError) || error.details.stderr === undefined) return error;
  return new JobError(error.code, `${error.message}. It wrote:\n${error.details.stderr}`, error.details);
}

/** A primitive value with its type. */
function shown(value: unknown): string {
  return value === undefined ? "undefined" : `${kindOf(value)} (${JSON.stringify(String(value))})`;
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

function checkFrames(value: unknown): Frames {
  if (!Array.isArray(value)) throw badReply(`is ${kindOf(value)}`);
  // Without frames nothing would follow the empty delimiter: the client's REQ drops that, and waits on.
  if (value.length === 0) throw badReply("has no frames", "a reply has at least one frame");
  for (let index = 0; index < value.length; index++) {
    const frame: unknown = value[index];
    if (!(frame instanceof Uint8Array)) throw badReply(`has ${kindOf(frame)} at frame ${index}`);
    // Only an empty one can be detached; to ask every one for its buffer would move small ones out of V8's heap.
    if (frame.length === 0 && frame.buffer instanceof ArrayBuffer && frame.buffer.detached) {
      throw badReply(`has a Uint8Array at frame ${index} whose buffer was transferred to somebody else`);
    }
  }
  return value;
}

function badReply(what: string, right: string = RIGHT): JobError {
  return new JobError("BAD_REPLY", `The reply ${what}: ${right}`);
}
