/**
 * Takes over the whole terminal, and restores it afterwards.
 *
 * @module
 */

import { cLibrary } from "../../c_library.ts";
import { isDumbTerminal } from "../../standard_error.ts";
import { writeOutput } from "../../standard_output.ts";
import type { Size } from "../top/screen.ts";

/** Switches to the alternate screen and hides the cursor. */
const ENTER = "\x1b[?1049h\x1b[?25l";
const LEAVE = "\x1b[0m\x1b[?25h\x1b[?1049l";
const HOME = "\x1b[H";
const CLEAR_LINE = "\x1b[K";
/** The assumed size of a terminal that does not report its own. */
const USUAL = { columns: 80, rows: 24 };
const READ_BYTES = 256;
const SIGTSTP = Deno.build.os === "linux" ? 20 : 18;
/** More than `sizeof(struct sigaction)`. All zeros mean `SIG_DFL`. */
const SIGACTION_SIZE = 256;
/** For kill(2): all processes of this process group, including the `deno task` that started it. */
const WHOLE_GROUP = 0;

/** A terminal; see the module. */
export class Terminal implements Disposable {
  readonly #onResize = () => this.onChange();
  readonly #onStop = () => {
    this.#leave();
    stop();
    // Without a shell that could continue it, the process continues at once.
    this.#onContinue();
  };
  readonly #onContinue = () => {
    // The shell may have reset the terminal while the process was stopped.
    this.#leave();
    this.#enter();
    this.onChange();
  };
  #isTaken = false;
  /** Called when its size has changed, or when it has been taken over again. */
  onChange: () => void = () => {};

  /** Takes the terminal over. */
  constructor() {
    this.#enter();
    Deno.addSignalListener("SIGWINCH", this.#onResize);
    Deno.addSignalListener("SIGTSTP", this.#onStop);
    Deno.addSignalListener("SIGCONT", this.#onContinue);
  }

  /** Whether there is a terminal to draw on and to read keys from. */
  static get isThere(): boolean {
    return Deno.stdin.isTerminal() && Deno.stdout.isTerminal() && !isDumbTerminal();
  }

  /** Its current size. */
  get size(): Size {
    const { columns, rows } = sizeNow();
    return { columns: Math.max(1, columns), rows: Math.max(1, rows), hasColors: !Deno.noColor };
  }

  /**
   * Draws a screen.
   *
   * @param lines One line for each row.
   * @throws {OutputError} When it cannot be written.
   */
  draw(lines: readonly string[]): void {
    // A line feed after the last row would scroll the screen.
    writeOutput(HOME + lines.map((line) => line + CLEAR_LINE).join("\r\n"));
  }

  /** The typed text as it arrives, until the terminal is gone. */
  async *input(): AsyncGenerator<string> {
    const decoder = new TextDecoder();
    const target = new Uint8Array(READ_BYTES);
    for (;;) {
      const count = await Deno.stdin.read(target).catch(() => null);
      if (count === null) return;
      yield decoder.decode(target.subarray(0, count), { stream: true });
    }
  }

  /** Suspends this process, as Ctrl-Z normally does. The shell's `fg` continues it. */
  suspend(): void {
    cLibrary()?.kill(WHOLE_GROUP, SIGTSTP);
  }

  /** Restores the terminal. */
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

/** Performs the default action of SIGTSTP. Returns when the process has been continued. */
function stop(): void {
  const symbols = cLibrary();
  if (symbols === undefined) return;
  const [byDefault, caught] = [new Uint8Array(SIGACTION_SIZE), new Uint8Array(SIGACTION_SIZE)];
  symbols.sigaction(SIGTSTP, Deno.UnsafePointer.of(byDefault), caught);
  symbols.kill(Deno.pid, SIGTSTP);
  symbols.sigaction(SIGTSTP, Deno.UnsafePointer.of(caught), new Uint8Array(SIGACTION_SIZE));
}
