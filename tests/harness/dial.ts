/**
 * Bare connections to a queue's endpoints.
 *
 * @module
 */

/**
 * Connects to an endpoint without speaking ZMTP.
 *
 * @param endpoint Such as `tcp://127.0.0.1:5555` or `ipc:///tmp/front`.
 */
export async function dial(endpoint: string): Promise<Deno.Conn> {
  if (endpoint.startsWith("ipc://")) {
    return await Deno.connect({ transport: "unix", path: endpoint.slice("ipc://".length) });
  }
  const { hostname, port } = new URL(endpoint.replace("tcp:", "http:"));
  return await Deno.connect({ hostname: hostname.replace(/[[\]]/g, ""), port: Number(port) });
}
