/**
 * The main thread's end of the link to other queues: passes messages between NATS and the relay, which makes all decisions.
 *
 * @module
 */

import type { LinkConfig } from "./config.ts";
import { ConnectionLog } from "./connection_log.ts";
import { denoDial } from "./connections.ts";
import type { LinkSecrets } from "./files.ts";
import { absenceSubject, checkMessage, isQueueId, type LinkMessage, subjectOf } from "./messages.ts";
import { NatsTransport } from "./nats_transport.ts";
import { PacketReader, PacketWriter } from "./payload.ts";
import { VERSION } from "../../cli/program.ts";
import { delay } from "../../delay.ts";
import type { EventLog, LogFields } from "../../log.ts";
import { LogLimiter } from "../../log_limiter.ts";
import { systemReason } from "../../system_error.ts";
import { type LinkEndpoints, type LinkEvent, PIPE_MESSAGES } from "../relay/link_pipe.ts";
import { SharedBytes } from "../relay/shared_bytes.ts";
import { IntOption, SocketType } from "../../zmq/constants.ts";
import type { Context } from "../../zmq/context.ts";
import type { Library } from "../../zmq/library.ts";
import type { Socket } from "../../zmq/socket.ts";
import { Waiter } from "../../zmq/waiter.ts";
import type { Authenticator, Msg, NatsConnection, Server, Status } from "@nats-io/nats-core";

/** How long connecting to a server may take. */
const CONNECT_TIMEOUT_MS = 2000;
/** The time between attempts to connect for the first time. */
const FIRST_CONNECT_MS = 500;
/** The time between attempts to reconnect. */
const RECONNECT_MS = 100;
/** The interval of pings. A server that misses two of them counts as lost. */
const PING_MS = 500;
/** How many bytes to publish before waiting until the server has received them. */
const WINDOW_BYTES = 1024 ** 2;
/** How many bytes may wait for the relay before more are dropped. */
const MAX_WAITING_BYTES = 64 * 1024 ** 2;
/** An upper bound of what a waiting message takes besides its bytes. */
const WAITING_OVERHEAD_BYTES = 1024;
const RETRY_MS = 1;
/** How long closing waits for the last messages to be sent. */
const CLOSE_MS = 500;
const LOG_INTERVALS_MS = { usual: 10_000, byKind: {} };
const NO_RESPONDERS = 503;
const ENCODER = new TextEncoder();
const DECODER = new TextDecoder();

/** What a {@linkcode NatsLink} needs. */
export interface NatsLinkParts {
  /** The link's configuration. */
  readonly config: LinkConfig;
  /** The contents of its files. */
  readonly secrets: LinkSecrets;
  /** The queue's identifier. */
  readonly id: string;
  /** The largest message that may arrive in parts, in bytes. */
  readonly maxMessageBytes: number;
  /** libzmq. */
  readonly library: Library;
  /** The relay's context. */
  readonly context: Context;
  /** The relay's sockets. */
  readonly endpoints: LinkEndpoints;
  /** Receives events. */
  readonly log: EventLog | undefined;
}

/** A message to the relay for which there was no room. */
interface Waiting {
  readonly frames: Uint8Array<ArrayBuffer>[];
  readonly bytes: number;
}

/** See the module. */
export class NatsLink implements AsyncDisposable {
  readonly #config: LinkConfig;
  readonly #secrets: LinkSecrets;
  readonly #id: string;
  readonly #prefix: string;
  readonly #log: EventLog | undefined;
  readonly #limiter: LogLimiter<() => void>;
  readonly #connectionLog: ConnectionLog | undefined;
  readonly #sender: Socket;
  readonly #receiver: Socket;
  readonly #waiter: Waiter;
  readonly #held: SharedBytes;
  readonly #writer: PacketWriter;
  readonly #reader: PacketReader;
  readonly #closing = new AbortController();
  readonly #waiting: Waiting[] = [];
  readonly #running: Promise<unknown>;
  #waitingBytes = 0;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #connection: NatsConnection | undefined;
  /** The transport that was used last. */
  #transport: NatsTransport | undefined;
  #isConnected = false;
  #unflushedBytes = 0;
  /** The reader's `dropped` when it was last read. */
  #dropped = 0;

