/** What a bar needs of a stream. */
export interface BarStream {
  /** Whether it is a terminal. */
  readonly isTTY: boolean;
  /** Its width. */
  readonly columns: number;
  /** Writes text. */
  readonly write: (text: string) => boolean;
}

/** The options of {@linkcode SingleBar} that this project uses; see the documentation of the npm package `cli-progress`. */
export interface BarOptions {
  /** The line, with `{bar}`, `{percentage}` and the names of the payload in braces. */
  readonly format: string;
  /** The character of the part that is done. */
  readonly barCompleteChar: string;
  /** The character of the rest. */
  readonly barIncompleteChar: string;
  /** Where it is drawn. */
  readonly stream: BarStream;
  /** Whether it is cleared when it stops. */
  readonly clearOnComplete: boolean;
  /** Whether the terminal's line wrapping is left as it is. */
  readonly linewrap: boolean;
  /** Whether it stops by itself on a signal. */
  readonly gracefulExit: boolean;
}

/** A progress bar. */
export class SingleBar {
  /** Makes it; it is not shown yet. */
  constructor(options: BarOptions);
  /** Shows it. */
  start(total: number, value: number, payload: Readonly<Record<string, number>>): void;
  /** Updates it. */
  update(value: number, payload: Readonly<Record<string, number>>): void;
  /** Stops it. */
  stop(): void;
}
