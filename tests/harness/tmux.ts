/**
 * A terminal whose size and contents are known: tmux. Needs `tmux`.
 *
 * @module
 */

import { delay } from "../../lib/delay.ts";
import { Folder } from "./folder.ts";
import type { CommandLine } from "./programs.ts";

/** How long the screen may take to show something, in milliseconds. */
const DEADLINE_MS = 30_000;
const PAUSE_MS = 50;

/** The size of a terminal. */
export interface TmuxSize {
  readonly columns: number;
  readonly rows: number;
}

/** A terminal in which a shell has started a command. */
export class Tmux implements AsyncDisposable {
  /** The folder of a separate tmux server, so that the user's own sessions are not touched. */
  readonly #folder = new Folder();

  private constructor() {}

  /**
   * Starts a command. When it has ended, `ended with N` is shown.
   *
   * @param command The command.
   * @param size The terminal's size.
   * @param before A shell command to run first, such as `export NO_COLOR=1`.
   */
  static async open({ command, args, cwd }: CommandLine, size: TmuxSize, before = "true"): Promise<Tmux> {
    const tmux = new Tmux();
    const folder = cwd instanceof URL ? cwd.pathname : cwd;
    const line = [command, ...args].map(quoted).join(" ");
    const script = `cd ${quoted(folder)}; ${before}; stty -g; ${line}; echo "ended with $?"; stty -g; exec cat`;
    await tmux.#run("-f", "/dev/null", "new-session", "-d", "-x", `${size.columns}`, "-y", `${size.rows}`, script);
    return tmux;
  }

  /** Types keys, by tmux's names. */
  async type(...keys: readonly string[]): Promise<void> {
    await this.#run("send-keys", ...keys);
  }

  /** Resizes the terminal. */
  async resize({ columns, rows }: TmuxSize): Promise<void> {
    await this.#run("resize-window", "-x", `${columns}`, "-y", `${rows}`);
  }

  /** Whether it is in its normal state: the main screen, with a cursor. */
  async isUsual(): Promise<boolean> {
    return await this.#run("display-message", "-p", "#{alternate_on} #{cursor_flag}") === "0 1\n";
  }

  /**
   * Waits until it shows something.
   *
   * @param isShown Whether the lines of the screen show it.
   * @param flags Further flags of `capture-pane`, such as `-e` for colours.
   * @returns The lines.
   * @throws {Error} When that takes too long; the message contains the screen.
   */
  async shows(isShown: RegExp | ((lines: readonly string[]) => boolean), ...flags: string[]): Promise<string[]> {
    const endMs = performance.now() + DEADLINE_MS;
    for (;;) {
      const text = await this.#run("capture-pane", "-p", ...flags);
      const lines = text.replace(/\n$/, "").split("\n");
      if (isShown instanceof RegExp ? isShown.test(text) : isShown(lines)) return lines;
      if (performance.now() > endMs) throw new Error(`It does not show ${isShown}:\n${text}`);
      await delay(PAUSE_MS);
    }
  }

  /** Ends everything in it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#run("kill-server").catch(() => {});
    this.#folder[Symbol.dispose]();
  }

  async #run(...args: readonly string[]): Promise<string> {
    const tmux = new Deno.Command("tmux", {
      args: ["-S", this.#folder.file("tmux"), ...args],
      stdin: "null",
      env: { LC_ALL: "C.UTF-8" },
    });
    const { code, stdout, stderr } = await tmux.output();
    if (code !== 0) throw new Error(`tmux ${args[0]} failed: ${new TextDecoder().decode(stderr)}`);
    return new TextDecoder().decode(stdout);
  }
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}
