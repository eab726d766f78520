/**
 * A terminal that is taken over as a whole, and left as it was.
 *
 * @module
 */

import { cLibrary } from "../../c_library.ts";
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
const SIGTSTP = Deno.build.os === "linux" ? 20 : 18;
/** More than `sizeof(struct sigaction)`; all zero, it is `SIG_DFL`. */
const SIGACTION_SIZE = 256;
/** For kill(2): all processes of this one's group, such as the `deno task` that has started it. */
const WHOLE_GROUP = 0;

/** A terminal; see the module. */
export class Terminal implements Disposable {
  readonly #onResize = () => this.onChange();
  readonly #onStop = () => {
    this.#leave();
    stop();
    // It goes on at once where there is no shell that could continue it.
    this.#onContinue();
  };
  readonly #onContinue = () => {
    // Whoever stopped the process may have set the terminal back.
    this.#leave();
    this.#enter();
    this.onChange();
  };
  #isTaken = false;
  /** Called when it has another size, or has been taken over again. */
  onChange: () => void = () => {};

  /** Takes the terminal over. */
  constructor() {
    this.#enter();
    Deno.addSignalListener("SIGWINCH", this.#onResize);
    Deno.addSignalListener("SIGTSTP", this.#onStop);
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

  /** Stops this process, as Ctrl-Z does where a terminal is not taken over. The shell's `fg` continues it. */
  suspend(): void {
    cLibrary()?.kill(WHOLE_GROUP, SIGTSTP);
  }

  /** Leaves it as it was. */
  [Symbol.dispose](): void {
    Deno.removeSignalListener("SIGWINCH", this.#onResize);
    Deno.removeSignalListener("SIGTSTP", this.#onStop);
    Deno.removeSignalListener("SIGCONT", this.#onContinue);
    this.#leave();
  }

  #enter(): void {
    Deno.stdin.setRaw(true);
    writeOutput(ENTER);
    this.#isTaken = true;
  }

  #leave(): void {
    if (!this.#isTaken) return;
    this.#isTaken = false;
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

/** Does what the system does on SIGTSTP by itself. Returns when the process has been continued. */
function stop(): void {
  const symbols = cLibrary();
  if (symbols === undefined) return;
  const [byDefault, caught] = [new Uint8Array(SIGACTION_SIZE), new Uint8Array(SIGACTION_SIZE)];
  symbols.sigaction(SIGTSTP, Deno.UnsafePointer.of(byDefault), caught);
  symbols.kill(Deno.pid, SIGTSTP);
  symbols.sigaction(SIGTSTP, Deno.UnsafePointer.of(caught), new Uint8Array(SIGACTION_SIZE));
}
