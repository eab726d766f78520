/**
 * Makes a man page from a document in docs/, so that nothing is written twice.
 *
 * @module
 */

import { lexer, type Token, type Tokens } from "marked";
import {
  argument,
  bold,
  escaped,
  italic,
  itemList,
  literal,
  type PageHeading,
  pageHeading,
  type PageReference,
  prose,
  seeAlsoSection,
  tagList,
} from "./roff.ts";

/** What a page contains besides the document. */
export interface MarkdownPageOptions extends PageHeading {
  /** The document's folder, relative to the repository's. Links are relative to it. */
  readonly folder: string;
  /** Other pages to read. */
  readonly seeAlso: readonly PageReference[];
}

/**
 * Writes a man page.
 *
 * @param markdown The document. Its title and its pictures are left out; each row of a table becomes an entry of a
 * list.
 * @param options What else the page contains.
 * @returns The page's source, in mdoc(7).
 */
export function markdownPage(markdown: string, { folder, seeAlso, ...heading }: MarkdownPageOptions): string {
  const writer = new Writer(folder);
  const tokens = lexer(markdown).filter((token) => !(token.type === "heading" && token.depth === 1));
  const lines = [...pageHeading(heading), ".Sh DESCRIPTION", ...writer.blocks(tokens), ...seeAlsoSection(seeAlso)];
  return `${lines.join("\n")}\n`;
}

/** Turns tokens of Markdown into lines of roff. */
class Writer {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Writes blocks. A paragraph that is not the first one after a heading is set off. */
  blocks(tokens: readonly Token[]): string[] {
    const lines: string[] = [];
    let isFirst = true;
    for (const token of tokens) {
      const written = this.#block(token);
      if (written.length === 0) continue;
      if (!isFirst && (token.type === "paragraph" || token.type === "text")) lines.push(".Pp");
      lines.push(...written);
      isFirst = token.type === "heading";
    }
    return lines;
  }

  #block(token: Token): string[] {
    switch (token.type) {
      case "heading":
        return [this.#heading(token as Tokens.Heading)];
      case "paragraph":
      case "text":
        return this.#prose((token as Tokens.Paragraph).tokens ?? [token]);
      case "code":
        return literal((token as Tokens.Code).text);
      case "list": {
        const { items, ordered } = token as Tokens.List;
        return itemList(items.map((item) => this.blocks(item.tokens)), ordered);
      }
      case "table":
        return this.#table(token as Tokens.Table);
      case "space":
        return [];
      default:
        throw new RangeError(`a man page has no "${token.type}": ${token.raw}`);
    }
  }

  #heading({ depth, text }: Tokens.Heading): string {
    const plain = text.replaceAll("`", "");
    return depth === 2 ? `.Sh ${argument(plain.toUpperCase())}` : `.Ss ${argument(plain)}`;
  }

  #table({ header, rows }: Tokens.Table): string[] {
    return tagList(rows.map(([term, ...cells]) => [
      argument(term!.text.replaceAll("`", "")),
      cells.flatMap((cell, index) => {
        if (cell.text === "") return [];
        const name = header.length > 2 ? `${italic(header[index + 1]!.text)}: ` : "";
        return [...index > 0 ? [".br"] : [], ...prose(name + this.#inline(cell.tokens))];
      }),
    ]));
  }

  #prose(tokens: readonly Token[]): string[] {
    const text = this.#inline(tokens);
    return text.trim() === "" ? [] : prose(text);
  }

  #inline(tokens: readonly Token[]): string {
    return tokens.map((token) => this.#span(token)).join("");
  }

  #span(token: Token): string {
    switch (token.type) {
      case "text":
      case "escape":
        return escaped((token as Tokens.Text).text);
      case "codespan":
      case "strong":
        return bold((token as Tokens.Codespan).text);
      case "em":
        return italic((token as Tokens.Em).text);
      case "link":
        return this.#link(token as Tokens.Link);
      case "image":
        return "";
      default:
        throw new RangeError(`a man page has no "${token.type}": ${token.raw}`);
    }
  }

  #link({ href, text, tokens }: Tokens.Link): string {
    const { protocol, pathname } = new URL(href, `file:///${this.#folder}/`);
    const target = protocol === "file:" ? pathname.slice(1) : href;
    const said = this.#inline(tokens);
    return target.endsWith(text) || href.startsWith("#") ? said : `${said} (${escaped(target)})`;
  }
}
