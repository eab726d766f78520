/**
 * The service manager that started this process, such as systemd: where it listens, and how to report states to it.
 *
 * For datagrams to Unix sockets, Deno needs the flag for unstable features and a file permission; the C library needs
 * neither.
 *
 * @module
 */

import { cLibrary } from "../c_library.ts";
import type { EventLog } from "../log.ts";
import { permittedVariable } from "../permitted_variable.ts";
import { type ServiceState, stateText, watchdogIntervalMs } from "../service_state.ts";
import { unixAddress } from "../zmq/unix_socket.ts";

/** The variables that tell a process about its service manager. The manager defines them, so they lack our prefix. */
export const SERVICE_VARIABLES = {
  /** The path of the manager's socket; `@` followed by a name is an abstract address. */
  socket: "NOTIFY_SOCKET",
  /** See {@linkcode WatchdogVariables}. */
  usec: "WATCHDOG_USEC",
  /** See {@linkcode WatchdogVariables}. */
  pid: "WATCHDOG_PID",
} as const;

const AF_UNIX = 1;
const SOCK_DGRAM = 2;
/** Programs that this one starts do not inherit the socket. */
const SOCK_CLOEXEC = 0o2000000;
const MSG_DONTWAIT = 0x40;
/** The size of `struct sockaddr_un`. */
const MAX_ADDRESS_BYTES = 110;

/** Where a manager listens and what it expects; can be posted to another thread. */
export interface ServiceManagerFacts {
  /** Its socket. */
  readonly socket: string;
  /** How often it wants to hear that the process is alive, in milliseconds; `undefined`: never. */
  readonly watchdogMs: number | undefined;
}

/**
 * Reads the manager's variables and removes them from the environment: programs that this one starts are not the
 * service.
 *
 * @param env The environment.
 * @returns The facts; `undefined` when no manager listens, or on systems without such managers.
 */
export function takeServiceManager(
  env: Pick<Deno.Env, "get" | "delete"> = { get: permittedVariable, delete: (name) => Deno.env.delete(name) },
): ServiceManagerFacts | undefined {
  const [socket, usec, pid] = [SERVICE_VARIABLES.socket, SERVICE_VARIABLES.usec, SERVICE_VARIABLES.pid].map((name) => {
    const value = env.get(name);
    if (value !== undefined) env.delete(name);
    return value;
  });
  if (!socket || Deno.build.os !== "linux") return undefined;
  return { socket, watchdogMs: watchdogIntervalMs({ usec, pid }, Deno.pid) };
}

/**
 * Reports states to the manager. It keeps its descriptor, so that it still works when the process has run out of them.
 */
export class ServiceManager {
  readonly #address: Uint8Array<ArrayBuffer>;
  readonly #fd: number;

  /** @param socket Where it listens. */
  constructor(socket: string) {
    this.#address = unixAddress(socket);
    const isUsable = /^[/@]./.test(socket) && this.#address.length <= MAX_ADDRESS_BYTES;
    this.#fd = isUsable ? cLibrary()?.socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0) ?? -1 : -1;
  }

  /**
   * Sends one datagram. If the manager does not read, only a state that it must not miss waits for it.
   *
   * @param state What to report.
   * @returns Whether it was sent.
   */
  notify(state: ServiceState): boolean {
    if (this.#fd < 0) return false;
    const bytes = new TextEncoder().encode(stateText(state));
    const flags = state.ready || state.stopping || state.extendMs !== undefined ? 0 : MSG_DONTWAIT;
    const sent = cLibrary()!.sendto(
      this.#fd,
      bytes,
      BigInt(bytes.length),
      flags,
      this.#address,
      this.#address.length,
    );
    return Number(sent) === bytes.length;
  }
}

/**
 * Opens the connection to a program's service manager.
 *
 * @param facts The manager; `undefined` if there is none.
 * @param log Gets one line if the manager cannot be reached.
 * @returns A function that reports a state to the manager; it does nothing without a manager.
 */
export function openServiceManager(
  facts: ServiceManagerFacts | undefined,
  log: EventLog,
): (state: ServiceState) => void {
  if (facts === undefined) return () => {};
  const manager = new ServiceManager(facts.socket);
  let isLogged = false;
  return (state) => {
    if (manager.notify(state) || isLogged) return;
    isLogged = true;
    log.warning("service manager not reached", {
      socket: facts.socket,
      reason: `no datagram can be sent to the socket that ${SERVICE_VARIABLES.socket} names`,
    });
  };
}
