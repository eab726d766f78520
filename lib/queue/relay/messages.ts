/**
 * What the main thread and the relay thread say to each other.
 *
 * @module
 */

import type { BrokerConfig } from "../broker/options.ts";
import type { BrokerReport } from "../broker/output.ts";
import type { BrokerCounters, BrokerGauges } from "../broker/statistics.ts";
import type { IpcFileFacts } from "../../zmq/ipc_file.ts";

/** How the relay runs. */
export interface RelayConfig {
  /** Endpoints for clients, at least one. */
  readonly frontend: readonly string[];
  /** Endpoints for workers, at least one. */
  readonly backend: readonly string[];
  /** The largest frame that is taken, in bytes (`ZMQ_MAXMSGSIZE`). */
  readonly maxMessageBytes: number;
  /** The interval of ZMTP heartbeats in milliseconds; 0: none. */
  readonly heartbeatMs: number;
  /** The broker's options; whether departures are known is libzmq's matter. */
  readonly broker: Omit<BrokerConfig, "knowsDepartures">;
}

/** What the relay needs to start; sent to it once, by `postMessage`. */
export interface RelayStart extends RelayConfig {
  /** The file of the libzmq that the main thread has loaded: both threads use one context. */
  readonly libraryPath: string;
}

/** A command, sent to the relay through its control socket, which wakes it. */
export type RelayCommand =
  /** Take no further requests, finish what is there within the time, then stop. */
  | { readonly command: "drain"; readonly timeoutMs: number }
  /** Close everything now. */
  | { readonly command: "abort" }
  /** Post the statistics. */
  | { readonly command: "statistics" };

/** What there is and what happened. */
export type QueueStatistics = BrokerCounters & BrokerGauges;

/** What the relay posts to the main thread. */
export type RelayMessage =
  /** It listens. */
  | {
    readonly type: "listening";
    /** As bound, with real ports. */
    readonly frontend: readonly string[];
    /** As bound, with real ports. */
    readonly backend: readonly string[];
    /** The context's address, for the control socket. */
    readonly context: bigint;
    /** The control socket's endpoint. */
    readonly control: string;
    /** The files of the `ipc://` endpoints. */
    readonly ipcFiles: readonly IpcFileFacts[];
    /** libzmq's version. */
    readonly version: string;
    /** Whether libzmq tells who connects and leaves. */
    readonly hasDraftApi: boolean;
  }
  /** Something happened, `count` times since it was told last. */
  | { readonly type: "report"; readonly report: BrokerReport; readonly count: number }
  /** The answer to the command. */
  | { readonly type: "statistics"; readonly statistics: QueueStatistics }
  /** Its sockets are closed; it ends when the main thread has closed the control socket. */
  | { readonly type: "closing" }
  /** It has ended. */
  | { readonly type: "stopped"; readonly statistics: QueueStatistics }
  /** It could not start, or failed. */
  | { readonly type: "failed"; readonly name: string; readonly code: string; readonly message: string };
