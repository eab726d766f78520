/**
 * Notices about a queue: that it was restarted, or that the page is of another version.
 *
 * @module
 */

/** How long a notice about a start is shown. */
const RECENT_MS = 60_000;

/** What is known. */
export interface NoticeFacts {
  readonly name: string;
  /** How long the queue has been up; `null`: there is no connection. */
  readonly upMs: number | null;
  /** The queue's version. */
  readonly version: string;
  /** The version of the page. */
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
