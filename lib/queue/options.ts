/**
 * The queue's command line.
 *
 * @module
 */

import { COMMON_ENVIRONMENT, COMMON_SIGNALS, SERVICE_ENVIRONMENT } from "../cli/common_texts.ts";
import { LOG_OPTIONS } from "../cli/log_options.ts";
import { group, type OptionTable, type Program } from "../cli/program.ts";
import { HTTP_GROUP, HTTP_TOKEN_OPTION } from "../http/options.ts";
import { QUEUE_COMMANDS } from "./commands/commands.ts";
import { QUEUE_OPTIONS } from "./config.ts";

/** The queue's command line. */
export const QUEUE_PROGRAM = {
  name: "spqueue",
  tagline: "request-reply queue that gives each request to a free worker",
  summary: [
    "Takes requests from clients and gives each to the worker that has been idle longest. When a worker is lost, its " +
    "request goes to another one.",
  ],
  options: {
    ...group("Connections", {
      frontend: {
        ...QUEUE_OPTIONS.frontend,
        help: 'Where clients connect: tcp://ADDRESS:PORT, where "*" means all interfaces, or ipc://PATH.',
        variable: "SPQ_FRONTEND",
      },
      backend: {
        ...QUEUE_OPTIONS.backend,
        help: "Where workers connect.",
        variable: "SPQ_BACKEND",
      },
      waitForPorts: {
        ...QUEUE_OPTIONS.waitForPorts,
        help:
          "If another process uses one of the addresses, also of --http, wait up to this long until all are free. " +
          "0: exit with 1 at once.",
        variable: "SPQ_WAIT_FOR_PORTS",
      },
      maxMessageSize: {
        ...QUEUE_OPTIONS.maxMessageSize,
        help: "The largest frame to accept. A connection that sends a larger one is closed.",
        variable: "SPQ_MAX_MESSAGE_SIZE",
      },
      heartbeat: {
        ...QUEUE_OPTIONS.heartbeat,
        help:
          "Probe the hosts of silent peers at this interval, in whole seconds (TCP keepalive). A host that is gone is " +
          "noticed within three intervals; with 0, within 15 s.",
        variable: "SPQ_HEARTBEAT",
      },
      ioThreads: {
        ...QUEUE_OPTIONS.ioThreads,
        help:
          "How many threads read from and write to connections. With 2, clients and workers have one each, for more requests/s on " +
          "several cores; see docs/performance.md.",
        variable: "SPQ_IO_THREADS",
      },
    }),
    ...group("Access, see docs/access.md", {
      keys: {
        ...QUEUE_OPTIONS.keys,
        help:
          'Let in only peers whose key is in this folder\'s list, made by "spqueue key add". Does not apply to ipc://.',
        placeholder: "DIR",
        variable: "SPQ_KEYS",
      },
      open: {
        kind: "switch",
        defaultValue: false,
        help: "Require no keys. Needed if SPQ_KEYS names a folder without keys, as in a container.",
        variable: "SPQ_OPEN",
      },
      allow: {
        ...QUEUE_OPTIONS.allow,
        help: "Let in only peers with these IP addresses, such as 10.1.0.0/16 or fd00::/8. Does not apply to ipc://.",
        placeholder: "RANGE",
        variable: "SPQ_ALLOW",
      },
      allowClients: {
        ...QUEUE_OPTIONS.allowClients,
        help: "As --allow, but for clients only.",
        placeholder: "RANGE",
        shownDefault: "as --allow",
        variable: "SPQ_ALLOW_CLIENTS",
      },
      allowWorkers: {
        ...QUEUE_OPTIONS.allowWorkers,
        help: "As --allow, but for workers only.",
        placeholder: "RANGE",
        shownDefault: "as --allow",
        variable: "SPQ_ALLOW_WORKERS",
      },
    }),
    ...group("Requests", {
      redeliveries: {
        ...QUEUE_OPTIONS.redeliveries,
        help: "How many times to give a request to another worker after its worker was lost.",
        variable: "SPQ_REDELIVERIES",
      },
      jobTimeout: {
        ...QUEUE_OPTIONS.jobTimeout,
        help: "Give a request to another worker if there is no reply after this time; 0: wait forever.",
        variable: "SPQ_QUEUE_JOB_TIMEOUT",
      },
      slowJob: {
        ...QUEUE_OPTIONS.slowJob,
        help: "Log jobs that take longer than this, with their workers and clients; 0: off.",
        variable: "SPQ_SLOW_JOB",
      },
      exhaustedDir: {
        ...QUEUE_OPTIONS.exhaustedDir,
        help: "Keep requests that were dropped after --redeliveries in this folder: the latest 1000, up to 256 MiB.",
        placeholder: "DIR",
        variable: "SPQ_EXHAUSTED_DIR",
      },
      keepOrphans: {
        ...QUEUE_OPTIONS.keepOrphans,
        help: "Process requests even if their client has disconnected, for clients that want no reply.",
        variable: "SPQ_KEEP_ORPHANS",
      },
      order: {
        ...QUEUE_OPTIONS.order,
        help:
          "Which waiting request is served first. fifo: the oldest. auto: the oldest, but while clients give up waiting, one from " +
          "the newest connection.",
        variable: "SPQ_ORDER",
      },
    }),
    ...group("Links to other queues", {
      nats: {
        ...QUEUE_OPTIONS.nats,
        help: "Lend idle workers to other queues, and borrow theirs, through NATS servers: nats://HOST:PORT or " +
          "tls://HOST:PORT. Repeat it for other servers of the cluster.",
        placeholder: "URL",
        variable: "SPQ_NATS",
      },
      natsName: {
        ...QUEUE_OPTIONS.natsName,
        help: "Link only queues with the same name.",
        placeholder: "NAME",
        variable: "SPQ_NATS_NAME",
        needsOneOf: ["nats"],
      },
      natsCreds: {
        ...QUEUE_OPTIONS.natsCreds,
        help:
          "A file with credentials for NATS, made by nsc, or containing USER:PASSWORD or a token. Others must not be able to read it.",
        placeholder: "FILE",
        variable: "SPQ_NATS_CREDS",
        needsOneOf: ["nats"],
      },
      natsCa: {
        ...QUEUE_OPTIONS.natsCa,
        help: "Also trust the certificates in this file (PEM) for NATS servers with TLS.",
        placeholder: "FILE",
        variable: "SPQ_NATS_CA",
        needsOneOf: ["nats"],
      },
      natsCert: {
        ...QUEUE_OPTIONS.natsCert,
        help: "Present the certificate in this file (PEM) to NATS servers that ask for one. Needs --nats-key.",
        placeholder: "FILE",
        variable: "SPQ_NATS_CERT",
        needsOneOf: ["nats"],
      },
      natsKey: {
        ...QUEUE_OPTIONS.natsKey,
        help: "The certificate's private key: a file (PEM) that others cannot read.",
        placeholder: "FILE",
        variable: "SPQ_NATS_KEY",
        needsOneOf: ["nats"],
      },
      natsPlaintext: {
        ...QUEUE_OPTIONS.natsPlaintext,
        help: "With --keys: allow NATS servers on other machines without TLS.",
        variable: "SPQ_NATS_PLAINTEXT",
        needsOneOf: ["nats"],
      },
    }),
    ...group("Limits", {
      maxBacklog: {
        ...QUEUE_OPTIONS.maxBacklog,
        help:
          "How many requests to hold, waiting or with a worker (the backlog). At this limit, clients are held back.",
        variable: "SPQ_MAX_BACKLOG",
      },
      maxBacklogBytes: {
        ...QUEUE_OPTIONS.maxBacklogBytes,
        help: "How much memory the backlog may take.",
        variable: "SPQ_MAX_BACKLOG_BYTES",
      },
      clientShare: {
        ...QUEUE_OPTIONS.clientShare,
        help: "The part of the backlog that one connection may fill. What it sends beyond that is served last.",
        placeholder: "FRACTION",
        variable: "SPQ_CLIENT_SHARE",
      },
      drainTimeout: {
        ...QUEUE_OPTIONS.drainTimeout,
        help: "How long to finish pending requests after SIGTERM or Ctrl-C.",
        variable: "SPQ_DRAIN_TIMEOUT",
      },
    }),
    ...group(HTTP_GROUP, {
      http: {
        ...QUEUE_OPTIONS.http,
        help: "Serve status, metrics and health here: 127.0.0.1:5557, or unix:/PATH.",
        placeholder: "ADDRESS",
        shownDefault: "off",
        variable: "SPQ_HTTP",
      },
      httpTokenFile: { ...HTTP_TOKEN_OPTION, needsOneOf: ["http"] },
      httpHost: {
        ...QUEUE_OPTIONS.httpHost,
        needsOneOf: ["http"],
        help: "A host name under which to answer without a token, besides localhost and IP addresses.",
        placeholder: "NAME",
        variable: "SPQ_HTTP_HOST",
      },
      httpActions: {
        ...QUEUE_OPTIONS.httpActions,
        needsOneOf: ["http"],
        help: 'Accept the commands "spqueue pause", "resume" and "drain".',
        variable: "SPQ_HTTP_ACTIONS",
      },
    }),
    ...LOG_OPTIONS,
  },
  commands: QUEUE_COMMANDS.map(({ program }) => program),
  examples: [
    ["spqueue", "Serve this machine: clients on port 5555, workers on port 5556."],
    ["spqueue --backend 'tcp://*:5556' --allow 10.1.0.0/16", "Also let in workers from a network."],
    ["spqueue --job-timeout 30s", "Give the jobs of workers that hang to others."],
    ["spqueue --http 127.0.0.1:5557", "Also serve status and metrics, on this machine only."],
  ],
  exitCodes: [
    [0, "drained with no request left, or stopped while waiting for its ports"],
    [1, "failed, or requests were left when --drain-timeout was over"],
    [2, "usage error"],
    ["128+n", "killed by a second signal n"],
  ],
  signals: [
    [
      "SIGTERM, SIGINT, SIGHUP",
      "Finish the pending requests, wait up to --drain-timeout for their replies, and exit.",
    ],
    ...COMMON_SIGNALS,
    ["SIGUSR1", "Log the state, and what became of all requests."],
  ],
  environment: [...COMMON_ENVIRONMENT, ...SERVICE_ENVIRONMENT],
  files: [
    ["DIR/queue.key", "With --keys DIR: the queue's own key. Only its owner can read it."],
    [
      "DIR/permitted",
      "The permitted keys, one per line: ROLE PUBLIC-KEY NAME. The file is read again when it changes.",
    ],
    ["DIR/NAME.key", "A key that \"spqueue key add\" made, to be copied to a worker's or client's machine."],
    [
      "/etc/spqueue/queue.env",
      "The service's settings, if the Debian package or spqueue.service is installed.",
    ],
  ],
} as const satisfies Program<OptionTable>;
