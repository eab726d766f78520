/**
 * A queue in this process: starts the relay on a thread of its own, and is the main thread's handle to it.
 *
 * @module
 */

import { readAccess } from "./access/config.ts";
import type { AccessConfig } from "./access/door.ts";
import { KeyWatch } from "./access/key_watch.ts";
import { QUEUE_OPTIONS, type QueueConfig, queueConfig, type QueueOptions } from "./config.ts";
import { DescriptorWatch } from "./descriptor_limit.ts";
import { ownCommit } from "../cli/commit.ts";
import { VERSION } from "../cli/program.ts";
import { ExhaustedFolder, keepReason } from "./exhausted/folder.ts";
import { type ExhaustedCopy, sizeOfBody } from "./exhausted/record.ts";
import { shielded } from "../caller_log.ts";
import { isReachableFromOutside } from "../endpoint.ts";
import type { EventLog, LogFields } from "../log.ts";
import { readOption, readOptions } from "../option.ts";
import { lookAtAddresses, startWhenFree } from "./port_wait.ts";
import type { LinkConfig } from "./link/config.ts";
import type { LinkSecrets } from "./link/files.ts";
import type { NatsLink } from "./link/nats_link.ts";
import type { QueueStatistics, RelayCommand, RelayMessage, RelayStart, Watcher } from "./relay/messages.ts";
import { logReport } from "./report_log.ts";
import type { QueueHttp } from "./http/queue_http.ts";
import type { Commander } from "./status/sentence.ts";
import { settingsOf, type SourceOf } from "./status/settings.ts";
import type { QueueFacts, QueueStatus, Setting } from "./status/status.ts";
import { StatusKeeper } from "./status/status_keeper.ts";
import type { Duration } from "../units.ts";
import { SocketType } from "../zmq/constants.ts";
import { Context } from "../zmq/context.ts";
import { countFreeDescriptors, raiseDescriptorLimit } from "../zmq/descriptors.ts";
import { tooFewDescriptors } from "../zmq/error.ts";
import { IpcFile, type IpcFileFacts } from "../zmq/ipc_file.ts";
import { type Library, LibraryError, loadLibrary } from "../zmq/library.ts";
import type { Socket } from "../zmq/socket.ts";

/** How long writing the last exhausted requests may take after the queue has ended, in milliseconds. */
const LAST_WRITE_MS = 1000;
/** How many descriptors a queue needs, with its thread and some for its first connections. */
const START_DESCRIPTORS = 32;
/**
 * How many more each I/O thread needs with keys: two sockets for its echo, their connection and listener, and what the
 * thread waits on.
 */
const KEYED_THREAD_DESCRIPTORS = 9;

/** The queue could not start or continue, for instance because an endpoint could not be bound. */
export class QueueError extends Error {
  /** The class's name. */
  override readonly name = "QueueError";
  /** The name of the operating system's or libzmq's error, such as `EADDRINUSE`; empty if it has none. */
  readonly code: string;

  /**
   * Makes the error.
   *
   * @param message What went wrong.
   * @param code The error's name.
   */
  constructor(message: string, code: string) {
    super(message);
    this.code = code;
  }
}

/** A running queue, with a thread of its own. */
export interface Queue extends AsyncDisposable {
  /** The frontend's endpoints as bound, with real ports. */
  readonly frontend: readonly string[];
  /** The backend's endpoints as bound, with real ports. */
  readonly backend: readonly string[];
  /** libzmq's version. */
  readonly libzmqVersion: string;
  /** Whether libzmq has its draft API, without which departures and lost workers go unnoticed. */
  readonly hasDraftApi: boolean;
  /** Resolves to the final statistics when the queue has ended; rejects with a {@linkcode QueueError} if it failed. */
  readonly ended: Promise<QueueStatistics>;
  /**
   * Finishes the waiting and running requests, and ends. New requests are served only while the drain waits for a long job.
   * A second call has no effect.
   *
   * @param timeout How long it may take: milliseconds, or text such as `"30s"`.
   * @default timeout the option `drainTimeout`
   * @returns Like {@linkcode Queue.ended}; `leftAtDrain` counts the requests that were left when the time was over.
   * @throws {TypeError} When the timeout is neither a number nor text.
   * @throws {RangeError} When the timeout is wrong.
   */
  drain(timeout?: Duration): Promise<QueueStatistics>;
  /** Ends at once. Waiting and running requests are lost. */
  abort(): Promise<QueueStatistics>;
  /**
   * Reads the counters and gauges. Works while the queue drains, too.
   *
   * @throws {QueueError} When the queue has ended.
   */
  statistics(): Promise<QueueStatistics>;
}

