/**
 * The permission to use the network, which programs give back that do not serve or ask over HTTP: libzmq needs none.
 *
 * @module
 */

/** Gives it back. */
export async function dropNetPermission(): Promise<void> {
  await Deno.permissions.revoke({ name: "net" });
}
