/**
 * A terminal that is taken over as a whole, and left as it was.
 *
 * @module
 */

import { isDumbTerminal } from "../../standard_error.ts";
import { writeOutput } from "../../standard_output.ts";
import type { Size } from "../top/screen.ts";

/** The other screen, on which nothing is kept, and no cursor. */
const ENTER = "\x1b[?1049h\x1b[?25l";
const LEAVE = "\x1b[0m\x1b[?25h\x1b[?1049l";
const HOME = "\x1b[H";
const CLEAR_LINE = "\x1b[K";
/** What is assumed of a terminal that does not know its size. */
const USUAL = { columns: 80, rows: 24 };
const READ_BYTES = 256;

/** A terminal; see the module. */
export class Terminal implements Disposable {
  readonly #onResize = () => this.onChange();
  readonly #onContinue = () => {
    // Whoever stopped the process has set the terminal back.
    this.#leave();
    this.#enter();
    this.onChange();
  };
  /** Called when it has another size, or has been taken over again. */
  onChange: () => void = () => {};

  /** Takes the terminal over. */
  constructor() {
    this.#enter();
    Deno.addSignalListener("SIGWINCH", this.#onResize);
    Deno.addSignalListener("SIGCONT", this.#onContinue);
  }

  /** Whether there is one that can be drawn on, and keys that can be read. */
  static get isThere(): boolean {
    return Deno.stdin.isTerminal() && Deno.stdout.isTerminal() && !isDumbTerminal();
  }

  /** What it is now. */
  get size(): Size {
    const { columns, rows } = sizeNow();
    return { columns: Math.max(1, columns), rows: Math.max(1, rows), hasColors: !Deno.noColor };
  }

  /**
   * Draws a screen.
   *
   * @param lines As many as it has rows.
   * @throws {OutputError} When it cannot be written.
   */
  draw(lines: readonly string[]): void {
    // A line feed after the last row would move the screen.
    writeOutput(HOME + lines.map((line) => line + CLEAR_LINE).join("\r\n"));
  }

  /** What is typed, as it comes, until the terminal is gone. */
  async *input(): AsyncGenerator<string> {
    const decoder = new TextDecoder();
    const target = new Uint8Array(READ_BYTES);
    for (;;) {
      const count = await Deno.stdin.read(target).catch(() => null);
      if (count === null) return;
      yield decoder.decode(target.subarray(0, count), { stream: true });
    }
  }

  /** Leaves it as it was. */
  [Symbol.dispose](): void {
    Deno.removeSignalListener("SIGWINCH", this.#onResize);
    Deno.removeSignalListener("SIGCONT", this.#onContinue);
    this.#leave();
  }

  #enter(): void {
    Deno.stdin.setRaw(true);
    writeOutput(ENTER);
  }

  #leave(): void {
    try {
      Deno.stdin.setRaw(false);
      writeOutput(LEAVE);
    } catch {
      // It is gone.
    }
  }
}

function sizeNow(): { readonly columns: number; readonly rows: number } {
  try {
    const { columns, rows } = Deno.consoleSize();
    return columns > 0 && rows > 0 ? { columns, rows } : USUAL;
  } catch {
    return USUAL;
  }
}
