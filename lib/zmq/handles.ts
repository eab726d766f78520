/**
 * The registry of open contexts and sockets, with the place in the code that opened each. libzmq's handles are
 * invisible to Deno's own leak checks, so tests assert that this registry is empty.
 *
 * @module
 */

/**
 * The error's stack gives the place. It is only converted to text when it is read, because that takes as long as
 * opening a socket.
 */
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
 * Removes a closed handle.
 *
 * @param handle The context or socket.
 */
export function unregisterHandle(handle: object): void {
  openHandles.delete(handle);
}

/**
 * Lists what is open on this thread.
 *
 * @returns For each open context and socket, the stack of the call that opened it.
 */
export function openZmqHandles(): string[] {
  return Array.from(openHandles.values(), ({ stack }) => stack!);
}
