/**
 * A worker of the Simple Pirate pattern: sends READY to its queues, and answers one request after another.
 *
 * As a program, it runs any other program for each request, or acts as the Guide's worker, which echoes and misbehaves
 * on purpose: `deno task worker --help`. As a library: {@linkcode work}.
 *
 * @module
 */

import { ExitCode, type OptionValues } from "./lib/cli/program.ts";
import { dropNetPermission } from "./lib/cli/net_permission.ts";
import { runProgram } from "./lib/cli/run.ts";
import { delay } from "./lib/delay.ts";
import { guideHandler, seededRandom } from "./lib/worker/guide_worker.ts";
import { type Handler, HandlerExecutor } from "./lib/worker/handler_executor.ts";
import { Guardian } from "./lib/worker/exec/guardian.ts";
import { PersistentExecutor } from "./lib/worker/exec/persistent_executor.ts";
import type { EventLog } from "./lib/log.ts";
import { selectOptions } from "./lib/option.ts";
import type { Executor } from "./lib/worker/executor.ts";
import { ProcessExecutor } from "./lib/worker/exec/process_executor.ts";
import { openServiceManager, takeServiceManager } from "./lib/cli/service_manager.ts";
import { listenForSignals } from "./lib/cli/signals.ts";
import { startLog } from "./lib/cli/start_log.ts";
import { WORKER_COMMANDS } from "./lib/worker/commands/commands.ts";
import { WORKER_PROGRAM } from "./lib/worker/options.ts";
import { type ExecutorParts, runPool } from "./lib/worker/pool.ts";
import { faultsOf, workOf } from "./lib/worker/work.ts";
import { readWorkOptions, WORK_OPTIONS, type WorkOptions } from "./lib/worker/config.ts";
import { WorkerFigures } from "./lib/worker/figures.ts";
import type { WorkerHttp } from "./lib/worker/http/worker_http.ts";

export type { EventLog, LogFields } from "./lib/log.ts";
export type { Duration } from "./lib/units.ts";
export type { Frames } from "./lib/lru.ts";
export type { Handler } from "./lib/worker/handler_executor.ts";
export type { Job } from "./lib/worker/executor.ts";
export type { WorkOptions } from "./lib/worker/config.ts";
export type { KeyText } from "./lib/access/peer_key.ts";
export { KeyFileError } from "./lib/access/key_files.ts";

/**
 * Runs a worker: it sends READY to its queues and answers requests until its signal is aborted. When it loses a
 * connection, it reconnects and sends READY again, so that a restarted queue has it back at once.
 *
 * If the handler throws, or returns anything but a list of `Uint8Array`, the request goes back to the queue, for
 * another worker. After several failed jobs in a row, the worker pauses before it sends READY again, longer each time,
 * up to 5 s.
 *
 * @param handler Does the jobs, at most `concurrency` at once. When a job's signal is aborted, its reply is no longer
 * wanted. The handler should then stop, since its slot gets no other job until it has returned.
 * @param options The worker's options.
 * @returns A promise of the number of jobs answered. It resolves when the signal is aborted or `maxJobs` jobs are done,
 * and the last job has finished.
 * @throws {LibraryError} When libzmq cannot be loaded.
 * @throws {RangeError} When an option is wrong.
 * @throws {TypeError} When an option is unknown or of the wrong type.
 * @throws {ZmqError} When libzmq does not accept an endpoint or the identity.
 *
 * @example
 * ```ts
 * import { work } from "@spqueue/spqueue/worker";
 *
 * const end = new AbortController();
 * const working = work((request) => request, { connect: "tcp://localhost:5556", signal: end.signal });
 * end.abort(); // when it is time to go
 * await working;
 * ```
 */
export async function work(handler: Handler, options: WorkOptions = {}): Promise<number> {
  return await runPool(() => new HandlerExecutor(handler), options);
}

/**
 * How long the worker may block its thread while it waits for a persistent program and its sockets in one call, in
 * milliseconds. With short jobs, this saves the switch to another thread, and everything else still gets its turn.
 */
