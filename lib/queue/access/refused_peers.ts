/**
 * The peers that were refused lately, for the status.
 *
 * @module
 */

import type { RefusedPeer } from "../relay/relay_statistics.ts";
import type { Refusal } from "./admission.ts";
import type { FailedHandshake } from "./handshakes.ts";
import type { RecentPeer } from "./peer_lines.ts";
import { toPermit } from "./to_permit.ts";

const MAX_PEERS = 100;

/**
 * Combines refused peers and peers whose handshake failed before that into one list.
 *
 * @param refusals Peers that were refused.
 * @param failures Peers whose handshakes failed.
 * @param keyFolder The key folder, if keys are needed.
 * @returns At most 100, latest first.
 */
export function refusedPeers(
  refusals: readonly RecentPeer<Refusal>[],
  failures: readonly RecentPeer<FailedHandshake>[],
  keyFolder: string | undefined,
): RefusedPeer[] {
  return [
    ...refusals.map(({ role, address, publicKey, name, reason, count, ageMs }) => ({
      role,
      address,
      publicKey,
      name,
      reason,
      count,
      ageMs,
      toPermit: toPermit({ role, address, publicKey, reason }, keyFolder),
    })),
    ...failures.map(({ role, address, reason, count, ageMs }) => ({ role, address, reason, count, ageMs })),
  ].sort((one, other) => one.ageMs - other.ageMs).slice(0, MAX_PEERS);
}
