/**
 * The register of open contexts and sockets, with the place that opened each. libzmq's handles are invisible to Deno's own
 * leak checks, so tests assert that this register is empty.
 *
 * @module
 */

const openHandles = new Map<object, string>();

/**
 * Registers a handle that was opened.
 *
 * @param handle The context or socket.
 */
export function registerHandle(handle: object): void {
  openHandles.set(handle, new Error(`${handle.constructor.name} opened`).stack!);
}

/**
 * Takes a handle that was closed off the register.
 *
 * @param handle The context or socket.
 */
export function unregisterHandle(handle: object): void {
  openHandles.delete(handle);
}

/**
 * What is open on this thread.
 *
 * @returns For each open context and socket, the stack of the call that opened it.
 */
export function openZmqHandles(): string[] {
  return [...openHandles.values()];
}
