/**
 * Waits until another queue has let go of all addresses that this one is to have. Until then none of them is bound: whoever
 * connected to one meanwhile would be sent away again, and two queues that wait could each have what the other one needs.
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

/** How often it looks. */
const PAUSE_MS = 20;
/** How often it tries where it cannot look: each try opens all sockets. */
const UNKNOWN_PAUSE_MS = 100;
const TCP = /^(?:tcp:\/\/)?(.+):(\d+|\*)$/;

/** A queue was asked to end before it had its addresses. */
export class WaitEndedError extends Error {
  override readonly name = "WaitEndedError";
  /** A stable word. */
  readonly code = "WAIT_ENDED";
}

/** What is known of an address. */
export interface AddressState {
  /** As people write it. */
  readonly address: string;
  /** Who has it: nobody, a process, or that cannot be found out. */
  readonly state: PortState;
}

/**
 * Looks at all addresses of a queue. Those who have them do not notice.
 *
 * @param symbols libzmq, and the C library with it.
 * @param endpoints The checked endpoints of both sides.
 * @param http Where it is to listen for HTTP.
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
  /** How long at most, in milliseconds; 0: not at all. */
  readonly timeoutMs: number;
  /** Looks at all addresses. */
  readonly look: () => readonly AddressState[];
  /** Called once, when the waiting begins, with an address that is taken. */
  readonly onWait: (address: string) => void;
  /** Ends the waiting. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Starts a queue when all of its addresses are free.
 *
 * @param start Binds them and starts. It fails with the code `EADDRINUSE`, and leaves nothing bound, if one is taken.
 * @param wait How to wait.
 * @returns What `start` resolves to.
 * @throws {WaitEndedError} When the signal was aborted before the addresses were free.
 * @throws {Error} What `start` failed with. Where an address is still taken the message says how to wait, or for how long it
 * has.
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
      // Another one has been faster, or it cannot be known in advance. Otherwise two of its own addresses are the same, or what
      // has the address is no queue.
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
    : `, also after ${formatDuration(timeoutMs)} of --wait-for-ports`;
  return error;
}
