/**
 * The permission to use the network. Programs that use neither HTTP nor NATS give it up, since libzmq does not need it.
 *
 * @module
 */

/** Gives up the permission. */
export async function dropNetPermission(): Promise<void> {
  await Deno.permissions.revoke({ name: "net" });
}
