/**
 * The constants of libzmq's `zmq.h` that this project uses, under the names of the C API.
 *
 * @module
 */

/** Socket types (`zmq_socket`). */
export const SocketType = {
  PAIR: 0,
  REQ: 3,
  DEALER: 5,
  ROUTER: 6,
} as const;

/** One of {@linkcode SocketType}'s values. */
export type SocketType = typeof SocketType[keyof typeof SocketType];

/** Context options (`zmq_ctx_set`). */
export const ContextOption = {
  IO_THREADS: 1,
  MAX_SOCKETS: 2,
  THREAD_SCHED_POLICY: 4,
  ZERO_COPY_RECV: 10,
} as const;

/** One of {@linkcode ContextOption}'s values. */
export type ContextOption = typeof ContextOption[keyof typeof ContextOption];

/**
 * The most sockets that a context can have (`ZMQ_SOCKET_LIMIT`), for {@linkcode ContextOption.MAX_SOCKETS}. The default
 * of 1,023 is too low for hundreds of concurrent jobs or requests: a worker uses three sockets per job, a client one
 * per request, and a closed socket counts until libzmq's I/O thread has finished with it.
 */
export const SOCKET_LIMIT = 65_535;

/** Socket options whose value is a C `int`. */
export const IntOption = {
  EVENTS: 15,
  LINGER: 17,
  BACKLOG: 19,
  RECONNECT_IVL: 18,
  RECONNECT_IVL_MAX: 21,
  SNDHWM: 23,
  RCVHWM: 24,
  ROUTER_MANDATORY: 33,
  TCP_KEEPALIVE: 34,
  TCP_KEEPALIVE_CNT: 35,
  TCP_KEEPALIVE_IDLE: 36,
  TCP_KEEPALIVE_INTVL: 37,
  IPV6: 42,
  CURVE_SERVER: 47,
  ROUTER_HANDOVER: 56,
  /** Linux only: the process that may connect to `ipc://` endpoints that are bound from now on. */
  IPC_FILTER_PID: 58,
  HANDSHAKE_IVL: 66,
  TCP_MAXRT: 80,
  USE_FD: 89,
  ZAP_ENFORCE_DOMAIN: 93,
  /** Draft API. */
  ROUTER_NOTIFY: 97,
} as const;

/** One of {@linkcode IntOption}'s values. */
export type IntOption = typeof IntOption[keyof typeof IntOption];

/** Socket options whose value is a C `int64_t` or `uint64_t`. */
export const Int64Option = {
  /**
   * A bit mask of the I/O threads that may serve the endpoints that the socket binds or connects from now on; 0: all.
   */
  AFFINITY: 4,
  MAXMSGSIZE: 22,
} as const;

/** One of {@linkcode Int64Option}'s values. */
export type Int64Option = typeof Int64Option[keyof typeof Int64Option];

/** Socket options whose value is bytes. */
export const BytesOption = {
  ROUTING_ID: 5,
  LAST_ENDPOINT: 32,
  CURVE_PUBLICKEY: 48,
  CURVE_SECRETKEY: 49,
  CURVE_SERVERKEY: 50,
  ZAP_DOMAIN: 55,
  /** Draft API. */
  DISCONNECT_MSG: 111,
} as const;

/** One of {@linkcode BytesOption}'s values. */
export type BytesOption = typeof BytesOption[keyof typeof BytesOption];

/** `ZMQ_FD`: the descriptor that becomes readable when the socket's state may have changed (edge-triggered). */
export const FD_OPTION = 14;

/** Flags of `zmq_msg_send`, `zmq_send` and `zmq_msg_recv`. */
export const DONTWAIT = 1;
/** More frames of the same message follow. */
export const SNDMORE = 2;

/** A bit of `ZMQ_EVENTS`. */
export const POLLIN = 1;

/**
 * Monitor events (`zmq_socket_monitor`). `ZMQ_EVENT_ACCEPT_FAILED` is left out: at the descriptor limit, it is reported
 * endlessly and fills the monitor.
 */
export const MonitorEvent = {
  /** A connection was made; its value is the descriptor. */
  CONNECTED: 0x0001,
  /** A connection is being made in the background; its value is an error number without meaning. */
  CONNECT_DELAYED: 0x0002,
  /** An attempt to connect failed; its value is the pause before the next, in milliseconds. */
  CONNECT_RETRIED: 0x0004,
  /** A connection was accepted; its value is the descriptor. */
  ACCEPTED: 0x0020,
  /** A connection, or an attempt to make one, was closed on this side; its value is the descriptor. */
  CLOSED: 0x0080,
  /** A connection has ended; its value is the descriptor. */
  DISCONNECTED: 0x0200,
  /** The ZMTP handshake failed; its value is an error number. */
  HANDSHAKE_FAILED_NO_DETAIL: 0x0800,
  /** The ZMTP handshake is done: the connection carries messages. */
  HANDSHAKE_SUCCEEDED: 0x1000,
  /** The other side broke the protocol; its value is one of `ZMQ_PROTOCOL_ERROR_`. */
  HANDSHAKE_FAILED_PROTOCOL: 0x2000,
  /** The other side was not let in; its value is ZAP's status code. */
  HANDSHAKE_FAILED_AUTH: 0x4000,
} as const;

/** One of {@linkcode MonitorEvent}'s values. */
export type MonitorEvent = typeof MonitorEvent[keyof typeof MonitorEvent];

/** `ZMQ_NOTIFY_CONNECT`, the value of {@linkcode IntOption.ROUTER_NOTIFY} that announces new connections (draft API). */
export const NOTIFY_CONNECT = 1;

/** `sizeof(zmq_msg_t)` in every libzmq since 4.1. */
export const MESSAGE_SIZE = 64;
