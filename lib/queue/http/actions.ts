/**
 * The commands that the queue takes over HTTP: `/pause`, `/resume` and `/drain`.
 *
 * @module
 */

import { readOption } from "../../option.ts";
import { PAUSE_FOR } from "./config.ts";
import { ActionError, type Actions } from "./routes.ts";
import type { HttpPeer } from "../../http/server.ts";
import type { Commander } from "../status/sentence.ts";

/** What the queue can be told. */
export interface Commands {
  /** Sends no requests to workers for a time, or until resumed; resolves when the status shows it. */
  pause(commander: Commander, reason: string, forMs: number | null): Promise<void>;
  /** Sends requests to workers again; resolves, when the status shows it, to whether the queue was paused. */
  resume(commander: Commander): Promise<boolean>;
  /** Drains the queue, as SIGTERM does. */
  drain(commander: Commander): void;
}

const MAX_TEXT = 200;
/** The fields that the body of a pause may have. */
const PAUSE_FIELDS = ["reason", "by", "for"] as const;
/** The fields of other commands. A reason or a time is refused: whoever sends one meant a pause, and must not end the queue. */
const OTHER_FIELDS = ["by"] as const;

/**
 * Makes the actions.
 *
 * @param commands The queue's commands.
 */
export function makeActions(commands: Commands): Actions {
  return {
    "/pause": async (body, peer) => {
      const { reason, by, for: duration } = fieldsOf(body, PAUSE_FIELDS);
      const text = textOf(reason, "reason");
      if (text === undefined) throw new ActionError('"reason" is missing: others want to know why nothing is served');
      await commands.pause(commanderOf(by, peer), text, pauseOf(duration));
      return "paused";
    },
    "/resume": async (body, peer) => {
      const { by } = fieldsOf(body, OTHER_FIELDS);
      return await commands.resume(commanderOf(by, peer)) ? "resumed" : "was not paused";
    },
    "/drain": (body, peer) => {
      commands.drain(commanderOf(fieldsOf(body, OTHER_FIELDS).by, peer));
      return Promise.resolve("draining");
    },
  };
}

function fieldsOf<Name extends string>(
  body: unknown,
  names: readonly Name[],
): Readonly<Partial<Record<Name, unknown>>> {
  if (typeof body !== "object" || body === null || Array.isArray(body)) {
    throw new ActionError("The body is not an object");
  }
  const unknown = Object.keys(body).find((name) => !names.some((known) => known === name));
  if (unknown !== undefined) {
    const known = names.map((name) => `"${name}"`).join(", ");
    throw new ActionError(`Unknown field "${unknown}"; allowed: ${known}`);
  }
  return body as Partial<Record<Name, unknown>>;
}

function commanderOf(by: unknown, { address }: HttpPeer): Commander {
  return { by: textOf(by, "by") ?? "somebody", address };
}

/** Turns a value into a line of printable text. */
function textOf(value: unknown, name: string): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value !== "string" || value.length > MAX_TEXT) {
    throw new ActionError(`"${name}" must be text of at most ${MAX_TEXT} characters`);
  }
  const text = value.replaceAll(/[\p{C}\p{Z}]+/gu, " ").trim();
  return text === "" ? undefined : text;
}

function pauseOf(value: unknown): number | null {
  if (value === undefined || value === null) return null;
  try {
    return readOption(PAUSE_FOR, value, "for") ?? null;
  } catch (error) {
    throw new ActionError((error as Error).message);
  }
}
