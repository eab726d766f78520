/**
 * A thread that competes with another for the paths of a folder, in rounds.
 *
 * @module
 */

import { listenIpc } from "../../lib/zmq/ipc_file.ts";
import { openLibrary } from "../../lib/zmq/library.ts";

interface Race {
  /** libzmq's file. */
  readonly libraryPath: string;
  /** Each round's path is its number in here. */
  readonly folder: string;
  readonly rounds: number;
  /** How often the two have come to the start or the end of a round, and a place to wait. */
  readonly turns: Int32Array<SharedArrayBuffer>;
}

interface ThreadScope {
  onmessage: (event: MessageEvent<Race>) => void;
  postMessage(outcomes: string[]): void;
}

const scope = globalThis as unknown as ThreadScope;

scope.onmessage = ({ data: { libraryPath, folder, rounds, turns } }) => {
  const { symbols } = openLibrary(libraryPath, "");
  const outcomes: string[] = [];
  let meetings = 0;
  /** Waits for the other thread, without sleeping, so that both go on in the same instant. */
  const meet = () => {
    Atomics.add(turns, 0, 1);
    meetings += 2;
    while (Atomics.load(turns, 0) < meetings);
  };
  for (let round = 0; round < rounds; round++) {
    meet();
    try {
      const { fd, file } = listenIpc(symbols, `${folder}/${round}`, 16, "Cannot bind");
      outcomes.push("bound");
      meet();
      file!.remove();
      symbols.close(fd);
    } catch (error) {
      outcomes.push((error as Error).message.replace(/^Cannot bind: | \(\w+\)$/g, ""));
      meet();
    }
  }
  scope.postMessage(outcomes);
};
