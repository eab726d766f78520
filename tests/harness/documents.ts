/**
 * The documents of this repository, taken apart: their headings, links, code blocks and code in the text.
 *
 * @module
 */

import GithubSlugger from "github-slugger";
import { lexer, type Token, type Tokens, walkTokens } from "marked";
import { ROOT } from "./capabilities.ts";

/** Folders whose Markdown files are documents. */
const FOLDERS = ["", "docs/", "examples/", "bench/"] as const;
/** Made by machines, or a history of what no longer exists. */
const NO_DOCUMENTS: readonly string[] = ["CHANGELOG.md", "bench/RESULTS.md"];

/** A block of code. */
export interface CodeBlock {
  /** What it is written in, as the document says; a block without a language has shell commands. */
  readonly language: string;
  /** The code. */
  readonly text: string;
}

/** A document. */
export class Document {
  /** Its path from the repository's folder. */
  readonly path: string;
  /** Its text. */
  readonly text: string;
  /** The blocks of code in it. */
  readonly blocks: readonly CodeBlock[];
  /** What stands between backticks in its text. */
  readonly codes: readonly string[];
  /** Where its links and pictures lead. */
  readonly links: readonly string[];
  /** The names under which its headings can be linked to. */
  readonly anchors: ReadonlySet<string>;

  /**
   * Takes a document apart.
   *
   * @param path Its path from the repository's folder.
   * @param text Its text.
   */
  constructor(path: string, text: string) {
    const tokens: Token[] = [];
    walkTokens(lexer(text), (token) => void tokens.push(token));
    const slugger = new GithubSlugger();
    this.path = path;
    this.text = text;
    this.blocks = ofType<Tokens.Code>(tokens, "code").map(({ lang, text }) => ({ language: lang ?? "", text }));
    this.codes = ofType<Tokens.Codespan>(tokens, "codespan").map(({ text }) => text);
    this.links = [...ofType<Tokens.Link>(tokens, "link"), ...ofType<Tokens.Image>(tokens, "image")].map(({ href }) =>
      href
    );
    this.anchors = new Set(
      ofType<Tokens.Heading>(tokens, "heading").map(({ text }) => slugger.slug(text.replaceAll("`", ""))),
    );
  }
}

function ofType<T extends Token>(tokens: readonly Token[], type: T["type"]): T[] {
  return tokens.filter((token): token is T => token.type === type);
}

/** Reads all documents. */
export async function readDocuments(): Promise<Document[]> {
  const paths = FOLDERS.flatMap((folder) =>
    Array.from(Deno.readDirSync(new URL(folder, ROOT)), ({ name }) => `${folder}${name}`)
  ).filter((path) => path.endsWith(".md") && !NO_DOCUMENTS.includes(path));
  return await Promise.all(
    paths.sort().map(async (path) => new Document(path, await Deno.readTextFile(new URL(path, ROOT)))),
  );
}
