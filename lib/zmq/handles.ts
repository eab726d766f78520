/**
 * The register of open contexts and sockets, with the place that opened each. libzmq's handles are invisible to Deno's own
 * leak checks, so tests assert that this register is empty.
 *
 * @module
 */

/** An error tells the place. Its stack becomes text only when somebody reads it, which takes as long as opening a socket. */
const openHandles = new Map<object, Error>();

/**
 * Registers a handle that was opened.
 *
 * @param handle The context or socket.
 */
export function registerHandle(handle: object): void {
  openHandles.set(handle, new Error(`${handle.constructor.name} opened`));
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
  return Array.from(openHandles.values(), ({ stack }) => stack!);
}
