/**
 * What a reader must know of a queue besides what it shows: that it began anew, and that the page is of another version. Pure.
 *
 * @module
 */

/** How long a start is worth a notice. */
const RECENT_MS = 60_000;

/** What is known. */
export interface NoticeFacts {
  readonly name: string;
  /** How long the queue has been up; `null`: it is not heard. */
  readonly upMs: number | null;
  /** The queue's version. */
  readonly version: string;
  /** The version that the page came from. */
  readonly pageVersion: string;
}

/**
 * The notice; empty if there is nothing to say.
 *
 * @param facts What is known.
 * @param ago Writes how long ago something was.
 */
export function noticeOf({ name, upMs, version, pageVersion }: NoticeFacts, ago: (ms: number) => string): string {
  const sentences: string[] = [];
  if (upMs !== null && upMs < RECENT_MS) sentences.push(`${name} started ${ago(upMs)}; it counts from 0.`);
  if (version !== pageVersion) {
    const subject = sentences.length === 0 ? name : "It";
    sentences.push(`${subject} is version ${version} now, and this page is of ${pageVersion}: load it again.`);
  }
  return sentences.join(" ");
}
