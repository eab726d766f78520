/**
 * Text in the columns of a terminal, where a character takes zero, one or two columns.
 *
 * @module
 */

import stringWidth from "string-width";

const GRAPHEMES = new Intl.Segmenter("en", { granularity: "grapheme" });
/** What a cut text ends with. */
const CUT = "~";

/**
 * How many columns a text takes.
 *
 * @param text The text; colour sequences take none.
 */
export function widthOf(text: string): number {
  return stringWidth(text);
}

/**
 * Turns a text into one line without control characters: text that peers and operators choose may contain anything.
 *
 * @param text The text.
 */
export function oneLine(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, " ");
}

/**
 * Cuts a text that is too wide.
 *
 * @param text The text, without colours.
 * @param width The most columns it may take.
 * @returns The text, or its beginning and `~`.
 */
export function cut(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  let kept = "";
  let columns = 0;
  for (const { segment } of GRAPHEMES.segment(text)) {
    columns += widthOf(segment);
    if (columns > width - CUT.length) break;
    kept += segment;
  }
  return width < CUT.length ? "" : kept + CUT;
}

/**
 * Pads or cuts a text to a number of columns.
 *
 * @param text The text, without colours.
 * @param width The columns.
 * @param isRight Whether to align the text to the right.
 */
export function fit(text: string, width: number, isRight = false): string {
  const short = cut(text, width);
  const space = " ".repeat(Math.max(0, width - widthOf(short)));
  return isRight ? space + short : short + space;
}

/**
 * Breaks a text into lines at spaces.
 *
 * @param text The text, without colours.
 * @param width The most columns that a line may take.
 * @param maxLines The most lines; the last one is cut.
 */
export function wrap(text: string, width: number, maxLines: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (line === "" || lines.length === maxLines - 1 || widthOf(longer) <= width) {
      line = longer;
      continue;
    }
    lines.push(line);
    line = word;
  }
  return [...lines, line].map((text) => cut(text, width));
}
