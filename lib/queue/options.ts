/**
 * The queue's command line options.
 *
 * @module
 */

import { DEFAULT_BROKER_OPTIONS } from "./broker/broker.ts";
import { listOption, type OptionTable, type Program, switchOption, valueOption } from "../cli/program.ts";
import { durationBetween, numberBetween, oneOf, parsePositiveSize } from "../cli/values.ts";
import { parseEndpoint } from "../endpoint.ts";
import { LOG_OPTIONS } from "../cli/log_options.ts";
import { formatDuration, formatSize, MAX_DURATION_MS, MAX_SIZE_BYTES } from "../units.ts";

/** Where clients connect, as in the Guide. */
export const DEFAULT_FRONTEND = "tcp://*:5555";
/** Where workers connect, as in the Guide. */
export const DEFAULT_BACKEND = "tcp://*:5556";
/** How long a drain may take, in milliseconds. */
export const DEFAULT_DRAIN_TIMEOUT_MS = 10_000;
/** The largest frame that is taken, in bytes. */
export const DEFAULT_MAX_MESSAGE_BYTES = 128 * 1024 * 1024;
/** The smallest and the largest number that each option of {@linkcode QueueOptions} may be. */
export const QUEUE_LIMITS = {
  redeliveries: [0, 1000],
  jobTimeoutMs: [0, MAX_DURATION_MS],
  maxBacklog: [1, 100_000_000],
  maxBacklogBytes: [1, MAX_SIZE_BYTES],
  clientShare: [0.000001, 1],
  maxMessageBytes: [1, MAX_SIZE_BYTES],
  // A rarer one would find nothing that TCP does not.
  heartbeatMs: [0, 3_600_000],
} as const satisfies Record<string, readonly [number, number]>;

/** The queue's command line. */
export const QUEUE_PROGRAM = {
  name: "spqueue",
  summary:
    "The Simple Pirate queue: takes requests from clients and hands each to the worker that has been idle longest.",
  options: {
    frontend: listOption({
      help: "where clients connect: tcp://ADDRESS:PORT or ipc://PATH",
      placeholder: "ENDPOINT",
      variable: "SPQ_FRONTEND",
      shownDefault: DEFAULT_FRONTEND,
      defaultValue: [DEFAULT_FRONTEND],
    }, (text) => parseEndpoint(text, "bind")),
    backend: listOption({
      help: "where workers connect",
      placeholder: "ENDPOINT",
      variable: "SPQ_BACKEND",
      shownDefault: DEFAULT_BACKEND,
      defaultValue: [DEFAULT_BACKEND],
    }, (text) => parseEndpoint(text, "bind")),
    redeliveries: valueOption({
      help: "how many lost workers a request survives",
      placeholder: "N",
      variable: "SPQ_REDELIVERIES",
      shownDefault: `${DEFAULT_BROKER_OPTIONS.redeliveries}`,
      defaultValue: DEFAULT_BROKER_OPTIONS.redeliveries,
    }, numberBetween(...QUEUE_LIMITS.redeliveries, "integer")),
    "job-timeout": valueOption({
      help: "take a job from a worker that has not answered for so long; 0: never",
      placeholder: "DURATION",
      variable: "SPQ_JOB_TIMEOUT",
      shownDefault: formatDuration(DEFAULT_BROKER_OPTIONS.jobTimeoutMs),
      defaultValue: DEFAULT_BROKER_OPTIONS.jobTimeoutMs,
    }, durationBetween(...QUEUE_LIMITS.jobTimeoutMs)),
    "keep-orphans": switchOption(
      "serve requests whose client has left, for senders that want no reply",
      "SPQ_KEEP_ORPHANS",
    ),
    order: valueOption({
      help: "auto: newest connection first while clients give up waiting, else oldest first; fifo: always oldest first",
      placeholder: "auto|fifo",
      variable: "SPQ_ORDER",
      shownDefault: DEFAULT_BROKER_OPTIONS.order,
      defaultValue: DEFAULT_BROKER_OPTIONS.order,
    }, oneOf(["auto", "fifo"])),
    "max-backlog": valueOption({
      help: "requests held, waiting and in flight; beyond it clients are held back",
      placeholder: "N",
      variable: "SPQ_MAX_BACKLOG",
      shownDefault: `${DEFAULT_BROKER_OPTIONS.maxBacklog}`,
      defaultValue: DEFAULT_BROKER_OPTIONS.maxBacklog,
    }, numberBetween(...QUEUE_LIMITS.maxBacklog, "integer")),
    "max-backlog-bytes": valueOption({
      help: "the same in bytes",
      placeholder: "SIZE",
      variable: "SPQ_MAX_BACKLOG_BYTES",
      shownDefault: formatSize(DEFAULT_BROKER_OPTIONS.maxBacklogBytes),
      defaultValue: DEFAULT_BROKER_OPTIONS.maxBacklogBytes,
    }, parsePositiveSize),
    "max-message-size": valueOption({
      help: "the largest frame taken; a connection that sends a larger one is closed",
      placeholder: "SIZE",
      variable: "SPQ_MAX_MESSAGE_SIZE",
      shownDefault: formatSize(DEFAULT_MAX_MESSAGE_BYTES),
      defaultValue: DEFAULT_MAX_MESSAGE_BYTES,
    }, parsePositiveSize),
    "client-share": valueOption({
      help: "the part of the backlog that one connection may fill before it is served last",
      placeholder: "FRACTION",
      variable: "SPQ_CLIENT_SHARE",
      shownDefault: `${DEFAULT_BROKER_OPTIONS.clientShare}`,
      defaultValue: DEFAULT_BROKER_OPTIONS.clientShare,
    }, numberBetween(...QUEUE_LIMITS.clientShare, "number")),
    heartbeat: valueOption({
      help: "interval of ZMTP heartbeats, which break peers that speak ZMTP 3.0; 0: none",
      placeholder: "DURATION",
      variable: "SPQ_HEARTBEAT",
      shownDefault: "0",
      defaultValue: 0,
    }, durationBetween(...QUEUE_LIMITS.heartbeatMs)),
    "drain-timeout": valueOption({
      help: "how long SIGTERM or Ctrl-C waits for what is waiting and in flight",
      placeholder: "DURATION",
      variable: "SPQ_DRAIN_TIMEOUT",
      shownDefault: formatDuration(DEFAULT_DRAIN_TIMEOUT_MS),
      defaultValue: DEFAULT_DRAIN_TIMEOUT_MS,
    }, durationBetween(0)),
    ...LOG_OPTIONS,
  },
  exitCodes: [
    [0, "drained: nothing was left"],
    [1, "failed, or something was left when the drain's time was over"],
    [2, "called wrongly"],
    ["128+n", "ended at once by a second signal n"],
  ],
} satisfies Program<OptionTable>;
