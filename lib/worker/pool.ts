/**
 * A worker's slots, one per concurrent job. They share a libzmq context.
 *
 * @module
 */

import { readPeerKey } from "../access/peer_key.ts";
import { shielded } from "../caller_log.ts";
import { type ConnectionState, ConnectionStatus } from "./connection_status.ts";
import type { Executor } from "./executor.ts";
import type { EventLog } from "../log.ts";
import { LimitedLog } from "../limited_log.ts";
import { type PoolOptions, readWorkOptions } from "./config.ts";
import { WorkerSlot } from "./slot.ts";
import type { ConnectError } from "../zmq/connect_error.ts";
import { Connector } from "../zmq/connector.ts";
import { ContextOption, SOCKET_LIMIT } from "../zmq/constants.ts";
import { loadLibrary } from "../zmq/library.ts";
import { Context } from "../zmq/context.ts";
import { Waiter } from "../zmq/waiter.ts";

/** Pauses while a queue cannot be reached. */
const RECONNECT_BACKOFF = { firstMs: 100, maxMs: 1000 };

/** What a pool provides to an executor. */
export interface ExecutorParts {
  /** Logs what happens. */
  readonly log: EventLog | undefined;
  /** Waits for descriptors. It outlives the executor. */
  readonly waiter: Waiter;
}

/**
 * Works until its signal is aborted, or `maxJobs` jobs are done.
 *
 * @param makeExecutor Makes the executor of a slot.
 * @param options The worker's options.
 * @returns The number of jobs answered.
 * @throws {LibraryError} When libzmq cannot be loaded.
 * @throws {KeyFileError} When the key cannot be used.
 * @throws {RangeError} When an option is wrong.
 * @throws {TypeError} When an option is unknown or of the wrong type.
 * @throws {JobError} When an executor cannot take a job at the start.
 * @throws {ZmqError} When libzmq does not accept an endpoint or the identity.
 */
export async function runPool(
  makeExecutor: (parts: ExecutorParts) => Executor,
  options: PoolOptions,
): Promise<number> {
  const { connect, concurrency, maxJobs, jobTimeout, blockMs } = readWorkOptions(options);
  const { identity, key, observer, figures } = options;
  const callerLog = shielded(options.log);
  using limitedLog = callerLog && new LimitedLog(callerLog);
  const log: EventLog | undefined = limitedLog;
  const library = await loadLibrary();
  const keys = key === undefined ? undefined : await readPeerKey(key);
  using context = Context.open(library, [[ContextOption.MAX_SOCKETS, SOCKET_LIMIT]]);
  await using waiter = new Waiter(library, context, { blockMs });
  await using opened = new AsyncDisposableStack();
  let unchecked = concurrency;
  const status = new ConnectionStatus(connect, (sentence) => {
    if (unchecked === 0) observer?.onConnections(sentence);
  });
  if (figures !== undefined) figures.connections = () => status;
  const onAble = () => {
    if (--unchecked === 0) observer?.onAble(status.sentence);
  };
  // All slots share one connector per queue, so that an unreachable queue is tried by one slot and logged once.
  const connectors = connect.map((endpoint) => {
    const onFailure = ({ code, message }: ConnectError) => {
      log?.warning("cannot connect", { endpoint, code, reason: message });
      status.set(endpoint, { reason: message });
    };
    return opened.use(
      new Connector(endpoint, { library, context, waiter, keys, backoff: RECONNECT_BACKOFF, onFailure }),
    );
  });
  const ending = new AbortController();
  const end = options.signal === undefined ? ending.signal : AbortSignal.any([ending.signal, options.signal]);
  const kill = options.kill ?? new AbortController().signal;
  let jobs = 0;
  const nextJob = () => {
    if (maxJobs > 0 && jobs >= maxJobs) return undefined;
    if (++jobs === maxJobs) ending.abort();
    return jobs;
  };
  const runSlot = async (index: number) => {
    await using executor = makeExecutor({ log, waiter });
    const name = identity === undefined || index === 0 ? identity : `${identity}-${index + 1}`;
    const slot = {
      connectors,
      waiter,
      executor,
      identity: name,
      jobTimeoutMs: jobTimeout,
      end,
      kill,
      nextJob,
      onAble,
      onReadiness: (reason: string | undefined) => figures?.setReady(index, reason),
      figures,
      onConnection: (endpoint: string, state: ConnectionState) => status.set(endpoint, state),
      log,
    };
    return await new WorkerSlot(slot).run();
  };
  const runs = Array.from({ length: concurrency }, (_, index) =>
    runSlot(index).catch((error) => {
      // The other slots must not continue without this one.
      ending.abort();
      throw error;
    }));
  const results = await Promise.allSettled(runs);
  let answered = 0;
  for (const result of results) {
    if (result.status === "rejected") throw result.reason;
    answered += result.value;
  }
  return answered;
}
