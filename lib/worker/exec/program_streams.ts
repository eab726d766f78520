/**
 * A program's standard input and output as Deno's streams.
 *
 * @module
 */

/** A program's standard input and output. */
export interface ProgramChannel {
  /** Resolves when standard output has ended. */
  readonly outputEnded: Promise<void>;
  /**
   * Writes to standard input.
   *
   * @param bytes What to write. Do not change it until it is written.
   * @returns A promise that resolves when the program has taken the bytes or never will; `undefined` if they are
   * already written.
   */
  write(bytes: Uint8Array<ArrayBuffer>): Promise<void> | undefined;
  /** Closes standard input once everything is written. */
  closeInput(): void;
  /** Closes both, when the program has ended. */
  close(): Promise<void>;
}

/** The streams of a program; see the module. */
export class ProgramStreams implements ProgramChannel {
  readonly outputEnded: Promise<void>;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  readonly #output: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>;

  /**
   * @param process The program, whose streams are piped.
   * @param onOutput Receives what the program writes to standard output.
   */
  constructor(process: Deno.ChildProcess, onOutput: (chunk: Uint8Array<ArrayBuffer>) => void) {
    this.#input = process.stdin.getWriter();
    this.#output = process.stdout.getReader();
    this.outputEnded = readAll(this.#output, onOutput);
  }

  /** @see ProgramChannel.write */
  write(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    return this.#input.write(bytes).catch(ignoreClosedInput);
  }

  /** @see ProgramChannel.closeInput */
  closeInput(): void {
    this.#input.close().catch(ignoreClosedInput);
  }

  /** @see ProgramChannel.close */
  async close(): Promise<void> {
    // Not awaited: a write in progress ends only when nobody holds the other end any more, which may take long.
    this.#input.abort(new Deno.errors.BrokenPipe("The program is over")).catch(ignoreClosedInput);
    await this.#output.cancel();
  }
}

/**
 * Reads a stream to its end.
 *
 * @param reader The stream.
 * @param onChunk Receives each chunk.
 */
export async function readAll(
  reader: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>,
  onChunk: (chunk: Uint8Array<ArrayBuffer>) => void,
): Promise<void> {
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    onChunk(value);
  }
}

/** Ignores that input was closed. Deno 2.6.10 reports that as a TypeError, later versions as the real error. */
function ignoreClosedInput(error: unknown): void {
  if (!(error instanceof Deno.errors.BrokenPipe || error instanceof TypeError)) throw error;
}