/**
 * Starts a queue. Raises the process's limit of file descriptors as far as permitted.
 *
 * @param options How it runs.
 * @returns The queue, once it listens. Leaving the scope of `await using` drains it.
 * @throws {QueueError} When an endpoint cannot be bound.
 * @throws {LibraryError} When libzmq cannot be loaded.
 * @throws {KeyFileError} When a key file cannot be used.
 * @throws {LinkError} When the queue cannot be linked as the options say.
 * @throws {TypeError} When an option is unknown or of the wrong type.
 * @throws {RangeError} When an option's value is wrong.
 *
 * @example
 * ```ts
 * import { startQueue } from "@spqueue/spqueue/queue";
 * import { assertEquals } from "@std/assert";
 *
 * await using queue = await startQueue({ frontend: "tcp://127.0.0.1:*", backend: "tcp://127.0.0.1:*" });
 * assertEquals((await queue.statistics()).accepted, 0);
 * ```
 */
export async function startQueue(options: QueueOptions = {}): Promise<Queue> {
  return await startProgramQueue(options);
}

/** What the program adds to a queue's options. */
export interface ProgramFacts {
  /** The service manager's watchdog, which the relay's loop notifies; `undefined`: none. */
  readonly watcher?: Watcher | undefined;
  /** Where each setting came from. By default: an option, or the default value. */
  readonly sourceOf?: SourceOf;
  /** Drains the queue when somebody asks for it over HTTP. */
  readonly onDrainAsked?: (queue: ProgramQueue, asker: Commander) => void;
  /** Called when the queue begins to wait for an address that another process has. `timeoutMs` is the longest wait. */
  readonly onWait?: (address: string, timeoutMs: number) => void;
  /** Ends the wait for addresses. */
  readonly signal?: AbortSignal;
}

/** A queue as the program runs it. */
export interface ProgramQueue extends Queue {
  /**
   * Like {@linkcode Queue.drain}. The status says who asked for it first.
   *
   * @param timeout How long it may take.
   * @param asker Who asks for it.
   */
  drain(timeout?: Duration, asker?: Commander): Promise<QueueStatistics>;
  /**
   * The queue's status at this moment.
   *
   * @throws {QueueError} When the queue has ended.
   */
  status(): Promise<QueueStatus>;
  /** Where it listens for HTTP, with real ports. */
  readonly http: readonly string[];
}

/**
 * Starts a queue as {@linkcode startQueue} does, for the program.
 *
 * @param options How it runs.
 * @param program What the program knows besides.
 * @returns The queue, once it listens.
 */
export async function startProgramQueue(options: QueueOptions, program: ProgramFacts = {}): Promise<ProgramQueue> {
  const config = queueConfig(options);
  const { relay, http, waitForPortsMs } = config;
  const log = shielded(options.log);
  // Once, also if it waits for ports: a file of a link may be a pipe.
  const link = config.link && await openLink(config.link, relay.maxMessageBytes);
  let prepared: PreparedFiles | undefined = await prepareFiles(config, log);
  let removeLibraryFile = () => {};
  const library = await loadLibrary({ keepFile: (remove) => removeLibraryFile = remove });
  raiseDescriptorLimit(library.symbols);
  const keyedThreads = prepared.access?.keys === undefined ? 0 : relay.ioThreads;
  const descriptors = START_DESCRIPTORS + keyedThreads * KEYED_THREAD_DESCRIPTORS + (relay.reservedDescriptors ?? 0);
  if (countFreeDescriptors(library.symbols, descriptors) < descriptors) {
    removeLibraryFile();
    const { message, code } = tooFewDescriptors("Cannot start the queue");
    throw new QueueError(message, code);
  }
  const factsOf = await factsMaker(
    config,
    settingsOf(
      readOptions(QUEUE_OPTIONS, options, "startQueue()", ["log"]),
      program.sourceOf ?? ((name) => name in options ? "option" : undefined),
    ),
  );
  const start = async () => {
    const files = prepared ?? await prepareFiles(config, log);
    prepared = undefined;
    return await startRelay({ config, files, link, library, log, program, factsOf });
  };
  try {
    return await startWhenFree(start, {
      timeoutMs: waitForPortsMs,
      look: () => lookAtAddresses(library.symbols, [...relay.frontend, ...relay.backend], http?.addresses ?? []),
      onWait: (address) => {
        log?.info("waiting for ports", { address, timeoutMs: waitForPortsMs });
        program.onWait?.(address, waitForPortsMs);
        // The files may change meanwhile, so they are read again.
        prepared?.exhausted?.[Symbol.dispose]();
        prepared = undefined;
      },
      signal: program.signal,
    });
  } finally {
    removeLibraryFile();
  }
}

