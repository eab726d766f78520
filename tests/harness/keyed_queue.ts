/**
 * A queue with keys, in the test's process.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { parseCertificate } from "../../lib/access/certificate.ts";
import { KeyFolder } from "../../lib/queue/commands/key_folder.ts";
import { type ClientKeys, makeKeyPair } from "../../lib/zmq/curve.ts";
import { loadLibrary } from "../../lib/zmq/library.ts";
import type { Queue, QueueOptions } from "../../queue.ts";
import { Folder } from "./folder.ts";
import { startLocalQueue } from "./local_queue.ts";
import { type Peer, Peers } from "./peers.ts";
import { RecordingLog } from "./recording_log.ts";

/** A queue with keys for one worker (`w`) and one client (`c`), and its peers. */
export class KeyedQueue implements AsyncDisposable {
  readonly #stack: AsyncDisposableStack;

  private constructor(
    /** The key folder's path. */
    readonly folder: string,
    /** The key folder. */
    readonly keys: KeyFolder,
    /** The queue. */
    readonly queue: Queue,
    /** Peers. */
    readonly peers: Peers,
    /** The queue's log. */
    readonly log: RecordingLog,
    stack: AsyncDisposableStack,
  ) {
    this.#stack = stack;
  }

  /**
   * Makes the keys and starts the queue.
   *
   * @param options Options that differ from the defaults.
   */
  static async start(options: QueueOptions = {}): Promise<KeyedQueue> {
    await using stack = new AsyncDisposableStack();
    const folder = stack.use(new Folder()).path;
    const keys = new KeyFolder(await loadLibrary(), folder);
    for (const [name, role] of [["w", "worker"], ["c", "client"]] as const) {
      await keys.add({ name, roles: [role], publicKey: undefined });
    }
    const log = new RecordingLog();
    const queue = stack.use(await startLocalQueue({ keys: folder, log, ...options }));
    const peers = stack.use(await Peers.open());
    return new KeyedQueue(folder, keys, queue, peers, log, stack.move());
  }

  /** The keys that were added under a name. */
  async keysOf(name: string): Promise<ClientKeys> {
    const { publicKey, secretKey, queueKey } = parseCertificate(await Deno.readTextFile(`${this.folder}/${name}.key`));
    return { publicKey, secretKey: secretKey!, serverKey: queueKey! };
  }

  /** Keys that are not permitted. */
  async stranger(): Promise<ClientKeys> {
    return { ...makeKeyPair(await loadLibrary()), serverKey: await this.keys.publicKey() };
  }

  /** Where clients connect. */
  get frontend(): string {
    return this.queue.frontend[0]!;
  }

  /** Where workers connect. */
  get backend(): string {
    return this.queue.backend[0]!;
  }

  /** Ends it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack[Symbol.asyncDispose]();
  }
}

/**
 * Lets a client send a request, and asserts that it is echoed.
 *
 * @param client The client.
 * @param text The request.
 */
export async function assertAnswered(client: Peer, text: string): Promise<void> {
  client.send(text);
  assertEquals(await client.receiveText(), [text]);
}
