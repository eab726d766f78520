/**
 * Bare connections to a queue's endpoints.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import type { Symbols } from "../../lib/zmq/symbols.ts";

const AF_INET = 2;
const SOCK_STREAM = 1;

/**
 * Connects to an endpoint without speaking ZMTP.
 *
 * @param endpoint Such as `tcp://127.0.0.1:5555` or `ipc:///tmp/front`.
 */
export async function dial(endpoint: string): Promise<Deno.Conn> {
  if (endpoint.startsWith("ipc://")) {
    return await Deno.connect({ transport: "unix", path: endpoint.slice("ipc://".length) });
  }
  const { hostname, port } = new URL(endpoint.replace("tcp:", "http:"));
  return await Deno.connect({ hostname: hostname.replace(/[[\]]/g, ""), port: Number(port) });
}

/**
 * Connects to a port of 127.0.0.1 with the C library, which gives the descriptor.
 *
 * @param symbols libzmq, and with it the C library.
 * @param port The port.
 * @returns The descriptor, to be closed with the C library.
 */
export function dialFd(symbols: Symbols, port: number): number {
  const fd = symbols.socket(AF_INET, SOCK_STREAM, 0);
  const address = new Uint8Array(16);
  // struct sockaddr_in: its family (macOS: its size and its family), the port, the address.
  if (Deno.build.os === "linux") address[0] = AF_INET;
  else address.set([16, AF_INET]);
  new DataView(address.buffer).setUint16(2, port);
  address.set([127, 0, 0, 1], 4);
  assertEquals(symbols.connect(fd, address, address.length), 0);
  return fd;
}
