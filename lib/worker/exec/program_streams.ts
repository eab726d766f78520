/**
 * A program's standard input and output as Deno's streams.
 *
 * @module
 */

/** A program's standard input and output. */
export interface ProgramChannel {
  /** Resolves when nothing more comes from standard output. */
  readonly outputEnded: Promise<void>;
  /**
   * Writes to standard input.
   *
   * @param bytes What to write; not to be changed until it is written.
   * @returns Resolves when the program has taken it, or will not take it; `undefined`: it has been written.
   */
  write(bytes: Uint8Array<ArrayBuffer>): Promise<void> | undefined;
  /** Closes standard input once everything is written. */
  closeInput(): void;
  /** Closes both, when the program is over. */
  close(): Promise<void>;
}

/** Deno's streams; see the module. */
export class ProgramStreams implements ProgramChannel {
  readonly outputEnded: Promise<void>;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  readonly #output: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>;

  /**
   * @param process The program, whose streams are piped.
   * @param onOutput Receives what it writes to standard output.
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
    // Not awaited: a write that is under way ends when nobody holds the other end any more, which may take long.
    this.#input.abort(new Deno.errors.BrokenPipe("The program is over")).catch(ignoreClosedInput);
    await this.#output.cancel();
  }
}

/**
 * Reads a stream to its end.
 *
 * @param reader The stream.
 * @param onChunk Receives what comes.
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

/** Deno 2.6.10 reports it as a TypeError, later versions as what it is. */
function ignoreClosedInput(error: unknown): void {
  if (!(error instanceof Deno.errors.BrokenPipe || error instanceof TypeError)) throw error;
}
