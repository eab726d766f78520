/**
 * Waits until all of a queue's addresses are free. Until then none of them is bound. Otherwise peers could connect to one of
 * them too early and lose their connection again, and two waiting queues could each hold an address that the other needs.
 *
 * @module
 */

import { delay } from "../delay.ts";
import { ipcPath } from "../endpoint.ts";
import { formatHttpAddress, type HttpAddress } from "../http/address.ts";
import { formatDuration } from "../units.ts";
import { isIpcTaken } from "../zmq/ipc_file.ts";
import type { Symbols } from "../zmq/symbols.ts";
import { type PortState, tcpPortState } from "../zmq/tcp_port.ts";
import { isHeld } from "../zmq/unix_socket.ts";

/** The time between two checks. */
const PAUSE_MS = 20;
/** The time between two attempts if an address cannot be checked. Each attempt opens all sockets. */
const UNKNOWN_PAUSE_MS = 100;
const TCP = /^(?:tcp:\/\/)?(.+):(\d+|\*)$/;

/** A queue was told to end while it was waiting for its addresses. */
export class WaitEndedError extends Error {
  override readonly name = "WaitEndedError";
  /** A stable code for programs. */
  readonly code = "WAIT_ENDED";
}

/** The state of an address. */
export interface AddressState {
  /** The address as text. */
  readonly address: string;
  /** Whether it is free, taken by a process, or cannot be checked. */
  readonly state: PortState;
}

/**
 * Checks all addresses of a queue, unnoticed by the processes that have them.
 *
 * @param symbols libzmq and the C library.
 * @param endpoints The checked endpoints of both sides.
 * @param http The HTTP addresses.
 */
export function lookAtAddresses(
  symbols: Symbols,
  endpoints: readonly string[],
  http: readonly HttpAddress[],
): AddressState[] {
  return [
    ...http.map((address) => {
      const text = formatHttpAddress(address);
      return {
        address: text,
        state: address.kind === "unix" ? stateOf(isHeld(symbols, address.path)) : portStateOf(symbols, text),
      };
    }),
    ...endpoints.map((address) => {
      const path = ipcPath(address);
      return {
        address,
        state: path === undefined ? portStateOf(symbols, address) : stateOf(isIpcTaken(symbols, path)),
      };
    }),
  ];
}

function stateOf(isTaken: boolean): PortState {
  return isTaken ? "taken" : "free";
}

function portStateOf(symbols: Symbols, address: string): PortState {
  const [, host, port] = TCP.exec(address)!;
  return tcpPortState(symbols, host!, port === "*" ? 0 : Number(port));
}

/** How to wait. */
export interface PortWait {
  /** The longest wait in milliseconds; 0: do not wait. */
  readonly timeoutMs: number;
  /** Checks all addresses. */
  readonly look: () => readonly AddressState[];
  /** Called once, when the wait begins, with an address that is taken. */
  readonly onWait: (address: string) => void;
  /** Ends the wait. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Starts a queue when all of its addresses are free.
 *
 * @param start Binds them and starts. If one is taken, it must fail with the code `EADDRINUSE` and leave nothing bound.
 * @param wait How to wait for them.
 * @returns What `start` resolves to.
 * @throws {WaitEndedError} When the signal was aborted before the addresses were free.
 * @throws {Error} The error of `start`. If an address is still taken, the message also says how to wait, or how long the
 * wait was.
 */
export async function startWhenFree<Started>(
  start: () => Promise<Started>,
  { timeoutMs, look, onWait, signal }: PortWait,
): Promise<Started> {
  const endMs = performance.now() + timeoutMs;
  let isWaiting = false;
  const pause = async (address: string, ms: number) => {
    if (!isWaiting) onWait(address);
    isWaiting = true;
    await delay(Math.min(ms, endMs - performance.now()), signal);
    if (signal?.aborted) throw new WaitEndedError(`The queue was ended while it waited until ${address} is free`);
  };
  for (;;) {
    const taken = timeoutMs > 0 ? look().find(({ state }) => state === "taken") : undefined;
    const isLast = performance.now() >= endMs;
    if (taken !== undefined && !isLast) {
      await pause(taken.address, PAUSE_MS);
      continue;
    }
    try {
      return await start();
    } catch (error) {
      if (!isTaken(error)) throw error;
      const states = look();
      // Another process was faster, or the address could not be checked. If neither, two of this queue's own addresses are
      // the same, or a process that is not a queue has one: waiting would not help.
      const rival = states.find(({ state }) => state === "taken") ?? states.find(({ state }) => state === "unknown");
      if (rival === undefined) throw error;
      if (isLast) throw withAdvice(error, timeoutMs);
      await pause(rival.address, rival.state === "taken" ? PAUSE_MS : UNKNOWN_PAUSE_MS);
    }
  }
}

function isTaken(error: unknown): error is Error {
  return error instanceof Error && (error as { readonly code?: unknown }).code === "EADDRINUSE";
}

function withAdvice(error: Error, timeoutMs: number): Error {
  error.message += timeoutMs === 0
    ? "; with --wait-for-ports 60s the queue waits until it is free"
    : `, even after waiting ${formatDuration(timeoutMs)} (--wait-for-ports)`;
  return error;
}
