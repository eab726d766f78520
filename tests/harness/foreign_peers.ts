/**
 * Peers in other languages, from `tests/peers`. They speak the unmodified protocol, and print one line of JSON per
 * event.
 *
 * @module
 */

import { type Need, NODE, PYTHON, ROOT } from "./capabilities.ts";
import { Program } from "./program.ts";

/** A language in which peers are written. */
export interface PeerLanguage {
  /** Its name, for the names of tests. */
  readonly name: string;
  /** What it needs. */
  readonly need: Need;
  /** Its command. */
  readonly command: string;
  /** Its folder in `tests/peers`. */
  readonly folder: string;
  /** Its files' extension. */
  readonly ending: string;
}

/** The languages. */
export const PEER_LANGUAGES: readonly PeerLanguage[] = [
  { name: "pyzmq", need: "pyzmq", command: PYTHON, folder: "python", ending: "py" },
  { name: "Node's zeromq", need: "node zeromq", command: NODE, folder: "node", ending: "mjs" },
];

/**
 * Starts a peer.
 *
 * @param language Its language.
 * @param script Its file's name without extension: `worker`, `client` or `dealer`.
 * @param args Its arguments, an endpoint first.
 */
export function startForeignPeer(language: PeerLanguage, script: string, args: readonly string[]): Program {
  const { pathname } = new URL(`tests/peers/${language.folder}/${script}.${language.ending}`, ROOT);
  return new Program(language.command, { args: [decodeURIComponent(pathname), ...args], logOn: "stdout" });
}
