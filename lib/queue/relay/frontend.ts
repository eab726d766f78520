/**
 * Reads the frontend's messages in the order in which they happened, which libzmq does not fully provide.
 *
 * A ROUTER gives an identity to a new connection as soon as that connection has arrived, on any call on the socket,
 * including a send. But its notification of the new connection is queued behind all unread messages. So before a reply is
 * sent to an identity that a client chose, and once more when libzmq has selected the connection, everything that has
 * arrived is read ahead. If that includes a new connection with the identity, the reply was meant for the old one.
 *
 * At the backlog's limit the frontend is left unread, so that ZeroMQ holds clients back, and notifications stay behind their
 * requests. The frontend's monitor, which is read all the same, shows how many there must be. The monitor reports a
 * connection a moment after the frontend, and that moment is long on a busy machine. So a connection that was accepted and
 * whose handshake has neither succeeded nor failed may already be in the frontend, too.
 *
 * @module
 */

/** The kinds of messages from the frontend. */
export type FrontendMessageKind =
  /** A new connection. If its identity is known, it has replaced the old connection. */
  | "connected"
  /** A connection has ended. */
  | "gone"
  /** Anything else. */
  | "request";

/** A message from the frontend. */
export interface FrontendMessage<F> {
  /** Its kind. */
  readonly kind: FrontendMessageKind;
  /** The client's identity, one character a byte. */
  readonly identity: string;
  /** All frames after the identity. */
  readonly frames: F[];
}

/** The monitor's events about the frontend's connections. */
export type ConnectionEvent =
  /** A connection was accepted; its handshake begins. */
  | "accepted"
  /** A handshake succeeded: the frontend will report a new connection. */
  | "connected"
  /** A handshake failed. An end follows, but not of a connection that the frontend has reported. */
  | "handshake failed"
  /** A handshake failed, and no end follows. */
  | "ended in handshake"
  /** A connection ended. */
  | "ended";

/** What a {@linkcode FrontendReader} reads from. No method blocks. */
export interface FrontendSource<F> {
  /** The frontend's next message, or `undefined` when there is none. */
  receive(): FrontendMessage<F> | undefined;
  /** The next event of the frontend's monitor, or `undefined` when there is none. */
  receiveEvent(): ConnectionEvent | undefined;
  /** Whether an identity was assigned, so that no other connection can come with it. */
  isAssigned(identity: string): boolean;
  /** Whether to leave the frontend unread: the backlog is full, or the queue is draining and takes nothing now. */
  leavesUnread(): boolean;
  /** The time, in milliseconds of a monotonic clock. */
  now(): number;
}

/** The most messages that are usually read ahead ... */
const FEW_MESSAGES_AHEAD = 256;
/**
 * ... and the most while looking for a new connection. There must be a limit: the frontend may never report a connection
 * that ended at once.
 */
const MOST_MESSAGES_AHEAD = 4096;
/**
 * How far the monitor and the frontend may be apart. The monitor reports an end a moment earlier, and a new connection a
 * moment later.
 */
const NEWS_LOOKOUT_MS = 100;
/**
 * A handshake takes two round trips. A peer that leaves it unfinished for longer than this no longer makes the queue read
 * ahead: otherwise it could make the queue exceed the backlog's limit.
 */
const HANDSHAKE_LOOKOUT_MS = 1_000;
/**
 * libzmq gives peers that chose no identity a zero byte and four more bytes. These are reserved, but a peer can still choose
 * such an identity; the guarantees do not cover that.
 */
const GIVEN_IDENTITY_BYTES = 5;

/** Reads the frontend. */
export class FrontendReader<F> {
  readonly #source: FrontendSource<F>;
  readonly #reportsConnections: boolean;
  #isUnsettled = true;
  /** Messages that were read ahead, in the order of arrival. */
  readonly #ahead: FrontendMessage<F>[] = [];
  /** How many ends the monitor has reported and the frontend has not; negative if the frontend was first. */
  #unreadEnds = 0;
  /** Until this time either may have more ends to report, even if the frontend was found empty. */
  #endsUntilMs = 0;
  /** How many new connections the monitor has reported and the frontend has not; negative if the frontend was first. */
  #unreadConnections = 0;
  /** Since when the frontend has been ahead of the monitor with new connections, if it is. */
  #connectionsAheadSinceMs = 0;
  /** When the connections about which nothing else has been reported were accepted, oldest first. */
  readonly #handshakes: number[] = [];
  /** How many failed handshakes have not had their end reported yet. */
  #failedHandshakes = 0;

  /**
   * @param source What it reads from.
   * @param reportsConnections Whether the frontend reports new connections and ends (libzmq's draft API).
   */
  constructor(source: FrontendSource<F>, reportsConnections: boolean) {
    this.#source = source;
    this.#reportsConnections = reportsConnections;
  }

