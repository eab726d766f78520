/**
 * The permission to use the network, which programs give back that neither serve or ask over HTTP nor use NATS:
 * libzmq needs none.
 *
 * @module
 */

/** Gives it back. */
export async function dropNetPermission(): Promise<void> {
  await Deno.permissions.revoke({ name: "net" });
}
