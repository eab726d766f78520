/**
 * Standard input for programs.
 *
 * @module
 */

/**
 * Makes input that is available at once and then ends.
 *
 * @param data Text or bytes.
 */
export function inputOf(data: string | Uint8Array): ReadableStream<Uint8Array> {
  return ReadableStream.from([typeof data === "string" ? new TextEncoder().encode(data) : data]);
}

/** Input that a test writes piece by piece and closes itself. */
export class LiveInput {
  /** What the program reads. */
  readonly readable: ReadableStream<Uint8Array>;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;

  /** Makes empty input. */
  constructor() {
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
    this.readable = readable;
    this.#writer = writable.getWriter();
  }

  /**
   * Writes text.
   *
   * @param text The text.
   */
  async write(text: string): Promise<void> {
    await this.#writer.write(new TextEncoder().encode(text));
  }

  /** Ends it. */
  async end(): Promise<void> {
    await this.#writer.close();
  }
}
