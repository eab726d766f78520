/**
 * The worker's command line.
 *
 * @module
 */

import { COMMON_ENVIRONMENT, COMMON_SIGNALS, SERVICE_ENVIRONMENT } from "../cli/common_texts.ts";
import { LOG_OPTIONS } from "../cli/log_options.ts";
import { group, type OptionTable, type Program } from "../cli/program.ts";
import { checkedHttpAddress } from "../http/address.ts";
import { HTTP_GROUP, HTTP_TOKEN_OPTION } from "../http/options.ts";
import { MAX_DURATION_MS, MAX_SIZE_BYTES } from "../units.ts";
import { WORKER_COMMANDS } from "./commands/commands.ts";
import { WORK_OPTIONS } from "./config.ts";
import { DEFAULT_MAX_REPLY_BYTES, FRAMES_FORMATS } from "./exec/process_executor.ts";
import { GUIDE_FAULTS } from "./guide_worker.ts";

const WHOLE_NUMBER = { kind: "integer", min: 0, max: Number.MAX_SAFE_INTEGER } as const;
const DURATION = { kind: "duration", min: 0, max: MAX_DURATION_MS } as const;

/** The worker's command line. */
export const WORKER_PROGRAM = {
  name: "spworker",
  tagline: "worker of the Simple Pirate queue that answers requests with any program",
  summary: [
    "Takes requests from a queue and answers each by running a program (--exec). Without --exec it is a demo: it echoes " +
    "requests, and crashes or stalls now and then.",
  ],
  options: {
    ...group("Connections", {
      connect: {
        ...WORK_OPTIONS.connect,
        help:
          "The queue's backend: HOST, HOST:PORT, tcp://HOST:PORT or ipc://PATH. Given several, the worker serves all of them.",
        variable: "SPQ_WORKER_CONNECT",
      },
      key: {
        kind: "text",
        defaultValue: undefined,
        help: 'The worker\'s key, for a queue that asks for one: a file that "spqueue key add" made.',
        placeholder: "FILE",
        variable: "SPQ_WORKER_KEY",
      },
    }),
    ...group("Jobs", {
      concurrency: {
        ...WORK_OPTIONS.concurrency,
        help: "How many jobs to do at once; auto: one for each CPU core.",
        variable: "SPQ_WORKER_CONCURRENCY",
      },
      maxJobs: {
        ...WORK_OPTIONS.maxJobs,
        help: "Exit after N jobs; 0: never.",
        variable: "SPQ_MAX_JOBS",
      },
      jobTimeout: {
        ...WORK_OPTIONS.jobTimeout,
        help: "After this time, kill the job's program and hand the request back to the queue; 0: never.",
        variable: "SPQ_WORKER_JOB_TIMEOUT",
      },
    }),
    ...group("Program", {
      exec: {
        kind: "text",
        defaultValue: undefined,
        help:
          "Run this program, with its arguments, for each request. It reads the request from standard input; what it " +
          "writes to standard output is the reply.",
        placeholder: "COMMAND",
        variable: "SPQ_EXEC",
      },
      shell: {
        kind: "switch",
        defaultValue: false,
        help: "Run COMMAND in a shell (sh -c), so that pipes and the like work.",
        variable: "SPQ_SHELL",
        needsOneOf: ["exec"],
      },
      keep: {
        kind: "switch",
        defaultValue: false,
        help: "Start the program once and keep it running: it reads one line of JSON per request, and writes one " +
          "per reply.",
        variable: "SPQ_KEEP",
        needsOneOf: ["exec"],
      },
      frames: {
        kind: "choice",
        choices: FRAMES_FORMATS,
        defaultValue: undefined,
        shownDefault: "body, json with --keep",
        help: "What the program reads and writes. body: the bytes of the request's only frame. json: an array of all " +
          "frames.",
        variable: "SPQ_FRAMES",
        needsOneOf: ["exec"],
      },
      maxReplySize: {
        kind: "size",
        defaultValue: DEFAULT_MAX_REPLY_BYTES,
        min: 1,
        max: MAX_SIZE_BYTES,
        help: "The largest reply to accept from the program.",
        variable: "SPQ_MAX_REPLY_SIZE",
        needsOneOf: ["exec"],
      },
      poisonExit: {
        kind: "integer",
        defaultValue: undefined,
        min: 1,
        max: 255,
        shownDefault: "none",
        help:
          "The exit code by which the program says that the request itself is bad and must not go to another worker. Its " +
          "output is then the reply.",
        placeholder: "CODE",
        variable: "SPQ_POISON_EXIT",
        needsOneOf: ["exec"],
      },
      logStderr: {
        kind: "switch",
        defaultValue: false,
        help: "Log the program's standard error even when it succeeds.",
        variable: "SPQ_LOG_STDERR",
        needsOneOf: ["exec"],
      },
    }),
    ...group("Demo, without --exec", {
      work: {
        ...DURATION,
        defaultValue: 1000,
        help: "How long a job takes.",
        variable: "SPQ_WORK",
        excludes: ["exec"],
      },
      noFaults: {
        kind: "switch",
        defaultValue: false,
        help: "Never crash or stall.",
        variable: "SPQ_NO_FAULTS",
      },
      healthyJobs: {
        ...WHOLE_NUMBER,
        defaultValue: GUIDE_FAULTS.healthyJobs,
        help: "How many jobs to do before the first fault.",
        variable: "SPQ_HEALTHY_JOBS",
        excludes: ["exec"],
      },
      crashOdds: {
        ...WHOLE_NUMBER,
        defaultValue: GUIDE_FAULTS.crashOdds,
        help: "After these jobs, crash (exit with 1, without a reply) in one of N jobs; 0: never.",
        variable: "SPQ_CRASH_ODDS",
        excludes: ["exec"],
      },
      overloadOdds: {
        ...WHOLE_NUMBER,
        defaultValue: GUIDE_FAULTS.overloadOdds,
        help: "Stall, as if the CPU were overloaded, in one of N of the other jobs; 0: never.",
        variable: "SPQ_OVERLOAD_ODDS",
        excludes: ["exec"],
      },
      overload: {
        ...DURATION,
        defaultValue: 3000,
        help: "How long to stall.",
        variable: "SPQ_OVERLOAD",
        excludes: ["exec"],
      },
      seed: {
        ...WHOLE_NUMBER,
        defaultValue: undefined,
        shownDefault: "random",
        help: "The seed for random faults: workers with the same seed have the same faults.",
        variable: "SPQ_SEED",
        excludes: ["exec"],
      },
    }),
    ...group(HTTP_GROUP, {
      http: {
        kind: "texts",
        defaultValue: undefined,
        parse: checkedHttpAddress,
        help: "Serve this worker's status, metrics and health here: 127.0.0.1:5558, or unix:/PATH.",
        placeholder: "ADDRESS",
        shownDefault: "off",
        variable: "SPQ_WORKER_HTTP",
      },
      httpTokenFile: { ...HTTP_TOKEN_OPTION, needsOneOf: ["http"] },
    }),
    ...LOG_OPTIONS,
  },
  commands: WORKER_COMMANDS.map(({ program }) => program),
  examples: [
    ["spworker", "Run the demo."],
    ["spworker --exec 'tr a-z A-Z'", "Answer each request in capital letters."],
    ["spworker --exec ./resize.sh --concurrency auto", "Use all CPU cores."],
  ],
  exitCodes: [
    [0, "stopped by a signal or by --max-jobs, after finishing its jobs"],
    [1, "failed, or the demo crashed"],
    [2, "usage error"],
    ["128+n", "killed by a second signal n"],
  ],
  signals: [
    ["SIGTERM, SIGINT, SIGHUP", "Take no new jobs, finish the running ones, however long they take, and exit."],
    ...COMMON_SIGNALS,
  ],
  environment: [
    ...COMMON_ENVIRONMENT,
    ...SERVICE_ENVIRONMENT,
    [
      "PATH",
      "Where to look for the program of --exec, unless its name contains a slash. The program gets the worker's environment.",
    ],
  ],
  files: [
    ["NAME.key", 'With --key: the worker\'s key, from "spqueue key add" or "spworker key new".'],
    [
      "/etc/spqueue/worker-NAME.env",
      "The settings of the service spworker@NAME, where the Debian package or spworker@.service is installed.",
    ],
  ],
} as const satisfies Program<OptionTable>;
