/**
 * The names of all environment variables of the three programs, so that each knows those of the others without their code. A
 * test compares them with the options.
 *
 * @module
 */

/** The names, sorted. */
export const VARIABLES: readonly string[] = [
  "SPQ_ALLOW",
  "SPQ_ALLOW_CLIENTS",
  "SPQ_ALLOW_WORKERS",
  "SPQ_BACKEND",
  "SPQ_CLIENT_CONNECT",
  "SPQ_CLIENT_KEY",
  "SPQ_CLIENT_SHARE",
  "SPQ_COUNT",
  "SPQ_CRASH_ODDS",
  "SPQ_DRAIN_TIMEOUT",
  "SPQ_EXEC",
  "SPQ_FRAMES",
  "SPQ_FRONTEND",
  "SPQ_HEALTHY_JOBS",
  "SPQ_HEARTBEAT",
  "SPQ_KEEP",
  "SPQ_KEEP_ORPHANS",
  "SPQ_KEYS",
  "SPQ_LIBZMQ",
  "SPQ_LOG_FORMAT",
  "SPQ_LOG_LEVEL",
  "SPQ_LOG_STDERR",
  "SPQ_MAX_BACKLOG",
  "SPQ_MAX_BACKLOG_BYTES",
  "SPQ_MAX_JOBS",
  "SPQ_MAX_MESSAGE_SIZE",
  "SPQ_MAX_REPLY_SIZE",
  "SPQ_NO_FAULTS",
  "SPQ_ORDER",
  "SPQ_OVERLOAD",
  "SPQ_OVERLOAD_ODDS",
  "SPQ_POISON_EXIT",
  "SPQ_QUEUE_JOB_TIMEOUT",
  "SPQ_REDELIVERIES",
  "SPQ_RETRIES",
  "SPQ_SEED",
  "SPQ_SHELL",
  "SPQ_SLOW_JOB",
  "SPQ_TIMEOUT",
  "SPQ_WORK",
  "SPQ_WORKER_CONCURRENCY",
  "SPQ_WORKER_CONNECT",
  "SPQ_WORKER_JOB_TIMEOUT",
  "SPQ_WORKER_KEY",
];
