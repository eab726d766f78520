/**
 * The keys that a terminal sends.
 *
 * @module
 */

/** A key: a character, or a name such as `up`. */
export type Key = string;

const SEQUENCES: Readonly<Record<string, Key>> = {
  "\x1b[A": "up",
  "\x1b[B": "down",
  "\x1b[C": "right",
  "\x1b[D": "left",
  "\x1bOA": "up",
  "\x1bOB": "down",
  "\x1bOC": "right",
  "\x1bOD": "left",
  "\x1b[5~": "page-up",
  "\x1b[6~": "page-down",
  "\x1b[H": "home",
  "\x1b[F": "end",
  "\x1b[1~": "home",
  "\x1b[4~": "end",
  "\r": "enter",
  "\n": "enter",
  "\t": "tab",
  "\x7f": "backspace",
  "\b": "backspace",
  "\x03": "ctrl-c",
  "\x1a": "ctrl-z",
  "\x1b": "escape",
};

/** An escape sequence, known or not, or a character. */
// deno-lint-ignore no-control-regex
const TOKEN = /\x1b\[[0-9;?]*[@-~]|\x1bO.|\x1b|[^\x1b]/gsu;

/**
 * Splits a terminal's input into keys.
 *
 * @param text What was read at once.
 * @returns The keys; unknown ones are left out.
 */
export function keysOf(text: string): Key[] {
  const tokens = text.match(TOKEN) ?? [];
  return tokens.flatMap((token) => SEQUENCES[token] ?? (/^[^\p{C}]$/u.test(token) ? token : []));
}
