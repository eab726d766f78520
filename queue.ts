/**
 * The Simple Pirate queue: a ROUTER for clients, a ROUTER for workers, and between them a broker that hands each request
 * to the worker that has been idle longest.
 *
 * As a program: `deno task queue --help`. As a library: {@linkcode startQueue}.
 *
 * @module
 */

import { ExitCode, type OptionTable, type OptionValues, type Program } from "./lib/cli/program.ts";
import { dropNetPermission } from "./lib/cli/net_permission.ts";
import { runProgram } from "./lib/cli/run.ts";
import { openServiceManager, type ServiceManagerFacts, takeServiceManager } from "./lib/cli/service_manager.ts";
import { listenForSignals } from "./lib/cli/signals.ts";
import { startLog } from "./lib/cli/start_log.ts";
import { delay } from "./lib/delay.ts";
import { isReachableFromOutside } from "./lib/endpoint.ts";
import type { EventLog, LogFields } from "./lib/log.ts";
import type { AccessOptions } from "./lib/queue/access/config.ts";
import { keyFolderOf } from "./lib/queue/access/open.ts";
import { QUEUE_COMMANDS } from "./lib/queue/commands/commands.ts";
import { DrainLog, lastFigures } from "./lib/queue/end_log.ts";
import { QUEUE_PROGRAM } from "./lib/queue/options.ts";
import { STATUS_SIGNAL, statusFields } from "./lib/queue/status_log.ts";
import { WaitEndedError } from "./lib/queue/port_wait.ts";
import { type ProgramQueue, type Queue, startProgramQueue } from "./lib/queue/queue.ts";
import type { Watcher } from "./lib/queue/relay/messages.ts";
import { giveBackStartMemory } from "./lib/queue/start_memory.ts";
import type { Commander } from "./lib/queue/status/sentence.ts";

export { type Queue, QueueError, startQueue } from "./lib/queue/queue.ts";
export type { QueueOptions } from "./lib/queue/config.ts";
export type { QueueStatistics, RelayCounters } from "./lib/queue/relay/messages.ts";
export type { BrokerOptions, ServiceOrder } from "./lib/queue/broker/options.ts";
export { KeyFileError } from "./lib/access/key_files.ts";
export type { LinkCounters } from "./lib/queue/link/counters.ts";
export { LinkError, type LinkOptions } from "./lib/queue/link/config.ts";
export type { AccessOptions } from "./lib/queue/access/config.ts";
export type { HttpOptions } from "./lib/queue/http/config.ts";
export type { BrokerCounters, BrokerGauges } from "./lib/queue/broker/statistics.ts";
export type { EventLog, LogFields } from "./lib/log.ts";
export type { Duration, Size } from "./lib/units.ts";

/** How long a start may take besides the wait for ports, in milliseconds. Reported to the service manager. */
const START_MS = 30_000;
/** How long the relay may take to close its sockets after a second signal, in milliseconds. */
const ABORT_TIMEOUT_MS = 300;