  /** @param parts What it needs. */
  constructor({ config, secrets, id, maxMessageBytes, library, context, endpoints, log }: NatsLinkParts) {
    this.#config = config;
    this.#secrets = secrets;
    this.#id = id;
    this.#prefix = `spq.v1.${config.name}.`;
    this.#log = log;
    this.#limiter = new LogLimiter(LOG_INTERVALS_MS, (write) => write());
    this.#connectionLog = log === undefined ? undefined : new ConnectionLog(log, this.#servers);
    this.#writer = new PacketWriter(id);
    this.#reader = new PacketReader(2 * maxMessageBytes);
    this.#held = new SharedBytes(endpoints.held);
    this.#sender = context.socket(SocketType.PAIR, 0);
    this.#sender.setInt(IntOption.SNDHWM, PIPE_MESSAGES);
    this.#sender.connect(endpoints.toRelay);
    this.#receiver = context.socket(SocketType.PAIR, 0);
    this.#receiver.setInt(IntOption.RCVHWM, PIPE_MESSAGES);
    this.#receiver.connect(endpoints.fromRelay);
    this.#waiter = new Waiter(library, context);
    this.#running = Promise.all([this.#connect(), this.#passOn()]);
  }

  /** Passes on the relay's last messages, and ends. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    clearTimeout(this.#retry);
    await this.#waiter[Symbol.asyncDispose]();
    this.#passOnAll();
    this.#sender.send([ENCODER.encode(JSON.stringify({ event: "closed" } satisfies LinkEvent))]);
    this.#sender.setInt(IntOption.LINGER, CLOSE_MS);
    this.#receiver.close();
    this.#sender.close();
    const connection = this.#connection;
    if (connection !== undefined && !connection.isClosed()) {
      if (this.#isConnected) await flushed(connection);
      await connection.close();
    }
    await this.#running;
    this.#connectionLog?.[Symbol.dispose]();
  }

  /** Tries to connect until there is a connection. The client then keeps it up, unless it fails for good. */
  async #connect(): Promise<void> {
    const connect = await this.#client();
    while (!this.#closing.signal.aborted) {
      try {
        const connection = await connect();
        this.#connection = connection;
        if (this.#closing.signal.aborted) return await connection.close();
        this.#subscribe(connection);
        this.#setConnected(true);
        await this.#watch(connection);
        if (!this.#closing.signal.aborted) this.#setConnected(false);
      } catch (error) {
        this.#connectionLog?.notConnected(this.#reasonOf(this.#transport?.failure ?? error as Error));
      }
      await delay(FIRST_CONNECT_MS, this.#closing.signal);
    }
  }

  /** Why there is no connection. The client's messages contain no credentials. */
  #reasonOf(error: Error): string {
    if (error.name === "TimeoutError") return `no answer within ${CONNECT_TIMEOUT_MS / 1000} s`;
    if (error.name !== "AuthorizationError") return systemReason(error);
    return this.#config.creds === undefined
      ? `the server asks for credentials; name a file that has them with --nats-creds (${error.message})`
      : `the server does not accept the credentials of "${this.#config.creds}" (${error.message})`;
  }

  get #servers(): readonly string[] {
    return this.#config.servers.map(({ address }) => address);
  }

