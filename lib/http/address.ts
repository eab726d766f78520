/**
 * Addresses of the programs' HTTP servers, to listen on and to connect to.
 *
 * @module
 */

/** The default port of the HTTP server. */
export const HTTP_PORT = 5557;

/** Where an HTTP server listens. */
export type HttpAddress =
  | { readonly kind: "tcp"; readonly host: string; readonly port: number }
  | { readonly kind: "unix"; readonly path: string };

const TCP = /^(?:\[([0-9A-Fa-f:.]+(?:%[^\]\s]+)?)\]|([^:[\]/\s]+))(?::(\d+))?$/;
const MAX_PORT = 65_535;

/**
 * Parses an address of `--http`: `127.0.0.1:5557`, `[::1]:5557`, `*:5557` for all interfaces, or `unix:/path`.
 *
 * @param text The text, optionally with `http://` before it and a slash after it.
 * @returns The address.
 * @throws {RangeError} When it is not an address; the message is a phrase that says what one looks like.
 */
export function parseHttpAddress(text: string): HttpAddress {
  if (text.startsWith("unix:")) {
    const path = text.slice("unix:".length);
    if (path === "" || path.includes("\0")) throw new RangeError("a unix socket is written unix:/PATH");
    return { kind: "unix", path };
  }
  if (/^https:\/\//i.test(text)) {
    throw new RangeError("it must be plain HTTP; for HTTPS, put a proxy in front of the server");
  }
  const address = text.replace(/^http:\/\//i, "").replace(/\/$/, "");
  const path = /[/?#].*$/.exec(address)?.[0];
  if (path !== undefined && TCP.test(address.slice(0, -path.length))) {
    throw new RangeError(`it must end after the port, without ${JSON.stringify(path)}`);
  }
  const match = TCP.exec(address);
  const port = Number(match?.[3] ?? HTTP_PORT);
  if (match === null || /^\d+$/.test(text) || port > MAX_PORT) {
    throw new RangeError('an address looks like "127.0.0.1:5557", "[::1]:5557", or "unix:/run/spqueue/http.sock"');
  }
  const host = match[1] ?? match[2]!;
  return { kind: "tcp", host: host === "*" ? "0.0.0.0" : host, port };
}

/**
 * Formats an address so that {@linkcode parseHttpAddress} can parse it.
 *
 * @param address The address.
 */
export function formatHttpAddress(address: HttpAddress): string {
  if (address.kind === "unix") return `unix:${address.path}`;
  const { host, port } = address;
  return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}

/**
 * Checks an address and adds the default port.
 *
 * @param text The address.
 * @returns The address with its port.
 * @throws {RangeError} When it is not an address.
 */
export function checkedHttpAddress(text: string): string {
  return formatHttpAddress(parseHttpAddress(text));
}

/**
 * Whether only this machine can reach an address.
 *
 * @param address The address.
 */
export function isLocal(address: HttpAddress): boolean {
  if (address.kind === "unix") return true;
  return /^(127\.\d+\.\d+\.\d+|localhost|::1|::ffff:127\.\d+\.\d+\.\d+)$/i.test(address.host);
}

/**
 * Whether to answer a request with this `Host` header when no token is required. This prevents DNS rebinding: if a foreign
 * site points its name at this machine, its page's requests have the foreign name in `Host`.
 *
 * @param header The header, if there is one.
 * @param names The names to accept besides `localhost`.
 */
export function isOwnHost(header: string | undefined, names: readonly string[]): boolean {
  const match = /^(?:\[([0-9A-Fa-f:.]+)\]|([^:[\]/\s]+))(?::\d+)?$/.exec(header ?? "");
  if (match === null) return false;
  const [, ipv6, host = ""] = match;
  if (ipv6 !== undefined || /^\d{1,3}(\.\d{1,3}){3}$/.test(host)) return true;
  const name = host.toLowerCase().replace(/\.$/, "");
  return name === "localhost" || names.some((known) => known.toLowerCase() === name);
}