/** What a queue reads and opens before it binds anything. */
interface PreparedFiles {
  readonly access: AccessConfig | undefined;
  readonly exhausted: ExhaustedFolder | undefined;
}

async function prepareFiles(
  { access, exhaustedDir }: QueueConfig,
  log: EventLog | undefined,
): Promise<PreparedFiles> {
  return {
    access: await readAccess(access),
    exhausted: exhaustedDir === undefined ? undefined : await openExhausted(exhaustedDir, log),
  };
}

/** What {@linkcode startRelay} needs. */
interface RelayParts {
  readonly config: QueueConfig;
  readonly files: PreparedFiles;
  readonly link: PreparedLink | undefined;
  readonly library: Library;
  readonly log: EventLog | undefined;
  readonly program: ProgramFacts;
  readonly factsOf: (message: Listening) => QueueFacts;
}

/** Binds everything and starts the relay. If that fails, nothing stays bound. */
async function startRelay({ config, files, link, library, log, program, factsOf }: RelayParts): Promise<ProgramQueue> {
  const { relay, access: accessOptions, http: httpOptions, drainTimeoutMs } = config;
  const { access, exhausted } = files;
  let http: QueueHttp | undefined;
  try {
    if (httpOptions !== undefined) http = await (await import("./http/queue_http.ts")).QueueHttp.listen(httpOptions);
  } catch (error) {
    exhausted?.[Symbol.dispose]();
    throw error;
  }
  const thread = new Worker(new URL("./relay/thread.ts", import.meta.url), { type: "module" });
  const handle = new RelayHandle(thread, {
    library,
    drainTimeoutMs,
    keyFolder: accessOptions.keys,
    exhausted,
    http,
    onDrainAsked: program.onDrainAsked ?? ((queue, asker) => void queue.drain(undefined, asker)),
    link,
    log,
    factsOf,
  });
  thread.postMessage(
    { ...relay, access, linkId: link?.id, libraryPath: library.path, watcher: program.watcher } satisfies RelayStart,
  );
  try {
    return await handle.listening;
  } catch (error) {
    await http?.close();
    throw error;
  }
}

/** The relay's message that it listens. */
type Listening = RelayMessage & { type: "listening" };

/** Prepares the part of the status that does not change. */
async function factsMaker(
  { access, relay }: QueueConfig,
  settings: readonly Setting[],
): Promise<(message: Listening) => QueueFacts> {
  const startedAt = new Date().toISOString();
  const commit = await ownCommit() ?? null;
  const { keys, allow, allowClients = allow, allowWorkers = allow } = access;
  const isOpen = (endpoints: readonly string[], ranges: readonly string[] | undefined) =>
    keys === undefined && ranges === undefined && endpoints.some(isReachableFromOutside);
  return ({ frontend, backend, version }) => ({
    startedAt,
    host: ownHost(),
    versions: { queue: VERSION, commit, deno: Deno.version.deno, libzmq: version },
    frontend,
    backend,
    open: { frontend: isOpen(frontend, allowClients), backend: isOpen(backend, allowWorkers) },
    limits: { requests: relay.broker.maxBacklog, bytes: relay.broker.maxBacklogBytes },
    settings,
  });
}