  /** Loads the client. */
  async #client(): Promise<() => Promise<NatsConnection>> {
    const core = await import("@nats-io/nats-core");
    const { creds, user, pass, token, ca, certificate } = this.#secrets;
    const authenticator: Authenticator[] = [];
    if (creds !== undefined) authenticator.push(core.credsAuthenticator(creds));
    if (user !== undefined) authenticator.push(core.usernamePasswordAuthenticator(user, pass));
    if (token !== undefined) authenticator.push(core.tokenAuthenticator(token));
    const { servers, followsCluster } = this.#config;
    // A server that was learned of from another must use TLS if any configured server does.
    const isTls = servers.some((server) => server.isTls);
    const needsTls = ({ listen }: Server) => servers.find(({ address }) => address === listen)?.isTls ?? isTls;
    const dial = certificate === undefined
      ? denoDial(ca)
      : (await import("./node_connections.ts")).nodeDial(ca, certificate);
    const hasCertificate = certificate !== undefined;
    core.setTransportFactory({
      factory: () => this.#transport = new NatsTransport({ version: VERSION, needsTls, dial, hasCertificate }),
    });
    return () =>
      core.NatsConnectionImpl.connect({
        servers: this.#servers as string[],
        name: `spqueue ${this.#id}`,
        ...(authenticator.length > 0 ? { authenticator } : {}),
        timeout: CONNECT_TIMEOUT_MS,
        maxReconnectAttempts: -1,
        reconnectTimeWait: RECONNECT_MS,
        reconnectJitter: RECONNECT_MS,
        reconnectJitterTLS: RECONNECT_MS,
        pingInterval: PING_MS,
        maxPingOut: 2,
        ignoreAuthErrorAbort: true,
        noAsyncTraces: true,
        noEcho: true,
        ignoreClusterUpdates: !followsCluster,
      });
  }

  #subscribe(connection: NatsConnection): void {
    const callback = (error: Error | null, message: Msg) => {
      if (error === null) this.#receive(message);
      else this.#sayForbidden(error);
    };
    connection.subscribe(`${this.#prefix}want`, { callback });
    connection.subscribe(`${this.#prefix}to.${this.#id}.>`, { callback });
    // For no receiver: shows whether this queue may publish to others, before that matters.
    connection.publish(`${this.#prefix}to.${this.#id}.hello`);
  }

  /** Follows the connection until it is closed. */
  async #watch(connection: NatsConnection): Promise<void> {
    for await (const status of connection.status()) this.#follow(status);
  }

  #follow(status: Status): void {
    switch (status.type) {
      case "disconnect":
        return this.#setConnected(false);
      case "reconnect":
        return this.#setConnected(true);
      case "error":
        return this.#sayForbidden(status.error);
    }
  }

  #setConnected(isConnected: boolean): void {
    if (isConnected === this.#isConnected) return;
    this.#isConnected = isConnected;
    this.#unflushedBytes = 0;
    if (isConnected) {
      const server = this.#connection!.getServer();
      this.#connectionLog?.connected({ server, name: this.#config.name, queue: this.#id });
      this.#tell({ event: "connected", server });
    } else {
      this.#connectionLog?.notConnected("the connection was lost");
      this.#tell({ event: "disconnected" });
    }
  }

  #sayForbidden(error: Error): void {
    const { operation, subject } = error as Error & { readonly operation?: string; readonly subject?: string };
    const fields: LogFields = subject === undefined ? { reason: this.#reasonOf(error) } : {
      reason: `NATS does not let this queue ${operation === "publish" ? "publish to" : "subscribe to"} "${subject}"`,
      remedy: "see docs/access.md",
    };
    // One kind per permission: subjects differ by queue and attempt.
    const kind = subject?.replace(/\.(?:[0-9a-f]{16}|\d+)(?=\.|$)/g, "");
    this.#say(`error ${operation} ${kind}`, () => this.#log?.error("link refused by NATS", fields));
  }

  #say(kind: string, write: () => void): void {
    this.#limiter.add(kind, write, performance.now());
  }

  /** A message arrived from NATS. */
  #receive(message: Msg): void {
    const { subject, headers, data } = message;
    const [kind = "", id, verb, about = ""] = subject.slice(this.#prefix.length).split(".");
    if (headers?.code === NO_RESPONDERS) {
      if (verb === "re") this.#tell({ event: "nobody", attempt: Number(about) });
      if (verb === "absent") this.#tell({ event: "absent", queue: about });
      return;
    }
    const packet = this.#reader.read(data as Uint8Array<ArrayBuffer>);
    if (packet === undefined) {
      const { dropped } = this.#reader;
      if (isStreamReply(data)) this.#sayStream();
      else if (dropped > this.#dropped) this.#tell({ event: "malformed" });
      this.#dropped = dropped;
      return;
    }
    const said = checkMessage(parsed(packet.json));
    if (
      said === undefined || !isQueueId(packet.sender) || packet.sender === this.#id ||
      subject !== this.#prefix + subjectOf(said, kind === "want" ? "" : id!)
    ) {
      return this.#tell({ event: "malformed" });
    }
    this.#tell({ event: "message", sender: packet.sender, message: said }, packet.frames);
  }

  /** A JetStream stream stores the messages between queues, and answers instead of the queue that was asked. */
  #sayStream(): void {
    this.#say("stream", () =>
      this.#log?.warning("a JetStream stream takes in the link's messages", {
        subjects: `${this.#prefix}>`,
        effect: "the loss of a queue is noticed only seconds later",
        remedy: "leave these subjects out of the stream",
      }));
  }

  #tell(event: LinkEvent, frames: readonly Uint8Array<ArrayBuffer>[] = []): void {
    const whole = [ENCODER.encode(JSON.stringify(event)), ...frames];
    if (this.#closing.signal.aborted) return;
    if (this.#waiting.length === 0 && this.#sender.send(whole)) return;
    const bytes = sizeOf(whole) + WAITING_OVERHEAD_BYTES;
    const isOfServer = event.event === "connected" || event.event === "disconnected";
    // A dropped message is missed and made up for, like one that is lost on the way.
    if (this.#waitingBytes + bytes > MAX_WAITING_BYTES && !isOfServer) return;
    this.#waiting.push({ frames: whole, bytes });
    this.#waitingBytes += bytes;
    this.#retry ??= setTimeout(() => this.#tellWaiting(), RETRY_MS);
  }

  #tellWaiting(): void {
    let sent = 0;
    while (sent < this.#waiting.length && this.#sender.send(this.#waiting[sent]!.frames)) sent++;
    // Removed in one go: shifting a long array moves it each time.
    for (const { bytes } of this.#waiting.splice(0, sent)) this.#waitingBytes -= bytes;
    this.#retry = this.#waiting.length === 0 ? undefined : setTimeout(() => this.#tellWaiting(), RETRY_MS);
  }

  /** The relay's next message. */
  #receiveFromRelay(): Uint8Array<ArrayBuffer>[] | undefined {
    const message = this.#receiver.receive();
    if (message !== undefined && message.length > 2) this.#held.remove(sizeOf(message.slice(2)));
    return message;
  }

  /** Passes on the relay's messages until the end. */
  async #passOn(): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      await this.#waiter.wait([this.#receiver], -1, signal);
      if (signal.aborted) return;
      await this.#passOnSome();
    }
  }

  async #passOnSome(): Promise<void> {
    for (let said = this.#receiveFromRelay(); said !== undefined; said = this.#receiveFromRelay()) {
      this.#publish(said);
      if (this.#unflushedBytes < WINDOW_BYTES) continue;
      // Otherwise the client would buffer everything at once, and answer no ping meanwhile.
      this.#unflushedBytes = 0;
      if (this.#isConnected) await this.#connection!.flush().catch(() => {});
      if (this.#closing.signal.aborted) return;
    }
  }

  #passOnAll(): void {
    for (let said = this.#receiveFromRelay(); said !== undefined; said = this.#receiveFromRelay()) {
      this.#publish(said);
    }
  }

  #publish([toBytes, jsonBytes, ...frames]: readonly Uint8Array<ArrayBuffer>[]): void {
    const connection = this.#connection;
    // Without a connection the client would keep the message and send it after reconnecting, when it is outdated. `info` is
    // also checked, since the client drops it a moment before it reports that the connection is lost.
    const info = connection?.info;
    if (connection === undefined || info === undefined || !this.#isConnected || connection.isClosed()) return;
    const to = DECODER.decode(toBytes);
    const json = DECODER.decode(jsonBytes);
    const message = JSON.parse(json) as LinkMessage;
    const subject = this.#prefix + subjectOf(message, to);
    const reply = absenceSubject(message, this.#id, to);
    const options = reply === undefined ? undefined : { reply: this.#prefix + reply };
    for (const payload of this.#writer.write({ json, frames }, info.max_payload)) {
      connection.publish(subject, payload, options);
      this.#unflushedBytes += payload.length;
    }
  }
}

/** Waits until the server has received everything, for a limited time. */
async function flushed(connection: NatsConnection): Promise<void> {
  const end = new AbortController();
  connection.flush().catch(() => {}).finally(() => end.abort());
  await delay(CLOSE_MS, end.signal);
}

function sizeOf(frames: readonly Uint8Array[]): number {
  return frames.reduce((sum, { length }) => sum + length, 0);
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

/** Whether a payload is a JetStream stream's acknowledgement of a message that it stored. */
function isStreamReply(data: Uint8Array): boolean {
  const fields = parsed(DECODER.decode(data.subarray(0, 1024)));
  return typeof fields === "object" && fields !== null && "stream" in fields && "seq" in fields;
}
