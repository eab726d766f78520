/**
 * Shown if there are no peers to list: the command that starts one, or why none is listed.
 *
 * @module
 */

/// <reference lib="dom" />

import { make, setText } from "./elements.ts";
import type { StartCommand } from "./model/start_commands.ts";

/** How long the button shows that it has copied. */
const COPIED_MS = 2000;

/** See the module. */
export class StartHelp {
  /** What is shown. */
  readonly element: HTMLElement;
  readonly #text: string;
  readonly #words: HTMLElement;
  readonly #code = make("code", { dir: "ltr" });
  readonly #button = make("button", { type: "button", textContent: "Copy" });
  readonly #command = make("div", { className: "command" }, this.#code, this.#button);

  /** @param text What is missing, and what the command does. */
  constructor(text: string) {
    this.#text = text;
    this.#words = make("p", { textContent: text });
    this.#button.addEventListener("click", () => this.#copy());
    this.element = make("div", { className: "empty" }, this.#words, this.#command);
  }

  /** Shows the command. */
  show({ command, where }: StartCommand): void {
    this.#command.hidden = false;
    setText(this.#words, `${this.#text}, ${where}:`);
    setText(this.#code, command);
  }

  /** Shows a sentence instead of the command. */
  say(sentence: string): void {
    this.#command.hidden = true;
    setText(this.#words, sentence);
  }

  #copy(): void {
    getSelection()?.selectAllChildren(this.#code);
    // Not every browser allows this without TLS. If it fails, the command is selected.
    void navigator.clipboard?.writeText(this.#code.textContent ?? "").then(() => {
      this.#button.textContent = "Copied";
      setTimeout(() => this.#button.textContent = "Copy", COPIED_MS);
    }, () => {});
  }
}