/** The name of this machine; `null` without permission to read it. */
function ownHost(): string | null {
  const { state } = Deno.permissions.querySync({ name: "sys", kind: "hostname" });
  return state === "granted" ? Deno.hostname() : null;
}

async function openExhausted(path: string, log: EventLog | undefined): Promise<ExhaustedFolder> {
  try {
    return await ExhaustedFolder.open(path, log);
  } catch (error) {
    const { code = "" } = error as Error & { readonly code?: string };
    throw new QueueError(`Cannot keep exhausted requests in "${path}": ${keepReason(error)}`, code);
  }
}

/** The link to other queues, before it starts. */
interface PreparedLink {
  readonly config: LinkConfig;
  readonly secrets: LinkSecrets;
  /** The queue's name for itself. */
  readonly id: string;
  readonly maxMessageBytes: number;
  readonly Link: typeof NatsLink;
}

/** Loads the modules and files that only a linked queue needs. */
async function openLink(config: LinkConfig, maxMessageBytes: number): Promise<PreparedLink> {
  const { readLinkFiles } = await import("./link/files.ts");
  const secrets = await readLinkFiles(config);
  const { NatsLink: Link } = await import("./link/nats_link.ts");
  return { config, secrets, id: crypto.getRandomValues(new Uint8Array(8)).toHex(), maxMessageBytes, Link };
}

/** What a {@linkcode RelayHandle} needs. */
interface RelayHandleOptions {
  readonly library: Library;
  readonly drainTimeoutMs: number;
  readonly keyFolder: string | undefined;
  readonly exhausted: ExhaustedFolder | undefined;
  readonly http: QueueHttp | undefined;
  readonly onDrainAsked: (queue: ProgramQueue, asker: Commander) => void;
  readonly link: PreparedLink | undefined;
  readonly log: EventLog | undefined;
  readonly factsOf: (message: Listening) => QueueFacts;
}

/** The main thread's handle to the relay. */
class RelayHandle {
  /** The queue, once the relay listens. */
  readonly listening: Promise<ProgramQueue>;
  readonly #library: Library;
  readonly #drainTimeoutMs: number;
  readonly #keyFolder: string | undefined;
  readonly #exhausted: ExhaustedFolder | undefined;
  readonly #http: QueueHttp | undefined;
  readonly #onDrainAsked: (queue: ProgramQueue, asker: Commander) => void;
  /** Ends a pause of limited time. */
  #pauseTimer: ReturnType<typeof setTimeout> | undefined;
  readonly #log: EventLog | undefined;
  readonly #listening = Promise.withResolvers<ProgramQueue>();
  readonly #factsOf: (message: Listening) => QueueFacts;
  #status: StatusKeeper | undefined;
  readonly #ended = Promise.withResolvers<QueueStatistics>();
  readonly #preparedLink: PreparedLink | undefined;
  #link: NatsLink | undefined;
  /** Resolves when the link has ended. */
  #linkEnded: Promise<void> | undefined;
  #control: Socket | undefined;
  #ipcFiles: readonly IpcFile[] = [];
  #descriptorWatch: DescriptorWatch | undefined;
  #keyWatch: KeyWatch | undefined;
  #isEnding = false;
  /** Whether the relay takes no more commands. */
  #isDetached = false;
  #statistics: PromiseWithResolvers<QueueStatistics> | undefined;

  constructor(
    thread: Worker,
    { library, drainTimeoutMs, keyFolder, exhausted, link, log, factsOf, http, onDrainAsked }: RelayHandleOptions,
  ) {
    this.#factsOf = factsOf;
    this.#library = library;
    this.#drainTimeoutMs = drainTimeoutMs;
    this.#keyFolder = keyFolder;
    this.#exhausted = exhausted;
    this.#http = http;
    this.#onDrainAsked = onDrainAsked;
    this.#preparedLink = link;
    this.#log = log;
    this.listening = this.#listening.promise;
    thread.onmessage = ({ data }: MessageEvent<RelayMessage>) => this.#receive(data);
    thread.onerror = (event) => {
      event.preventDefault();
      this.#fail(new QueueError(`The relay thread failed: ${event.message}`, ""));
    };
  }

