/**
 * Identities: how a worker makes its own, and how logs show those of peers.
 *
 * @module
 */

/**
 * Makes an identity like the Guide's worker: two random 16-bit numbers, `%04X-%04X`.
 *
 * @param random Returns a number from 0 up to 1; by default `Math.random`.
 */
export function makeIdentity(random: () => number = Math.random): string {
  const part = () => Math.floor(random() * 0x10000).toString(16).toUpperCase().padStart(4, "0");
  return `${part()}-${part()}`;
}

/**
 * Shows an identity to people.
 *
 * @param identity One character per byte.
 * @returns The text itself if it is printable ASCII without spaces, otherwise its bytes in hexadecimal after `0x`.
 */
export function printableIdentity(identity: string): string {
  if (/^[!-~]+$/.test(identity) && !identity.startsWith("0x")) return identity;
  return "0x" + Array.from(identity, (char) => char.charCodeAt(0).toString(16).padStart(2, "0")).join("");
}
