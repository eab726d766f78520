/**
 * The service manager that has started this process, such as systemd: where it listens, and how it is told of the state.
 *
 * Deno sends datagrams to Unix sockets only with a flag for unstable features and a permission for files; the C library needs
 * neither.
 *
 * @module
 */

import { cLibrary } from "../c_library.ts";
import type { EventLog } from "../log.ts";
import { permittedVariable } from "../permitted_variable.ts";
import { type ServiceState, stateText, watchdogIntervalMs } from "../service_state.ts";
import { unixAddress } from "../zmq/unix_socket.ts";

/** The variables that tell a process of its manager. They are the manager's, and so have no prefix of ours. */
export const SERVICE_VARIABLES = {
  /** The path of the manager's socket; `@` and a name are an abstract address. */
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
 * Reads what the manager has set, and takes it out of the environment: programs that this one starts are not the service.
 *
 * @param env The environment.
 * @returns The facts; `undefined` when no manager listens, or where systems have no such managers.
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

/** Tells the manager of states. It keeps its descriptor, so that it also works when there are no further ones. */
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
   * Sends one datagram. A manager that does not read is waited for only with what it must not miss.
   *
   * @param state What to tell.
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
 * Opens the way to a manager, for a program.
 *
 * @param facts The manager; `undefined`: there is none.
 * @param log Hears once if the manager cannot be told.
 * @returns Tells the manager of a state; does nothing without a manager.
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
