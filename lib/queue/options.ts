/**
 * The queue's command line options.
 *
 * @module
 */

import { listOption, type OptionTable, type Program, switchOption, valueOption } from "../cli/program.ts";
import { durationBetween, numberBetween, oneOf, parsePositiveSize } from "../cli/values.ts";
import { QUEUE_OPTIONS } from "./config.ts";
import { parseEndpoint } from "../endpoint.ts";
import { LOG_OPTIONS } from "../cli/log_options.ts";
import { formatDuration, formatSize } from "../units.ts";

const DEFAULT_FRONTEND = QUEUE_OPTIONS.frontend.defaultValue[0];
const DEFAULT_BACKEND = QUEUE_OPTIONS.backend.defaultValue[0];

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
      shownDefault: `${QUEUE_OPTIONS.redeliveries.defaultValue}`,
      defaultValue: QUEUE_OPTIONS.redeliveries.defaultValue,
    }, numberBetween(QUEUE_OPTIONS.redeliveries.min, QUEUE_OPTIONS.redeliveries.max, "integer")),
    "job-timeout": valueOption({
      help: "take a job from a worker that has not answered for so long; 0: never",
      placeholder: "DURATION",
      variable: "SPQ_JOB_TIMEOUT",
      shownDefault: formatDuration(QUEUE_OPTIONS.jobTimeout.defaultValue),
      defaultValue: QUEUE_OPTIONS.jobTimeout.defaultValue,
    }, durationBetween(QUEUE_OPTIONS.jobTimeout.min, QUEUE_OPTIONS.jobTimeout.max)),
    "keep-orphans": switchOption(
      "serve requests whose client has left, for senders that want no reply",
      "SPQ_KEEP_ORPHANS",
    ),
    order: valueOption({
      help: "auto: newest connection first while clients give up waiting, else oldest first; fifo: always oldest first",
      placeholder: "auto|fifo",
      variable: "SPQ_ORDER",
      shownDefault: QUEUE_OPTIONS.order.defaultValue,
      defaultValue: QUEUE_OPTIONS.order.defaultValue,
    }, oneOf(["auto", "fifo"])),
    "max-backlog": valueOption({
      help: "requests held, waiting and in flight; beyond it clients are held back",
      placeholder: "N",
      variable: "SPQ_MAX_BACKLOG",
      shownDefault: `${QUEUE_OPTIONS.maxBacklog.defaultValue}`,
      defaultValue: QUEUE_OPTIONS.maxBacklog.defaultValue,
    }, numberBetween(QUEUE_OPTIONS.maxBacklog.min, QUEUE_OPTIONS.maxBacklog.max, "integer")),
    "max-backlog-bytes": valueOption({
      help: "the same in bytes",
      placeholder: "SIZE",
      variable: "SPQ_MAX_BACKLOG_BYTES",
      shownDefault: formatSize(QUEUE_OPTIONS.maxBacklogBytes.defaultValue),
      defaultValue: QUEUE_OPTIONS.maxBacklogBytes.defaultValue,
    }, parsePositiveSize),
    "max-message-size": valueOption({
      help: "the largest frame taken; a connection that sends a larger one is closed",
      placeholder: "SIZE",
      variable: "SPQ_MAX_MESSAGE_SIZE",
      shownDefault: formatSize(QUEUE_OPTIONS.maxMessageSize.defaultValue),
      defaultValue: QUEUE_OPTIONS.maxMessageSize.defaultValue,
    }, parsePositiveSize),
    "client-share": valueOption({
      help: "the part of the backlog that one connection may fill before it is served last",
      placeholder: "FRACTION",
      variable: "SPQ_CLIENT_SHARE",
      shownDefault: `${QUEUE_OPTIONS.clientShare.defaultValue}`,
      defaultValue: QUEUE_OPTIONS.clientShare.defaultValue,
    }, numberBetween(QUEUE_OPTIONS.clientShare.min, QUEUE_OPTIONS.clientShare.max, "number")),
    heartbeat: valueOption({
      help: "interval of ZMTP heartbeats, which break peers that speak ZMTP 3.0; 0: none",
      placeholder: "DURATION",
      variable: "SPQ_HEARTBEAT",
      shownDefault: "0",
      defaultValue: 0,
    }, durationBetween(QUEUE_OPTIONS.heartbeat.min, QUEUE_OPTIONS.heartbeat.max)),
    "drain-timeout": valueOption({
      help: "how long SIGTERM or Ctrl-C waits for what is waiting and in flight",
      placeholder: "DURATION",
      variable: "SPQ_DRAIN_TIMEOUT",
      shownDefault: formatDuration(QUEUE_OPTIONS.drainTimeout.defaultValue),
      defaultValue: QUEUE_OPTIONS.drainTimeout.defaultValue,
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
