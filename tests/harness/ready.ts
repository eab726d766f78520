/**
 * READY, for tests that play the part of the queue.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import type { Peer } from "./peers.ts";

/** READY's only frame. */
export const READY = "\x01";

/**
 * Waits for READY.
 *
 * @param backend The backend.
 * @returns The worker's identity.
 */
export async function receiveReady(backend: Peer): Promise<string> {
  const [identity, ...frames] = await backend.receiveText();
  assertEquals(frames, ["", READY]);
  return identity!;
}
