/**
 * Endpoints: `tcp://` with IPv4, IPv6 or a name, and `ipc://`.
 *
 * @module
 */

/** The longest path of a Unix socket, in bytes: the shorter limit of Linux and macOS, without the terminator. */
const MAX_IPC_PATH_BYTES = 103;

/** What an endpoint is for: `*` stands for every interface or any free port in `bind`, and means nothing in `connect`. */
export type EndpointUse = "bind" | "connect";

/**
 * Checks an endpoint.
 *
 * @param text Such as `tcp://*:5555`, `tcp://[::1]:5555`, `ipc:///run/spq/frontend`.
 * @param use What it is for.
 * @returns The same text.
 * @throws {RangeError} When it is not an endpoint, with the reason.
 */
export function parseEndpoint(text: string, use: EndpointUse): string {
  if (text.startsWith("tcp://")) checkTcp(text.slice("tcp://".length), use);
  else if (text.startsWith("ipc://")) checkIpc(text.slice("ipc://".length), use);
  else throw new RangeError("an endpoint begins with tcp:// or ipc://");
  return text;
}

/**
 * An IPv6 address in brackets, with or without a zone. Linux allows all characters but these in an interface's name.
 */
const IPV6_HOST = /\[[0-9A-Fa-f:.]+(?:%[^/:\s]+)?\]/.source;
const NAME_OR_IPV4 = /[^:[\]/\s]+/.source;
const TCP_ADDRESS = new RegExp(`^(${IPV6_HOST}|${NAME_OR_IPV4}):(\\d+|\\*)$`);

const HOST = new RegExp(`^(?:${IPV6_HOST}|${NAME_OR_IPV4})$`);
const ADDRESS_TO_CONNECT = new RegExp(`^(?:${IPV6_HOST}|${NAME_OR_IPV4})(?::\\d+)?$`);

/**
 * Completes an endpoint to connect to that a user typed without `tcp://` or without a port.
 *
 * @param text Such as `queue.example`, `queue.example:7000`, `tcp://queue.example` or `[::1]`.
 * @param port The port to use if the text has none.
 * @returns Such as `tcp://queue.example:5555`; any other text is returned unchanged.
 */
export function completeEndpoint(text: string, port: number): string {
  // A bare number is a port that somebody mistook for an endpoint.
  const isAddress = ADDRESS_TO_CONNECT.test(text) && !/^(?:\d+|\*.*|ipc:.*|tcp:.*)$/.test(text);
  const endpoint = isAddress ? `tcp://${text}` : text;
  const host = endpoint.startsWith("tcp://") ? endpoint.slice("tcp://".length) : "";
  return HOST.test(host) && host !== "*" ? `${endpoint}:${port}` : endpoint;
}

function checkTcp(address: string, use: EndpointUse): void {
  const match = TCP_ADDRESS.exec(address);
  if (match === null) {
    throw new RangeError(
      use === "bind"
        ? "a tcp endpoint is tcp://ADDRESS:PORT, such as tcp://*:5555, tcp://127.0.0.1:5555, tcp://[::1]:5555"
        : "a tcp endpoint is tcp://HOST:PORT, such as tcp://localhost:5555 or tcp://[::1]:5555",
    );
  }
  const [, host, port] = match;
  if (use === "connect" && (host === "*" || port === "*")) {
    throw new RangeError('an endpoint to connect to must name its host and port: "*" is for binding only');
  }
  if (port !== "*" && Number(port) > 65535) throw new RangeError(`a port is at most 65535`);
  if (use === "connect" && Number(port) === 0) throw new RangeError("a port to connect to is at least 1");
}

function checkIpc(path: string, use: EndpointUse): void {
  const { length } = new TextEncoder().encode(path);
  if (length === 0 || path.includes("\0")) throw new RangeError("an ipc endpoint is ipc://PATH");
  if (use === "connect" && path === "*") {
    throw new RangeError('an endpoint to connect to must name its path: "*" is for binding only');
  }
  if (length > MAX_IPC_PATH_BYTES) {
    throw new RangeError(`the path of an ipc endpoint has at most ${MAX_IPC_PATH_BYTES} bytes, this one has ${length}`);
  }
}

/** Host and port of a `tcp://` endpoint. */
export interface HostAndPort {
  /** A name, an IPv4 address, or an IPv6 address in brackets. */
  readonly host: string;
  /** The port. */
  readonly port: number;
}

/**
 * Splits a `tcp://` endpoint that is connected to or bound.
 *
 * @param endpoint A checked endpoint, or one that libzmq has bound.
 * @returns Its host and port; `undefined` for `ipc://`.
 */
export function hostAndPort(endpoint: string): HostAndPort | undefined {
  const match = endpoint.startsWith("tcp://") ? TCP_ADDRESS.exec(endpoint.slice("tcp://".length)) : null;
  return match === null ? undefined : { host: match[1]!, port: Number(match[2]) };
}

/**
 * The path of an `ipc://` endpoint.
 *
 * @param endpoint A checked endpoint.
 * @returns The path; `undefined` for `tcp://`.
 */
export function ipcPath(endpoint: string): string | undefined {
  return endpoint.startsWith("ipc://") ? endpoint.slice("ipc://".length) : undefined;
}

/**
 * Whether an endpoint needs IPv6 (`ZMQ_IPV6`). A name does not: with that option, libzmq uses only the IPv6 address of
 * a name that has one, so that `localhost` would miss a queue that listens on IPv4.
 *
 * @param endpoint A checked endpoint.
 */
export function isIpv6(endpoint: string): boolean {
  return endpoint.startsWith("tcp://[");
}

/**
 * Whether other hosts can reach a socket that is bound to an endpoint.
 *
 * @param endpoint A checked endpoint, or one that libzmq has bound.
 */
export function isReachableFromOutside(endpoint: string): boolean {
  if (!endpoint.startsWith("tcp://")) return false;
  const host = endpoint.slice("tcp://".length, endpoint.lastIndexOf(":"));
  return !isLoopback(host);
}

/**
 * Whether a host is a loopback address, which only its own machine can reach.
 *
 * @param host A name, an IPv4 address, or an IPv6 address in brackets.
 */
export function isLoopback(host: string): boolean {
  return /^(127\.\d+\.\d+\.\d+|localhost|lo|\[::1\]|\[::ffff:127\.\d+\.\d+\.\d+\])$/i.test(host);
}
