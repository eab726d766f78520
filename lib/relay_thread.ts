/**
 * The relay's thread: a Web Worker that starts a relay with the config it is posted, and blocks in it.
 *
 * @module
 */

import { Relay } from "./relay.ts";
import type { RelayConfig, RelayMessage } from "./relay_messages.ts";
import { LibraryError, loadLibrary } from "./zmq/library.ts";
import { ZmqError } from "./zmq/error.ts";

/** The part of a Web Worker's global scope that is used here; the project is checked with the main thread's. */
interface WorkerScope {
  onmessage: ((event: MessageEvent<RelayConfig>) => void) | null;
  postMessage(message: RelayMessage): void;
  close(): void;
}

const scope = globalThis as unknown as WorkerScope;

scope.onmessage = async ({ data }) => {
  try {
    using relay = new Relay(await loadLibrary(), data, (message) => scope.postMessage(message));
    relay.run();
  } catch (error) {
    const { name, message } = error as Error;
    const code = error instanceof ZmqError || error instanceof LibraryError ? error.code : "";
    scope.postMessage({ type: "failed", name, code, message });
  }
  scope.close();
};
