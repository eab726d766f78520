/**
 * A queue's configuration: the options of {@linkcode startQueue} with their defaults and limits, and the values derived from
 * them.
 *
 * @module
 */

import { BROKER_OPTIONS, type BrokerOptions } from "./broker/options.ts";
import { ACCESS_OPTIONS, type AccessOptions } from "./access/config.ts";
import { HTTP_DESCRIPTORS, HTTP_OPTIONS, type HttpConfig, httpConfig, type HttpOptions } from "./http/config.ts";
import { LINK_OPTIONS, type LinkConfig, linkConfig, type LinkOptions } from "./link/config.ts";
import type { EventLog } from "../log.ts";
import { type Option, type OptionValues, readOptions, selectOptions } from "../option.ts";
import { MAX_IO_THREADS } from "./relay/io_threads.ts";
import type { RelayConfig } from "./relay/messages.ts";
import { type Duration, MAX_DURATION_MS, MAX_SIZE_BYTES, type Size } from "../units.ts";

/** The queue's options, for both the API and the command line; {@linkcode QueueOptions} describes each. */
export const QUEUE_OPTIONS = {
  // The Guide's ports, on this machine only: letting other machines in must be a deliberate choice.
  frontend: { kind: "endpoints", defaultValue: ["tcp://127.0.0.1:5555"], use: "bind" },
  backend: { kind: "endpoints", defaultValue: ["tcp://127.0.0.1:5556"], use: "bind" },
  ...ACCESS_OPTIONS,
  ...BROKER_OPTIONS,
  ...HTTP_OPTIONS,
  ...LINK_OPTIONS,
  exhaustedDir: { kind: "text", defaultValue: undefined },
  // libzmq also applies the limit to the handshake: below this minimum, peers with long identities could not connect.
  maxMessageSize: { kind: "size", defaultValue: 128 * 1024 ** 2, min: 1024, max: MAX_SIZE_BYTES },
  // A longer interval would be no faster than TCP itself.
  heartbeat: { kind: "duration", defaultValue: 0, min: 0, max: 3_600_000 },
  waitForPorts: { kind: "duration", defaultValue: 0, min: 0, max: MAX_DURATION_MS },
  ioThreads: { kind: "integer", defaultValue: 1, min: 1, max: MAX_IO_THREADS },
  // Shorter than the 10 s that "docker stop" allows before it kills.
  drainTimeout: { kind: "duration", defaultValue: 8000, min: 0, max: MAX_DURATION_MS },
} as const satisfies Record<keyof Omit<QueueOptions, "log">, Option>;

/** A queue's options. The defaults are those of the command line. */
export interface QueueOptions extends BrokerOptions, AccessOptions, HttpOptions, LinkOptions {
  /**
   * Where clients connect: an endpoint or a list of endpoints.
   *
   * @default "tcp://127.0.0.1:5555"
   */
  readonly frontend?: string | readonly string[];
  /**
   * Where workers connect: an endpoint or a list of endpoints.
   *
   * @default "tcp://127.0.0.1:5556"
   */
  readonly backend?: string | readonly string[];
  /**
   * A folder in which to keep requests that were dropped after their last redelivery; it is made if it is missing. Beyond a
   * thousand requests, or 256 MiB, the oldest are deleted.
   *
   * @default none
   */
  readonly exhaustedDir?: string | undefined;
  /**
   * The largest frame to accept (`ZMQ_MAXMSGSIZE`): bytes, or text such as `"1MiB"`, at least 1 KiB. A connection that sends
   * a larger one is closed.
   *
   * @default "128MiB"
   */
  readonly maxMessageSize?: Size;
  /**
   * How often the system probes a silent peer's host (TCP keepalive): milliseconds, rounded up to whole seconds, or text such
   * as `"5s"`, at most an hour. A host that is gone is noticed within three intervals; with 0, within 15 s.
   *
   * @default 0
   */
  readonly heartbeat?: Duration;
  /**
   * How long to wait while another process uses one of the endpoints or HTTP addresses: milliseconds, or text such as
   * `"60s"`. None is bound before all are free. With 0, starting fails if one is in use.
   *
   * @default 0
   */
  readonly waitForPorts?: Duration;
  /**
   * How many threads of libzmq read from and write to the connections, at most 16. With two or more, clients and workers have
   * threads of their own. docs/performance.md says what that gains and costs; with four or more, guarantee 2 has an exception.
   *
   * @default 1
   */
  readonly ioThreads?: number;
  /**
   * How long {@linkcode Queue.drain} may take: milliseconds, or text such as `"30s"`.
   *
   * @default "8s"
   */
  readonly drainTimeout?: Duration;
  /**
   * Receives the queue's events.
   *
   * @default none
   */
  readonly log?: EventLog;
}

/** The values derived from a queue's options. */
export interface QueueConfig {
  /** What the relay thread needs, except access control, which is read from files. */
  readonly relay: RelayConfig;
  /** Access control. */
  readonly access: OptionValues<typeof ACCESS_OPTIONS>;
  /** The link to other queues; `undefined`: none. */
  readonly link: LinkConfig | undefined;
  /** The folder for exhausted requests, if any. */
  readonly exhaustedDir: string | undefined;
  /** How to serve HTTP; `undefined`: not at all. */
  readonly http: HttpConfig | undefined;
  /** How long to wait for addresses that are taken, in milliseconds. */
  readonly waitForPortsMs: number;
  /** How long a drain may take by default, in milliseconds. */
  readonly drainTimeoutMs: number;
}

/**
 * Reads a queue's options.
 *
 * @param options The options.
 * @returns The values derived from them.
 * @throws {TypeError} When an option is unknown or of the wrong type.
 * @throws {RangeError} When a value is wrong.
 */
export function queueConfig(options: QueueOptions): QueueConfig {
  const values = readOptions(QUEUE_OPTIONS, options, "startQueue()", ["log"]);
  const { frontend, backend, maxMessageSize, heartbeat, waitForPorts, ioThreads, drainTimeout } = values;
  const { exhaustedDir, keys, http } = values;
  return {
    relay: {
      frontend,
      backend,
      maxMessageBytes: maxMessageSize,
      heartbeatMs: heartbeat,
      ioThreads,
      postsSnapshots: http !== undefined,
      reservedDescriptors: http === undefined ? 0 : HTTP_DESCRIPTORS,
      keepsExhausted: exhaustedDir !== undefined,
      broker: selectOptions(BROKER_OPTIONS, values),
    },
    access: selectOptions(ACCESS_OPTIONS, values),
    link: linkConfig(selectOptions(LINK_OPTIONS, values), keys !== undefined),
    exhaustedDir,
    http: httpConfig(selectOptions(HTTP_OPTIONS, values)),
    waitForPortsMs: waitForPorts,
    drainTimeoutMs: drainTimeout,
  };
}
