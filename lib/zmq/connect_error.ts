/**
 * Why there is no connection.
 *
 * @module
 */

/** Why there is no connection: a stable code for programs. */
export type ConnectErrorCode =
  /** The name does not exist, or has no address. */
  | "NAME_NOT_FOUND"
  /** The name could not be looked up: no name server answers. */
  | "NAME_SERVER_SILENT"
  /** Nothing listens there. */
  | "REFUSED"
  /** The path of the `ipc://` endpoint does not exist. */
  | "NO_SUCH_PATH"
  /** There is no permission for the path of the `ipc://` endpoint, or for connections to the address. */
  | "NO_PERMISSION"
  /** The host cannot be reached, or does not answer. */
  | "UNREACHABLE"
  /**
   * Something listens there, but it does not speak ZMTP, the protocol of ZeroMQ; or it is a queue that requires a key.
   */
  | "NOT_ZMTP"
  /** It is not the queue that the key belongs to, or it uses no keys. */
  | "WRONG_QUEUE"
  /** The queue does not let this key or address in. */
  | "NOT_PERMITTED";

/** There is no connection to an endpoint. */
export class ConnectError extends Error {
  override readonly name = "ConnectError";
  /** Why, as a stable code for programs. */
  readonly code: ConnectErrorCode;

  /**
   * @param code Why.
   * @param reason The reason as a phrase that can follow a colon.
   */
  constructor(code: ConnectErrorCode, reason: string) {
    super(reason);
    this.code = code;
  }
}