async function main(
  options: OptionValues<typeof QUEUE_PROGRAM.options>,
  _args: readonly string[],
  _program: Program<OptionTable>,
  sources: ReadonlyMap<string, string>,
): Promise<number> {
  const log = startLog(options);
  const { logFormat: _format, logLevel: _level, open, ...others } = options;
  const queueOptions = { ...others, keys: await keyFolderOf({ keys: options.keys, open, sources }) };
  const manager = takeServiceManager();
  const notify = openServiceManager(manager, log);
  if (options.http === undefined && options.nats === undefined) await dropNetPermission();
  using drainLog = new DisposableStack();
  let isDraining = false;
  const drain = (queue: ProgramQueue, signal: string, asker: Commander = { by: signal, address: null }) => {
    if (isDraining) return;
    isDraining = true;
    drainLog.use(new DrainLog(queue, log, { signal, timeoutMs: options.drainTimeout }));
    notify({ stopping: true, status: "Finishing the pending requests" });
    queue.drain(undefined, asker);
  };
  const ending = new AbortController();
  let waitsFor: string | undefined;
  const starting = startProgramQueue({ ...queueOptions, log }, {
    watcher: watcherOf(manager),
    onWait: (address, timeoutMs) => {
      waitsFor = address;
      notify({ extendMs: timeoutMs + START_MS, status: `Waiting until ${address} is free` });
    },
    signal: ending.signal,
    // If a variable names a folder of keys but none are required, that is due to --open.
    sourceOf: (name) => sources.get(name === "keys" && queueOptions.keys === undefined ? "open" : name),
    onDrainAsked: (queue, asker) => drain(queue, "http", asker),
  });
  // A signal ends the wait for ports. During the start it takes effect once the queue has started, so that no socket is left
  // behind. If the start fails, the program ends with that error.
  const signals = listenForSignals({
    onFirst: (signal) => {
      ending.abort();
      starting.then((queue) => drain(queue, signal), () => {});
    },
    // Waits until the relay has closed its sockets, but not for replies that are still being sent.
    onSecond: async () => {
      await Promise.race([starting.then((queue) => queue.abort()), delay(ABORT_TIMEOUT_MS)]);
    },
  });
  Deno.addSignalListener(STATUS_SIGNAL, () => {
    if (waitsFor !== undefined) return log.info("status", { sentence: `waiting until ${waitsFor} is free` });
    starting.then((queue) => queue.status()).then(
      (status) => log.info("status", statusFields(status, !log.isJson)),
      (error) => log.info("status", { sentence: (error as Error).message }),
    );
  });
  let queue: ProgramQueue;
  try {
    queue = await starting;
  } catch (error) {
    if (!(error instanceof WaitEndedError)) throw error;
    log.info("ended while waiting for ports");
    return signals.exitCode(ExitCode.DONE);
  }
  waitsFor = undefined;
  log.info("listening", {
    frontend: queue.frontend,
    backend: queue.backend,
    ...(queue.http.length > 0 ? { http: queue.http } : {}),
    ...reachOf(queue),
  });
  notify({ ready: true, status: statusOf(queue) });
  warnOfOpenEndpoints(queue, queueOptions, log);
  warnOfMissingDraftApi(queue, log);
  giveBackStartMemory();
  const statistics = await queue.ended;
  drainLog.dispose();
  log.info("ended", lastFigures(statistics, !log.isJson));
  return signals.exitCode(statistics.leftAtDrain === 0 ? ExitCode.DONE : ExitCode.FAILED);
}

function watcherOf(manager: ServiceManagerFacts | undefined): Watcher | undefined {
  if (manager?.watchdogMs === undefined) return undefined;
  return { socket: manager.socket, intervalMs: manager.watchdogMs };
}

function statusOf({ frontend, backend }: Queue): string {
  return `Listening for clients on ${frontend.join(", ")} and for workers on ${backend.join(", ")}`;
}

/** A hint if only this machine can reach the queue: that surprises people who start a worker on another machine. */
function reachOf({ frontend, backend }: Queue): LogFields {
  if ([...frontend, ...backend].some(isReachableFromOutside)) return {};
  return { reach: "listening on this machine only; to let others in, see docs/access.md" };
}

/** Warns about endpoints that other machines can reach without access control. */
function warnOfOpenEndpoints(queue: Queue, options: AccessOptions, log: EventLog): void {
  const { keys, allow, allowClients = allow, allowWorkers = allow } = options;
  if (keys !== undefined) return;
  const sides = [
    {
      endpoints: queue.frontend,
      isOpen: allowClients === undefined,
      effect: "anybody who reaches them can send requests",
    },
    {
      endpoints: queue.backend,
      isOpen: allowWorkers === undefined,
      effect: "anybody who reaches them can take requests",
    },
  ];
  for (const { endpoints, isOpen, effect } of sides) {
    const exposed = endpoints.filter(isReachableFromOutside);
    if (!isOpen || exposed.length === 0) continue;
    const remedy = "use --keys or --allow, see docs/access.md";
    log.warning("reachable from other machines without access control", { endpoints: exposed, effect, remedy });
  }
}

/** Warns about the guarantees that libzmq cannot keep without its draft API. */
function warnOfMissingDraftApi(queue: Queue, log: EventLog): void {
  if (!queue.hasDraftApi) {
    log.warning("libzmq has no draft API: departed clients, lost workers and taken-over identities go unnoticed", {
      version: queue.libzmqVersion,
      // Numbered as in docs/guarantees.md.
      off: [
        "1: redelivery after a lost connection",
        "2 across a takeover: a client that reconnects with the same identity can get the answer to an earlier request",
        "4: dropping requests of departed clients",
        "5: newest first in overload",
        "6: noticing departures at the bound",
        "7: trials of silent workers",
        "10: the reasons for failed handshakes in the log, and the limit of handshakes per address",
      ],
    });
  }
}

if (import.meta.main) await runProgram(QUEUE_PROGRAM, main, QUEUE_COMMANDS);
