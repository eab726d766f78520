/**
 * The frontend's messages in their true order, of which libzmq gives only a part at a time.
 *
 * A ROUTER hands an identity to a new connection as soon as that one has come, on any call on the socket: a send as well.
 * Its notification of the new connection waits in the order of messages, behind all that was not read yet. So before a
 * reply is sent to an identity that a client chose, and once more when libzmq has chosen the connection, everything that
 * has come is read ahead: if a new connection of that identity is among it, the reply was owed to the old one.
 *
 * At the bound the frontend is left unread, so that ZeroMQ holds clients back, and notifications lie behind their requests.
 * How many there must be is known from the frontend's monitor, which is read all the same. It hears of a connection a
 * moment later than the frontend, and that moment is long when the machine is busy: so a connection that was accepted
 * and has neither succeeded nor failed may already lie in the frontend, too.
 *
 * @module
 */

/** What a message of the frontend means. */
export type FrontendMessageKind =
  /** A connection was made. For an identity that is known it has replaced the old one. */
  | "connected"
  /** A connection has ended. */
  | "gone"
  /** Anything else. */
  | "request";

/** A message of the frontend. */
export interface FrontendMessage<F> {
  /** What it means. */
  readonly kind: FrontendMessageKind;
  /** The client's identity, one character a byte. */
  readonly identity: string;
  /** All frames behind it. */
  readonly frames: F[];
}

/** What the monitor reports of the frontend's connections. */
export type ConnectionEvent =
  /** A connection was accepted; its handshake begins. */
  | "accepted"
  /** A handshake succeeded: the frontend will report a new connection. */
  | "connected"
  /** A handshake failed: the end that follows is not of a connection. */
  | "handshake failed"
  /** A handshake failed, and no end follows. */
  | "ended in handshake"
  /** A connection ended. */
  | "ended";

/** Where a {@linkcode FrontendReader} reads. Nothing of it waits. */
export interface FrontendSource<F> {
  /** The frontend's next message, or `undefined` when there is none. */
  receive(): FrontendMessage<F> | undefined;
  /** The next event of the frontend's monitor, or `undefined` when there is none. */
  receiveEvent(): ConnectionEvent | undefined;
  /** Whether an identity was assigned, so that no other connection can come with it. */
  isAssigned(identity: string): boolean;
  /** Whether it should be left unread: the backlog is at its bound, or the queue drains and takes nothing now. */
  leavesUnread(): boolean;
  /** The time, in milliseconds of any clock that never goes back. */
  now(): number;
}

/** Messages that are read ahead at any time ... */
const FEW_MESSAGES_AHEAD = 256;
/** ... and while a new connection is looked for: of one that ended at once the frontend may never report anything. */
const MOST_MESSAGES_AHEAD = 4096;
/** The monitor reports an end a moment before the frontend does, and a new connection a moment after it. */
const NEWS_LOOKOUT_MS = 100;
/**
 * A handshake takes two round trips. A peer that leaves it unfinished for longer no longer makes the queue read ahead, so
 * that it cannot take the bound from the backlog.
 */
const HANDSHAKE_LOOKOUT_MS = 1_000;
/**
 * libzmq makes the identities of peers that chose none: a zero byte and four more. It reserves them, and yet a peer can
 * choose one; the guarantees leave that out.
 */
const GIVEN_IDENTITY_BYTES = 5;

/** Reads the frontend. */
export class FrontendReader<F> {
  readonly #source: FrontendSource<F>;
  readonly #reportsConnections: boolean;
  #isUnsettled = true;
  /** Messages that were read before their turn, in the order in which they came. */
  readonly #ahead: FrontendMessage<F>[] = [];
  /** Ends that the monitor has reported and the frontend has not; below 0 when the frontend came first. */
  #unreadEnds = 0;
  /** Until then one of the two may have more ends to report, even if the frontend has been read to its end. */
  #endsUntilMs = 0;
  /** New connections that the monitor has reported and the frontend has not; below 0 when the frontend came first. */
  #unreadConnections = 0;
  /** Since when the frontend has reported more new connections than the monitor, if it has. */
  #connectionsAheadSinceMs = 0;
  /** When the connections were accepted of which nothing else has been reported, the oldest first. */
  readonly #handshakes: number[] = [];
  /** Handshakes that failed and whose ends have not been reported yet. */
  #failedHandshakes = 0;

  /**
   * @param source Where it reads.
   * @param reportsConnections Whether the frontend reports new connections and ends at all (libzmq's draft API).
   */
  constructor(source: FrontendSource<F>, reportsConnections: boolean) {
    this.#source = source;
    this.#reportsConnections = reportsConnections;
  }

  /** Whether a message may have come since the frontend was found empty, so that a wait for it could miss that. */
  get isUnsettled(): boolean {
    return this.#isUnsettled;
  }

  /** A message may have come: the frontend's descriptor is readable, or a call on the socket may have reset it. */
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
   * @returns The message, or `undefined` when there is none, or the frontend is left unread since the backlog is full.
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
   * Reads ahead what has come, and says whether a client's identity has a new connection now.
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
      // Every other event but an end is that of a handshake, the oldest one for all that is known.
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

  /** At the bound the frontend is left unread, unless a client has left: its end lies behind requests. */
  get #isReading(): boolean {
    return this.#unreadEnds > 0 || this.#ahead.length > 0 || !this.#source.leavesUnread();
  }

  /** Whether a connection may be in the frontend of which the monitor has reported only that it was accepted. */
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
      // At the bound, or when requests come without end, no more is read than what it takes to find the new connections.
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

  /** The frontend is empty, so nothing is unread. What the monitor has not reported yet, it will report soon. */
  #settleConnections(): void {
    const isMonitorBehind = this.#unreadConnections < 0 &&
      this.#source.now() - this.#connectionsAheadSinceMs < NEWS_LOOKOUT_MS;
    if (!isMonitorBehind) this.#unreadConnections = 0;
  }
}

/**
 * Whether an identity is one that libzmq made.
 *
 * @param identity One character a byte.
 */
export function isGivenIdentity(identity: string): boolean {
  return identity.length === GIVEN_IDENTITY_BYTES && identity.charCodeAt(0) === 0;
}