  /** Whether a message may have arrived since the frontend was found empty, so that waiting could miss it. */
  get isUnsettled(): boolean {
    return this.#isUnsettled;
  }

  /** A message may have arrived: the frontend's descriptor is readable, or a call on the socket may have reset it. */
  unsettle(): void {
    this.#isUnsettled = true;
  }

  /** Whether {@linkcode FrontendReader.next} may return a message. */
  get mayHaveNext(): boolean {
    return this.#isUnsettled && this.#isReading;
  }

  /**
   * The next message whose turn it is.
   *
   * @param now The time.
   * @returns The message, or `undefined` if there is none or the frontend is left unread because the backlog is full.
   */
  next(now: number): FrontendMessage<F> | undefined {
    if (!this.#isReading) return undefined;
    const message = this.#ahead.shift() ?? this.#receive();
    if (message === undefined) {
      this.#isUnsettled = false;
      if (now >= this.#endsUntilMs) this.#unreadEnds = 0;
    } else if (message.kind === "gone" && this.#unreadEnds-- <= 0) {
      this.#endsUntilMs = now + NEWS_LOOKOUT_MS;
    }
    return message;
  }

  /**
   * Reads ahead, and says whether a client's identity now has a new connection.
   *
   * @param client An identity.
   */
  readAheadFor(client: string): boolean {
    if (!this.#reportsConnections || this.#source.isAssigned(client)) return false;
    this.#readAhead();
    return this.#ahead.some(({ kind, identity }) => kind === "connected" && identity === client);
  }

  /** Reads the monitor. */
  readEvents(): void {
    for (let event = this.#source.receiveEvent(); event !== undefined; event = this.#source.receiveEvent()) {
      if (event === "accepted") {
        this.#forgetOldHandshakes();
        this.#handshakes.push(this.#source.now());
        continue;
      }
      // Every other event except an end concerns a handshake: presumably the oldest.
      if (event !== "ended") this.#handshakes.shift();
      if (event === "connected") this.#unreadConnections++;
      else if (event === "handshake failed") this.#failedHandshakes++;
      else if (event === "ended") this.#connectionEnded();
    }
  }

  #connectionEnded(): void {
    if (this.#failedHandshakes > 0) {
      this.#failedHandshakes--;
    } else if (this.#reportsConnections) {
      this.#unreadEnds++;
      this.#endsUntilMs = this.#source.now() + NEWS_LOOKOUT_MS;
    }
  }

  /** At the limit the frontend is left unread, unless a client has left: its end is queued behind requests. */
  get #isReading(): boolean {
    return this.#unreadEnds > 0 || this.#ahead.length > 0 || !this.#source.leavesUnread();
  }

  /** Whether the frontend may have a connection of which the monitor has reported only the acceptance. */
  get #isInHandshake(): boolean {
    this.#forgetOldHandshakes();
    return this.#handshakes.length > 0;
  }

  #forgetOldHandshakes(): void {
    const earliestMs = this.#source.now() - HANDSHAKE_LOOKOUT_MS;
    while (this.#handshakes.length > 0 && this.#handshakes[0]! < earliestMs) this.#handshakes.shift();
  }

  #readAhead(): void {
    for (;;) {
      // At the limit, or if requests keep coming, it reads only as far as needed to find the new connections.
      if (this.#source.leavesUnread() || this.#ahead.length >= FEW_MESSAGES_AHEAD) {
        this.readEvents();
        if (this.#ahead.length >= MOST_MESSAGES_AHEAD) {
          this.#unreadConnections = Math.min(0, this.#unreadConnections);
          return;
        }
        if (this.#unreadConnections <= 0 && !this.#isInHandshake) return;
      }
      const message = this.#receive();
      if (message === undefined) return;
      this.#ahead.push(message);
    }
  }

  #receive(): FrontendMessage<F> | undefined {
    const message = this.#source.receive();
    if (message === undefined) {
      if (this.#unreadConnections !== 0) this.#settleConnections();
    } else if (message.kind === "connected" && this.#unreadConnections-- === 0) {
      this.#connectionsAheadSinceMs = this.#source.now();
    }
    return message;
  }

  /** The frontend is empty, so no new connection is unread. Those that the monitor has not reported yet will follow soon. */
  #settleConnections(): void {
    const isMonitorBehind = this.#unreadConnections < 0 &&
      this.#source.now() - this.#connectionsAheadSinceMs < NEWS_LOOKOUT_MS;
    if (!isMonitorBehind) this.#unreadConnections = 0;
  }
}

/**
 * Whether libzmq generated an identity.
 *
 * @param identity One character a byte.
 */
export function isGivenIdentity(identity: string): boolean {
  return identity.length === GIVEN_IDENTITY_BYTES && identity.charCodeAt(0) === 0;
}
