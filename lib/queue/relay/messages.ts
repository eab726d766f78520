/**
 * The messages between the main thread and the relay thread.
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

/** The relay's configuration. */
export interface RelayConfig {
  /** Endpoints for clients, at least one. */
  readonly frontend: readonly string[];
  /** Endpoints for workers, at least one. */
  readonly backend: readonly string[];
  /** The largest frame to accept, in bytes (`ZMQ_MAXMSGSIZE`). */
  readonly maxMessageBytes: number;
  /** The interval of TCP keepalive probes, in milliseconds; 0: the default. */
  readonly heartbeatMs: number;
  /** How many I/O threads libzmq has, at least one. */
  readonly ioThreads: number;
  /** Whether to post a snapshot each second. If not, an idle relay sleeps. */
  readonly postsSnapshots?: boolean;
  /** How many descriptors to keep free for uses other than peers. */
  readonly reservedDescriptors?: number;
  /** Whether to copy requests that reached their limit of redeliveries for the main thread. */
  readonly keepsExhausted: boolean;
  /** The queue's name for itself, if it is linked to others. */
  readonly linkId?: string | undefined;
  /** Access control; `undefined`: everybody who can reach an endpoint is let in. */
  readonly access?: AccessConfig | undefined;
  /** The broker's options, except the one that depends on libzmq. */
  readonly broker: Omit<BrokerConfig, "knowsDepartures">;
}

/** What the relay needs to start. Sent once, by `postMessage`. */
export interface RelayStart extends RelayConfig {
  /** The path of the libzmq that the main thread has loaded: both threads use one context. */
  readonly libraryPath: string;
  /** The service manager's watchdog, which the relay's loop notifies; `undefined`: none. */
  readonly watcher: Watcher | undefined;
}

/** A service manager with a watchdog. */
export interface Watcher {
  /** The path of its socket. */
  readonly socket: string;
  /** How often it must be notified, in milliseconds. */
  readonly intervalMs: number;
}

/** A command, sent to the relay through its control socket, which wakes it. */
export type RelayCommand =
  /** Finish the pending requests within this time, then stop. */
  | { readonly command: "drain"; readonly timeoutMs: number }
  /** Close everything now. */
  | { readonly command: "abort" }
  /** Replace the list of permitted keys. */
  | { readonly command: "permit"; readonly keys: readonly PermittedKey[] }
  /** A copy of an exhausted request has been written, or could not be. */
  | { readonly command: "copy written"; readonly bytes: number }
  /** Post the statistics. */
  | { readonly command: "statistics" }
  /** Post a snapshot. */
  | { readonly command: "snapshot" }
  /** Send no requests to workers until resumed. */
  | { readonly command: "pause" }
  /** Send requests to workers again. */
  | { readonly command: "resume" };

/** What happened that people may want to know. */
export type RelayReport =
  | BrokerReport
  | LinkReport
  /** A message was dropped because its sender's identity is longer than ZMTP allows. */
  | { readonly event: "message dropped"; readonly side: Side }
  /** Handling a message failed: a bug in the queue. */
  | { readonly event: "message failed"; readonly side: Side; readonly reason: string }
  /** A request reached its limit of redeliveries, but was not copied for the folder. */
  | { readonly event: "exhausted request not kept"; readonly digest: string; readonly reason: NotCopied }
  /** A peer was refused. */
  | { readonly event: "peer refused"; readonly keyFolder: string | undefined } & Refusal
  /** A handshake failed before the peer was authenticated. */
  | { readonly event: "handshake failed" } & FailedHandshake
  /** Connections were closed because their keys, named here, are no longer permitted. */
  | { readonly event: "keys no longer permitted"; readonly names: readonly string[] }
  /** Another connection took over a worker's identity. */
  | { readonly event: "worker identity taken over" } & Takeover;

/** What the relay posts to the main thread. */
export type RelayMessage =
  /** The relay listens. */
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
    /** The endpoints of the link to other queues, if there is one. */
    readonly link: LinkEndpoints | undefined;
    /** The files of the `ipc://` endpoints. */
    readonly ipcFiles: readonly IpcFileFacts[];
    /** libzmq's version. */
    readonly version: string;
    /** Whether libzmq has the draft API, and so reports connects and disconnects. */
    readonly hasDraftApi: boolean;
  }
  /** Something happened, `count` times since the last report of its kind. */
  | { readonly type: "report"; readonly report: RelayReport; readonly count: number }
  /** The gate of the `ipc://` endpoints opened or closed. */
  | { readonly type: "ipc gate"; readonly state: GateState }
  /** The files of the `ipc://` endpoints were replaced by others. */
  | { readonly type: "ipc files"; readonly ipcFiles: readonly IpcFileFacts[] }
  /** An operation on the file of an `ipc://` endpoint failed. */
  | { readonly type: "ipc file failure"; readonly failure: FileFailure }
  /** The answer to the command, or the snapshot that is posted each second. */
  | { readonly type: "snapshot"; readonly snapshot: RelaySnapshot }
  /** A request reached its limit of redeliveries and should be kept. */
  | { readonly type: "exhausted"; readonly copy: ExhaustedCopy }
  /** The answer to the command. */
  | { readonly type: "statistics"; readonly statistics: QueueStatistics }
  /** The relay waits until the main thread has closed its end of the link. */
  | { readonly type: "closing link" }
  /** The relay's sockets are closed. It ends when the main thread has closed the control socket. */
  | { readonly type: "closing" }
  /** The relay has ended. */
  | { readonly type: "stopped"; readonly statistics: QueueStatistics }
  /** The relay could not start, or failed. */
  | { readonly type: "failed"; readonly name: string; readonly code: string; readonly message: string };
