/**
 * Writes man pages in the mdoc(7) language, which mandoc and groff read.
 *
 * @module
 */

/** The longest line of a page's source that `mandoc -T lint` accepts, minus one. */
const WIDTH = 79;

/** The heading of a page. */
export interface PageHeading {
  /** Its name, such as `spqueue`. */
  readonly name: string;
  /** Its section of the manual. */
  readonly section: number;
  /** What it is about, in a few words. */
  readonly tagline: string;
  /** When it was last changed, as `YYYY-MM-DD`. */
  readonly date: string;
}

/** Another page. */
export type PageReference = readonly [name: string, section: number];

/** An entry of a list: a highlighted term, and its explanation. Both are roff. */
export type Entry = readonly [term: string, lines: readonly string[]];

const MONTHS = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
];

/**
 * Begins a page, with its section NAME.
 *
 * @param heading The page's heading.
 */
export function pageHeading({ name, section, tagline, date }: PageHeading): string[] {
  const [year, month, day] = date.split("-").map(Number);
  return [
    `.Dd ${MONTHS[month! - 1]} ${day}, ${year}`,
    `.Dt ${name.toUpperCase()} ${section}`,
    ".Os",
    ".Sh NAME",
    `.Nm ${name}`,
    `.Nd ${escaped(tagline)}`,
  ];
}

/**
 * Escapes text that roff would not take literally.
 *
 * @param text Any text of one line.
 * @returns The same text, for the middle of a line.
 */
export function escaped(text: string): string {
  return text.replaceAll("\\", "\\e").replaceAll("-", "\\-");
}

/** Bold text for names, which are not hyphenated. */
export function bold(text: string): string {
  return `\\fB${text.split(" ").map((word) => `\\%${escaped(word)}`).join(" ")}\\fR`;
}

/** Italic text for placeholders. */
export function italic(text: string): string {
  return `\\fI${escaped(text)}\\fR`;
}

/**
 * Writes a plain paragraph; flags in it are bold.
 *
 * @param text The paragraph.
 */
export function paragraph(text: string): string[] {
  return prose(
    text.split(/(?<![\w-])(--[a-z][\w-]*)/).map((part, index) => index % 2 === 1 ? bold(part) : escaped(part)).join(""),
  );
}

/**
 * Breaks roff text into lines. Each sentence begins a new line, as mdoc(7) recommends.
 *
 * @param text The text, already escaped.
 */
export function prose(text: string): string[] {
  const sentences = text.trim().split(/(?<=[.!?][)"”]?)\s+(?=[A-Z"(\\])/);
  return sentences.flatMap(wrapped).map(guarded);
}

/**
 * Writes a list of terms and explanations.
 *
 * @param entries The entries.
 */
export function tagList(entries: readonly Entry[]): string[] {
  return [".Bl -tag -width Ds", ...entries.flatMap(([term, lines]) => [`.It ${term}`, ...lines]), ".El"];
}

/**
 * Writes a list.
 *
 * @param items The items.
 * @param isNumbered Whether they have numbers.
 */
export function itemList(items: readonly (readonly string[])[], isNumbered = false): string[] {
  return [`.Bl -${isNumbered ? "enum" : "bullet"}`, ...items.flatMap((lines) => [".It", ...lines]), ".El"];
}

/**
 * Writes lines verbatim, such as commands.
 *
 * @param text The lines.
 */
export function literal(text: string): string[] {
  return [".Bd -literal -offset indent", ...text.split("\n").map((line) => guarded(escaped(line))), ".Ed"];
}

/**
 * Writes the last section of a page.
 *
 * @param pages Other pages to read, at least one.
 */
export function seeAlsoSection(pages: readonly PageReference[]): string[] {
  const sorted = pages.toSorted(([name, section], [other, otherSection]) =>
    section - otherSection || (name < other ? -1 : 1)
  );
  const lines = sorted.map(([name, section], index) => `.Xr ${name} ${section}${index + 1 < pages.length ? " ," : ""}`);
  return [".Sh SEE ALSO", ...lines];
}

/**
 * Writes an argument of a macro.
 *
 * @param text The argument.
 */
export function argument(text: string): string {
  // Words of two or three letters may be macros, and lone punctuation is treated specially.
  const isSpecial = /^[A-Z%][a-z0-9]{1,2}$|^[|.,:;()[\]?!]$/.test(text);
  const safe = (isSpecial ? "\\&" : "") + escaped(text).replaceAll('"', "\\(dq");
  return safe.includes(" ") ? `"${safe}"` : safe;
}

/** Keeps a line from being mistaken for a macro. */
function guarded(line: string): string {
  return /^[.']/.test(line) ? `\\&${line}` : line;
}

function wrapped(text: string): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(/\s+/)) {
    if (line !== "" && line.length + 1 + word.length > WIDTH - "\\&".length) {
      lines.push(line);
      line = "";
    }
    line += line === "" ? word : ` ${word}`;
  }
  return [...lines, line];
}
