/**
 * What the queue can be told over HTTP: `/pause`, `/resume` and `/drain`.
 *
 * @module
 */

import { readOption } from "../../option.ts";
import { PAUSE_FOR } from "./config.ts";
import { ActionError, type Actions } from "./routes.ts";
import type { HttpPeer } from "../../http/server.ts";

/** Who tells the queue something. */
export interface Commander {
  /** As they say: `USER@HOST`. */
  readonly by: string;
  /** Where the request came from. */
  readonly address: string;
}

/** What the queue can be told. */
export interface Commands {
  /** Sends no request to a worker for a time, or until it is resumed; resolves when the status says so. */
  pause(commander: Commander, reason: string, forMs: number | null): Promise<void>;
  /** Sends requests to workers again; resolves to whether it was paused, when the status says so. */
  resume(commander: Commander): Promise<boolean>;
  /** Drains the queue, as SIGTERM does. */
  drain(commander: Commander): void;
}

const MAX_TEXT = 200;
/** What a body may have. */
const FIELDS: readonly string[] = ["reason", "by", "for"];

/**
 * Makes the actions.
 *
 * @param commands What the queue can be told.
 */
export function makeActions(commands: Commands): Actions {
  return {
    "/pause": async (body, peer) => {
      const { reason, for: duration } = fieldsOf(body);
      const text = textOf(reason, "reason");
      if (text === undefined) throw new ActionError('"reason" is missing: others want to know why nothing is served');
      await commands.pause(commanderOf(body, peer), text, pauseOf(duration));
      return "paused";
    },
    "/resume": async (body, peer) => await commands.resume(commanderOf(body, peer)) ? "resumed" : "was not paused",
    "/drain": (body, peer) => {
      commands.drain(commanderOf(body, peer));
      return Promise.resolve("draining");
    },
  };
}

function fieldsOf(body: unknown): Readonly<Record<string, unknown>> {
  if (typeof body !== "object" || body === null || Array.isArray(body)) {
    throw new ActionError("The body is not an object");
  }
  const unknown = Object.keys(body).find((name) => !FIELDS.includes(name));
  if (unknown !== undefined) throw new ActionError(`Unknown field "${unknown}": the fields are ${FIELDS.join(", ")}`);
  return body as Readonly<Record<string, unknown>>;
}

function commanderOf(body: unknown, { address }: HttpPeer): Commander {
  return { by: textOf(fieldsOf(body).by, "by") ?? "somebody", address };
}

/** A text for people: a line of printable characters. */
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