const KEEP_BLOCK_MS = 2;

type Options = OptionValues<typeof WORKER_PROGRAM.options>;

async function main(options: Options): Promise<number> {
  const figures = new WorkerFigures();
  await using http = await openHttp(options, figures);
  const log = startLog(options);
  if (http !== undefined) log.info("listening", { http: http.addresses });
  const notify = openServiceManager(takeServiceManager(), log);
  const [end, kill] = [new AbortController(), new AbortController()];
  const signals = listenForSignals({
    onFirst: (signal) => {
      log.info("ending", { signal });
      figures.draining = true;
      notify({ stopping: true, status: "Takes no new jobs, finishes the current ones, then ends" });
      end.abort();
    },
    // This kills programs that are still running within this turn of the event loop.
    onSecond: () => {
      kill.abort();
      return delay(1);
    },
  });
  await using guardian = new Guardian();
  const answered = await runPool(executorMaker(options, { kill: kill.signal, guardian, log, figures }), {
    ...selectOptions(WORK_OPTIONS, options),
    blockMs: options.keep ? KEEP_BLOCK_MS : 0,
    key: options.key,
    signal: end.signal,
    kill: kill.signal,
    observer: {
      onAble: (status) => notify({ ready: true, status }),
      onConnections: (status) => {
        if (!end.signal.aborted) notify({ status });
      },
    },
    figures,
    log,
  });
  log.info("worker ended", { answered });
  return signals.exitCode(ExitCode.DONE);
}

/** Opens the worker's HTTP server, if it has one. Without it, the program does not need Deno's network permission. */
async function openHttp(options: Options, figures: WorkerFigures): Promise<WorkerHttp | undefined> {
  const { http, httpTokenFile } = options;
  if (http === undefined) {
    await dropNetPermission();
    return undefined;
  }
  const { concurrency } = readWorkOptions(selectOptions(WORK_OPTIONS, options));
  const { WorkerHttp } = await import("./lib/worker/http/worker_http.ts");
  return await WorkerHttp.open(http, httpTokenFile, () => figures.status(concurrency));
}

/** What executors need besides their options. */
interface ProgramParts {
  readonly figures: WorkerFigures;
  readonly kill: AbortSignal;
  readonly guardian: Guardian;
  readonly log: EventLog;
}

/** Returns a function that makes the executor of each slot, according to the options. */
function executorMaker(
  options: Options,
  { kill, guardian, log, figures }: ProgramParts,
): (parts: ExecutorParts) => Executor {
  const work = workOf(options);
  const maxReplyBytes = options.maxReplySize;
  switch (work.kind) {
    case "guide": {
      const handler = guideHandler({
        faults: faultsOf(options),
        random: options.seed === undefined ? Math.random : seededRandom(options.seed),
        workMs: options.work,
        overloadMs: options.overload,
        crash: () => Deno.exit(ExitCode.FAILED),
        log,
      });
      return () => new HandlerExecutor(handler);
    }
    case "program":
      return ({ log }) =>
        new ProcessExecutor(work.argv, {
          framesFormat: work.framesFormat,
          maxReplyBytes,
          poisonExit: options.poisonExit,
          onPoison: (job, { message, details }) =>
            log?.warning("request at fault", { job, reason: message, ...details }),
          onErrors: options.logStderr ? (job, stderr) => log?.info("program wrote", { job, stderr }) : undefined,
          guardian,
        });
    case "persistent program":
      return ({ log, waiter }) =>
        new PersistentExecutor(work.argv, {
          maxReplyBytes,
          kill,
          guardian,
          waiter,
          onErrors: options.logStderr ? (job, stderr) => log?.info("program wrote", { job, stderr }) : undefined,
          onRestart: () => void figures.programRestarts++,
          onIdleEnd: ({ message, details }) => log?.warning("program ended", { reason: message, ...details }),
        });
  }
}

if (import.meta.main) await runProgram(WORKER_PROGRAM, main, WORKER_COMMANDS);