  #receive(message: RelayMessage): void {
    switch (message.type) {
      case "listening":
        this.#setFiles(message.ipcFiles);
        this.#attach(Context.borrow(this.#library, message.context), message);
        this.#status = new StatusKeeper(
          this.#factsOf(message),
          () => this.#command({ command: "snapshot" }),
          (number) => this.#exhausted?.fileOf(number),
        );
        this.#listening.resolve(this.#open(message, this.#status));
        break;
      case "snapshot":
        this.#status?.receive(message.snapshot);
        break;
      case "report":
        if (this.#log !== undefined) logReport(this.#log, message.report, message.count);
        break;
      case "ipc files":
        this.#setFiles(message.ipcFiles);
        break;
      case "ipc file failure": {
        const effect = message.failure.action === "show"
          ? "nobody else can connect"
          : "the queue may crash at its limit of descriptors";
        this.#log?.warning("ipc file failure", { ...message.failure, effect });
        break;
      }
      case "ipc gate":
        this.#descriptorWatch?.setGate(message.state);
        break;
      case "statistics":
        this.#statistics?.resolve(message.statistics);
        this.#statistics = undefined;
        break;
      case "closing link":
        this.#endLink();
        break;
      case "closing":
        this.#detach();
        // Closed early: replies may still be on their way while another queue waits for the addresses.
        void this.#http?.close();
        break;
      case "exhausted":
        this.#keep(message.copy);
        break;
      case "stopped":
        this.#finish(message.statistics);
        this.#statistics?.resolve(message.statistics);
        break;
      case "failed":
        this.#fail(
          message.name === "LibraryError"
            ? new LibraryError(message.message)
            : new QueueError(message.message, message.code),
        );
    }
  }

  /** Attaches to the relay's context, which stays open until {@linkcode RelayHandle.#detach}. */
  #attach(context: Context, { control, link }: Listening): void {
    this.#control = context.socket(SocketType.PAIR, 0);
    this.#control.connect(control);
    if (this.#preparedLink !== undefined && link !== undefined) {
      const { Link, ...parts } = this.#preparedLink;
      this.#link = new Link({ ...parts, library: this.#library, context, endpoints: link, log: this.#log });
    }
    if (this.#log !== undefined) this.#descriptorWatch = new DescriptorWatch(context, this.#log);
    if (this.#keyFolder !== undefined) {
      this.#keyWatch = new KeyWatch({
        folder: this.#keyFolder,
        onChange: (keys) => this.#command({ command: "permit", keys }),
        log: this.#log,
      });
    }
  }

  /** Writes an exhausted request, and tells the relay so: it limits the bytes of copies that are not written yet. */
  async #keep(copy: ExhaustedCopy): Promise<void> {
    await this.#exhausted?.keep(copy);
    if (!this.#isDetached) this.#command({ command: "copy written", bytes: sizeOfBody(copy) });
  }

  async #finish(statistics: QueueStatistics): Promise<void> {
    await this.#exhausted?.settled(LAST_WRITE_MS);
    await this.#keyWatch?.settled;
    await this.#linkEnded;
    this.#exhausted?.[Symbol.dispose]();
    await this.#http?.close();
    this.#ended.resolve(statistics);
  }

  #setFiles(files: readonly IpcFileFacts[]): void {
    this.#ipcFiles = files.map((facts) => new IpcFile(this.#library.symbols, facts));
  }

  #detach(): void {
    this.#isDetached = true;
    this.#exhausted?.[Symbol.dispose]();
    clearTimeout(this.#pauseTimer);
    this.#status?.fail(new QueueError("The queue has ended", ""));
    this.#descriptorWatch?.[Symbol.dispose]();
    this.#keyWatch?.[Symbol.dispose]();
    this.#endLink();
    this.#control?.close();
  }

  #endLink(): void {
    this.#linkEnded ??= this.#link?.[Symbol.asyncDispose]();
  }

  #fail(error: Error): void {
    this.#detach();
    this.#statistics?.reject(error);
    // Until the queue listens, nobody has its `ended` promise.
    if (this.#control === undefined) this.#listening.reject(error);
    else {
      this.#http?.close();
      this.#ended.reject(error);
    }
  }

  #open(message: Listening, keeper: StatusKeeper): ProgramQueue {
    const queue = this.#queue(message, keeper);
    this.#http?.serve(keeper, {
      pause: (commander, reason, forMs) => this.#pause(keeper, commander, reason, forMs),
      resume: (commander) => this.#resume(keeper, commander),
      drain: (commander) => {
        this.#log?.info("drain asked for", commanderFields(commander));
        this.#onDrainAsked(queue, commander);
      },
    });
    return queue;
  }

  async #pause(keeper: StatusKeeper, commander: Commander, reason: string, forMs: number | null): Promise<void> {
    clearTimeout(this.#pauseTimer);
    const now = Date.now();
    const isoOf = (ms: number) => new Date(ms).toISOString();
    keeper.paused = { ...commander, reason, since: isoOf(now), until: forMs === null ? null : isoOf(now + forMs) };
    this.#log?.warning("paused", {
      ...commanderFields(commander),
      reason,
      ...(forMs === null ? {} : { forMs }),
    });
    this.#command({ command: "pause" });
    if (forMs !== null) {
      this.#pauseTimer = setTimeout(
        () => void this.#resume(keeper, { by: "the pause's own end", address: null }),
        forMs,
      );
    }
    await this.#refresh(keeper);
  }

  async #resume(keeper: StatusKeeper, commander: Commander): Promise<boolean> {
    if (keeper.paused === null) return false;
    clearTimeout(this.#pauseTimer);
    keeper.paused = null;
    this.#log?.info("resumed", commanderFields(commander));
    this.#command({ command: "resume" });
    await this.#refresh(keeper);
    return true;
  }

  /** Updates the status at once. */
  async #refresh(keeper: StatusKeeper): Promise<void> {
    // This fails if the queue ends meanwhile.
    await keeper.read().catch(() => {});
  }

  #queue(message: Listening, keeper: StatusKeeper): ProgramQueue {
    return {
      http: this.#http?.addresses ?? [],
      frontend: message.frontend,
      backend: message.backend,
      libzmqVersion: message.version,
      hasDraftApi: message.hasDraftApi,
      ended: this.#ended.promise,
      drain: (timeout, asker) => this.#drain(keeper, timeout, asker),
      abort: () => this.#abort(),
      statistics: () => this.#readStatistics(),
      status: async () => {
        if (this.#isDetached) throw new QueueError("Cannot read the status of a queue that has ended", "");
        return (await keeper.read()).status;
      },
      [Symbol.asyncDispose]: async () => {
        await this.#drain(keeper);
      },
    };
  }

  // Async, so that a wrong timeout rejects instead of throwing.
  async #drain(
    keeper: StatusKeeper,
    timeout: Duration = this.#drainTimeoutMs,
    asker: Commander = { by: "the program", address: null },
  ): Promise<QueueStatistics> {
    const timeoutMs = readOption(QUEUE_OPTIONS.drainTimeout, timeout, "timeout");
    const ended = this.#end({ command: "drain", timeoutMs });
    keeper.drain ??= { ...asker, since: new Date().toISOString() };
    if (!this.#isDetached) void this.#refresh(keeper);
    return await ended;
  }

  #abort(): Promise<QueueStatistics> {
    // The process may end before the relay gets to remove them.
    for (const file of this.#ipcFiles) file.remove();
    return this.#end({ command: "abort" });
  }

  #end(command: RelayCommand): Promise<QueueStatistics> {
    if (!this.#isDetached && (!this.#isEnding || command.command === "abort")) this.#command(command);
    this.#isEnding = true;
    return this.#ended.promise;
  }

  async #readStatistics(): Promise<QueueStatistics> {
    if (this.#isDetached) throw new QueueError("Cannot read the statistics of a queue that has ended", "");
    this.#statistics ??= Promise.withResolvers();
    this.#command({ command: "statistics" });
    return await this.#statistics.promise;
  }

  #command(command: RelayCommand): void {
    try {
      this.#control?.send([new TextEncoder().encode(JSON.stringify(command))]);
    } catch (error) {
      // The relay has closed its end meanwhile and needs no more commands.
      this.#log?.warning("command not delivered", { command: command.command, reason: (error as Error).message });
    }
  }
}

function commanderFields({ by, address }: Commander): LogFields {
  return { by, ...(address === null ? {} : { address }) };
}
