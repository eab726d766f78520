/**
 * The outcome of a job, whatever its handler returned or threw: a reply that can be sent, or the reason why there is
 * none.
 *
 * @module
 */

import { kindOf } from "../kind_of.ts";
import type { LogFields } from "../log.ts";
import type { Frames } from "../lru.ts";
import { JobError } from "./job_error.ts";

/** The outcome of a job. */
export type Outcome = { readonly reply: Frames } | { readonly error: unknown };

/** What a reply must be, for error messages. */
const RIGHT = "a reply is a list of Uint8Array";

/**
 * Turns a job's promise into one that never rejects, so that its error is never unhandled.
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
 * @returns The reply, or a `BAD_REPLY` error that names the wrong type.
 */
export function outcomeOf(value: unknown): Outcome {
  try {
    return { reply: checkFrames(value) };
  } catch (error) {
    if (error instanceof JobError) return { error };
    // Only a value that runs code when it is read, such as a proxy, can throw.
    return { error: badReply(`is ${kindOf(value)} that cannot be read (${describe(error).reason})`) };
  }
}

/**
 * Says why a job was not done.
 *
 * @param error The thrown value, which may be anything.
 * @returns The reason and further fields, for the log.
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
 * Adds the program's standard error to an error's message, for readers who see only the message.
 *
 * @param error The error.
 * @returns The same error if the program has written nothing; otherwise one with the longer message.
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
  // Without frames, nothing would follow the empty delimiter: the client's REQ drops such a message and keeps waiting.
  if (value.length === 0) throw badReply("has no frames", "a reply has at least one frame");
  for (let index = 0; index < value.length; index++) {
    const frame: unknown = value[index];
    if (!(frame instanceof Uint8Array)) throw badReply(`has ${kindOf(frame)} at frame ${index}`);
    // Only an empty array can be detached. Reading `buffer` of every array would move small ones out of V8's heap.
    if (frame.length === 0 && frame.buffer instanceof ArrayBuffer && frame.buffer.detached) {
      throw badReply(`has a Uint8Array at frame ${index} whose buffer was transferred elsewhere`);
    }
  }
  return value;
}

function badReply(what: string, right: string = RIGHT): JobError {
  return new JobError("BAD_REPLY", `The reply ${what}: ${right}`);
}
