/**
 * What the main thread and the relay thread say to each other.
 *
 * @module
 */

import type { PermittedKey } from "../../access/permitted_keys.ts";
import type { AccessConfig } from "../access/door.ts";
import type { Refusal } from "../access/admission.ts";
import type { FailedHandshake } from "../access/handshakes.ts";
import type { BrokerConfig } from "../broker/options.ts";
import type { BrokerReport } from "../broker/output.ts";
import type { ExhaustedCopy } from "../exhausted/record.ts";
import type { LinkReport } from "../link/link.ts";
import type { NotCopied } from "./copy_budget.ts";
import type { FileFailure, GateState } from "./ipc_gate.ts";
import type { LinkEndpoints } from "./link_pipe.ts";
import type { IpcFileFacts } from "../../zmq/ipc_file.ts";
import type { QueueStatistics, RelaySnapshot, Side } from "./relay_statistics.ts";
import type { Takeover } from "./chosen_identities.ts";

export type { QueueStatistics, RelayCounters, RelaySnapshot, Side } from "./relay_statistics.ts";

/** How the relay runs. */
export interface RelayConfig {
  /** Endpoints for clients, at least one. */
  readonly frontend: readonly string[];
  /** Endpoints for workers, at least one. */
  readonly backend: readonly string[];
  /** The largest frame that is accepted, in bytes (`ZMQ_MAXMSGSIZE`). */
  readonly maxMessageBytes: number;
  /** The interval at which hosts are probed (TCP keepalive), in milliseconds; 0 for the usual one. */
  readonly heartbeatMs: number;
  /** How many I/O threads libzmq has, at least one. */
  readonly ioThreads: number;
  /** Whether to post a snapshot each second; without that an idle relay sleeps. */
  readonly postsSnapshots?: boolean;
  /** How many descriptors are kept free for others than peers. */
  readonly reservedDescriptors?: number;
  /** Whether requests that met their limit of redeliveries are copied for the main thread. */
  readonly keepsExhausted: boolean;
  /** The queue's name for itself, if it is linked to others. */
  readonly linkId?: string | undefined;
  /** Who is let in; `undefined`: everybody who can reach an endpoint. */
  readonly access?: AccessConfig | undefined;
  /** The broker's options; whether it hears of departures depends on libzmq. */
  readonly broker: Omit<BrokerConfig, "knowsDepartures">;
}

/** What the relay needs to start; sent to it once, by `postMessage`. */
export interface RelayStart extends RelayConfig {
  /** The file of the libzmq that the main thread has loaded: both threads use one context. */
  readonly libraryPath: string;
  /** The service manager that hears from the relay's loop that it is alive; `undefined`: nobody. */
  readonly watcher: Watcher | undefined;
}

/** A service manager that wants signs of life. */
export interface Watcher {
  /** Where it listens. */
  readonly socket: string;
  /** How often it wants to hear, in milliseconds. */
  readonly intervalMs: number;
}

/** A command, sent to the relay through its control socket, which wakes it. */
export type RelayCommand =
  /** Finish what is there within the time, then stop. */
  | { readonly command: "drain"; readonly timeoutMs: number }
  /** Close everything now. */
  | { readonly command: "abort" }
  /** Replace the list of permitted keys. */
  | { readonly command: "permit"; readonly keys: readonly PermittedKey[] }
  /** A copy of an exhausted request has been written, or cannot be. */
  | { readonly command: "copy written"; readonly bytes: number }
  /** Post the statistics. */
  | { readonly command: "statistics" }
  /** Post a snapshot. */
  | { readonly command: "snapshot" }
  /** Send no request to a worker until further notice. */
  | { readonly command: "pause" }
  /** Send requests to workers again. */
  | { readonly command: "resume" };

/** What happened that people may want to know. */
export type RelayReport =
  | BrokerReport
  | LinkReport
  /** A message's sender has an identity that is longer than ZMTP allows. */
  | { readonly event: "message dropped"; readonly side: Side }
  /** Handling a message failed: a defect of the queue. */
  | { readonly event: "message failed"; readonly side: Side; readonly reason: string }
  /** A request met its limit, and was not copied for the folder that keeps them. */
  | { readonly event: "exhausted request not kept"; readonly digest: string; readonly reason: NotCopied }
  /** A peer was not let in. */
  | { readonly event: "peer refused"; readonly keyFolder: string | undefined } & Refusal
  /** A peer did not come as far as being asked who it is. */
  | { readonly event: "handshake failed" } & FailedHandshake
  /** Connections were closed because their keys, named here, are no longer permitted. */
  | { readonly event: "keys no longer permitted"; readonly names: readonly string[] }
  /** Another connection came with a worker's identity. */
  | { readonly event: "worker identity taken over" } & Takeover;

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
    /** Where to connect for the link to other queues, if there is one. */
    readonly link: LinkEndpoints | undefined;
    /** The files of the `ipc://` endpoints. */
    readonly ipcFiles: readonly IpcFileFacts[];
    /** libzmq's version. */
    readonly version: string;
    /** Whether libzmq reports who connects and leaves. */
    readonly hasDraftApi: boolean;
  }
  /** Something happened, `count` times since it was reported last. */
  | { readonly type: "report"; readonly report: RelayReport; readonly count: number }
  /** Whether newcomers can connect to `ipc://` endpoints has changed. */
  | { readonly type: "ipc gate"; readonly state: GateState }
  /** The files of the `ipc://` endpoints are others now. */
  | { readonly type: "ipc files"; readonly ipcFiles: readonly IpcFileFacts[] }
  /** Something cannot be done with the file of an `ipc://` endpoint. */
  | { readonly type: "ipc file failure"; readonly failure: FileFailure }
  /** The answer to the command, or the one of each second. */
  | { readonly type: "snapshot"; readonly snapshot: RelaySnapshot }
  /** A request met its limit of redeliveries, and should be kept. */
  | { readonly type: "exhausted"; readonly copy: ExhaustedCopy }
  /** The answer to the command. */
  | { readonly type: "statistics"; readonly statistics: QueueStatistics }
  /** It waits until the main thread has closed its end of the link. */
  | { readonly type: "closing link" }
  /** Its sockets are closed; it ends when the main thread has closed the control socket. */
  | { readonly type: "closing" }
  /** It has ended. */
  | { readonly type: "stopped"; readonly statistics: QueueStatistics }
  /** It could not start, or failed. */
  | { readonly type: "failed"; readonly name: string; readonly code: string; readonly message: string };
