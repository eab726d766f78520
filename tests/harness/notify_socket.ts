/**
 * systemd's side of `NOTIFY_SOCKET`.
 *
 * @module
 */

import { cLibrary } from "../../lib/c_library.ts";
import { unixAddress } from "../../lib/zmq/unix_socket.ts";
import { WAIT_MS } from "./deadline.ts";

const AF_UNIX = 1;
const SOCK_DGRAM = 2;
const MSG_DONTWAIT = 0x40;
const READABLE = 1;
/** The length of a single wait, in milliseconds. It is short because it cannot be interrupted. */
const POLL_MS = 100;

const RECEIVER = {
  // int bind (int sockfd, const struct sockaddr *addr, socklen_t addrlen)
  bind: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  // ssize_t recv (int sockfd, void *buf, size_t len, int flags)
  recv: { parameters: ["i32", "buffer", "usize", "i32"], result: "isize" },
} as const;

/** A datagram, and when it came. */
export interface Notification {
  /** Its text. */
  readonly text: string;
  /** By `performance.now()`. */
  readonly atMs: number;
}

/** A socket that receives what services report to their manager. Needs `ffi`, and Linux. */
export class NotifySocket implements Disposable {
  /** The value of `NOTIFY_SOCKET`. */
  readonly path: string;
  readonly #library: Deno.DynamicLibrary<typeof RECEIVER>;
  readonly #fd: number;

  /** @param path Its path, or `@` and a name. */
  constructor(path: string) {
    this.path = path;
    this.#library = Deno.dlopen("libc.so.6", RECEIVER);
    this.#fd = cLibrary()!.socket(AF_UNIX, SOCK_DGRAM, 0);
    const address = unixAddress(path);
    if (this.#library.symbols.bind(this.#fd, address, address.length) !== 0) throw new Error(`Cannot bind ${path}`);
  }

  /**
   * Waits for the next datagram.
   *
   * @param timeoutMs How long at most.
   * @returns The datagram; `undefined` when none has come.
   */
  async receive(timeoutMs: number): Promise<Notification | undefined> {
    const bytes = new Uint8Array(4096);
    for (const end = performance.now() + timeoutMs;;) {
      const size = Number(this.#library.symbols.recv(this.#fd, bytes, BigInt(bytes.length), MSG_DONTWAIT));
      const atMs = performance.now();
      if (size >= 0) return { text: new TextDecoder().decode(bytes.subarray(0, size)), atMs };
      if (atMs >= end) return undefined;
      const entry = new Int32Array([this.#fd, READABLE]);
      await cLibrary()!.poll_async(entry, 1n, POLL_MS);
    }
  }

  /**
   * Waits for a datagram whose text matches. Other datagrams before it are dropped.
   *
   * @param pattern The pattern that its text must match.
   * @throws {Error} When it does not come.
   */
  async until(pattern: RegExp): Promise<Notification> {
    const seen: string[] = [];
    for (const end = performance.now() + WAIT_MS; performance.now() < end;) {
      const notification = await this.receive(end - performance.now());
      if (notification === undefined) break;
      if (pattern.test(notification.text)) return notification;
      seen.push(notification.text);
    }
    throw new Error(`Waited in vain for a notification like ${pattern}; there were ${JSON.stringify(seen)}`);
  }

  /** Closes it. */
  [Symbol.dispose](): void {
    cLibrary()!.close(this.#fd);
    this.#library.close();
  }
}

/** A name in the abstract namespace that no other test uses. */
export function abstractName(): string {
  return `@spq-${crypto.randomUUID()}`;
}
