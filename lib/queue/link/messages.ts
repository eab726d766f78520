/**
 * The messages between linked queues, and how received messages are checked.
 *
 * ```text
 * subject        from      says
 * -------------  --------  -------------------------------------------------------------------------------------------
 * want           every     how many of its requests other queues may serve, whether it has workers, where it listens;
 *                queue     when that changes, and four times a second
 * to.O.ready     lender    how many requests O may have sent to it: a number that only counts up, so that a message
 *                          that is lost or comes twice does no harm
 * to.L.run       origin    a request; the reply goes to to.O.re.ATTEMPT
 * to.O.re.N      lender    what became of attempt N, with the limit as in ready; NATS answers here, too, if nobody
 *                          listens at to.L.run
 * to.L.have      origin    which attempts it believes to be at L, twice a second; NATS answers at to.O.absent.L if nobody
 *                          listens
 * to.O.had       lender    those of them that it does not know
 * ```
 *
 * @module
 */

const STATUSES = ["ok", "refused", "excused", "unconfirmed", "lost"] as const;

/** How an attempt ended. An *unconfirmed* one may still be answered later. */
export type AttemptStatus = typeof STATUSES[number];

/** How many requests an origin may send. */
export interface Limit {
  /** How many it has sent so far, as far as the lender knows. */
  readonly base: number;
  /** How many it may have sent in total. */
  readonly limit: number;
}

/** A message from a queue. */
export type LinkMessage =
  | {
    readonly kind: "want";
    readonly wanted: number;
    readonly workers: number;
    /** Whether a worker of its own is idle or busy. */
    readonly hasWorkers: boolean;
    /** Where its clients connect, to show to people. */
    readonly address: string;
    /** Whether it is leaving. */
    readonly isLeaving: boolean;
  }
  | { readonly kind: "ready" } & Limit
  /** `sent`: how many this origin has sent to this lender, including this one. */
  | { readonly kind: "run"; readonly attempt: number; readonly sent: number }
  | { readonly kind: "re"; readonly attempt: number; readonly status: AttemptStatus } & Limit
  | { readonly kind: "have"; readonly sent: number; readonly attempts: readonly number[] }
  | { readonly kind: "had"; readonly unknown: readonly number[] };

/** The most attempts in one `have`, and so the most that an origin may have at one lender. */
export const MAX_ATTEMPTS = 1024;
const MAX_ADDRESS_CHARACTERS = 200;
/** A queue's identifier: random, 16 hexadecimal digits. */
const ID = /^[0-9a-f]{16}$/;

/**
 * Whether a text is a queue's identifier.
 *
 * @param text The text.
 */
export function isQueueId(text: string): boolean {
  return ID.test(text);
}

/**
 * Checks a message from another queue.
 *
 * @param value The parsed JSON.
 * @returns The message, or `undefined` if it is not valid.
 */
export function checkMessage(value: unknown): LinkMessage | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const fields = value as Readonly<Record<string, unknown>>;
  const { kind, wanted, workers, hasWorkers, address, isLeaving, base, limit, attempt, sent, status } = fields;
  switch (kind) {
    case "want":
      if (!isCount(wanted) || !isCount(workers) || typeof hasWorkers !== "boolean") return undefined;
      if (typeof address !== "string" || address.length > MAX_ADDRESS_CHARACTERS) return undefined;
      return { kind, wanted, workers, hasWorkers, address, isLeaving: isLeaving === true };
    case "ready":
      return isCount(base) && isCount(limit) ? { kind, base, limit } : undefined;
    case "run":
      return isCount(attempt) && isCount(sent) ? { kind, attempt, sent } : undefined;
    case "re":
      if (!isCount(attempt) || !isCount(base) || !isCount(limit)) return undefined;
      return isStatus(status) ? { kind, attempt, status, base, limit } : undefined;
    case "have":
      return isCount(sent) && areCounts(fields.attempts) ? { kind, sent, attempts: fields.attempts } : undefined;
    case "had":
      return areCounts(fields.unknown) ? { kind, unknown: fields.unknown } : undefined;
    default:
      return undefined;
  }
}

/**
 * The subject of a message.
 *
 * @param message The message.
 * @param to The queue that it is for; a `want` is for all.
 * @returns The subject, without the link's prefix.
 */
export function subjectOf(message: LinkMessage, to: string): string {
  switch (message.kind) {
    case "want":
      return "want";
    case "re":
      return replySubject(to, message.attempt);
    default:
      return `to.${to}.${message.kind}`;
  }
}

/**
 * The subject on which the result of an attempt is sent.
 *
 * @param origin The queue whose attempt it is.
 * @param attempt The attempt.
 */
function replySubject(origin: string, attempt: number): string {
  return `to.${origin}.re.${attempt}`;
}

/**
 * The subject on which NATS answers if nobody listens to a message.
 *
 * @param message The message.
 * @param from The queue that sends it.
 * @param to The queue that it is for.
 * @returns The subject, without the link's prefix; `undefined` if it does not matter.
 */
export function absenceSubject(message: LinkMessage, from: string, to: string): string | undefined {
  if (message.kind === "run") return replySubject(from, message.attempt);
  return message.kind === "have" ? `to.${from}.absent.${to}` : undefined;
}

function isStatus(value: unknown): value is AttemptStatus {
  return (STATUSES as readonly unknown[]).includes(value);
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function areCounts(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.length <= MAX_ATTEMPTS && value.every(isCount);
}
