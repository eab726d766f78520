/**
 * The relay's thread: a Web Worker that receives the configuration, starts a relay with it, and blocks in its loop.
 *
 * @module
 */

import { Relay } from "./relay.ts";
import type { RelayMessage, RelayStart, Watcher } from "./messages.ts";
import { ServiceManager } from "../../cli/service_manager.ts";
import { Watchdog } from "../../service_state.ts";
import { LibraryError, openLibrary } from "../../zmq/library.ts";
import { ZmqError } from "../../zmq/error.ts";

/** The part of a Web Worker's global scope that is used here. The project is type-checked with the main thread's scope. */
interface WorkerScope {
  onmessage: ((event: MessageEvent<RelayStart>) => void) | null;
  postMessage(message: RelayMessage, moved?: ArrayBuffer[]): void;
  close(): void;
}

const scope = globalThis as unknown as WorkerScope;

scope.onmessage = ({ data }) => {
  try {
    using relay = new Relay(
      openLibrary(data.libraryPath, "the main thread has loaded it"),
      data,
      (message, moved) => scope.postMessage(message, moved),
    );
    try {
      relay.run(watchdogOf(data.watcher));
    } catch (error) {
      // Posted before the relay is closed, because closing waits until the main thread has closed its end of the control
      // socket.
      postFailure(error as Error);
    }
  } catch (error) {
    postFailure(error as Error);
  }
  scope.close();
};

function watchdogOf(watcher: Watcher | undefined): Watchdog | undefined {
  if (watcher === undefined) return undefined;
  const manager = new ServiceManager(watcher.socket);
  return new Watchdog(watcher.intervalMs, () => manager.notify({ watchdog: true }));
}

function postFailure(error: Error): void {
  const { name, message } = error;
  const code = error instanceof ZmqError || error instanceof LibraryError ? error.code : "";
  scope.postMessage({ type: "failed", name, code, message });
}
