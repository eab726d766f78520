/**
 * What the day is told by the program that starts it.
 *
 * @module
 */

/** How to play the day, and where. */
export interface DaySettings {
  /** How long to go on. */
  readonly minutes: number;
  /** The names of the acts. */
  readonly acts: readonly string[];
  /** A folder for files. */
  readonly folder: string;
  /** The folder of the queue's log: a small disk of its own with {@linkcode DaySettings.ownNetwork}. */
  readonly disk: string;
  /** Whether this process is in a network namespace of its own, and may make further ones. */
  readonly ownNetwork: boolean;
}
