/**
 * Parses the documents of this repository: their headings, links, code blocks and inline code.
 *
 * @module
 */

import GithubSlugger from "github-slugger";
import { lexer, type Token, type Tokens, walkTokens } from "marked";
import { ROOT } from "./capabilities.ts";

/** Folders whose Markdown files are documents. */
const FOLDERS = ["", "docs/", "examples/", "bench/"] as const;
/** Files that are generated, or a history of what no longer exists. */
const NO_DOCUMENTS: readonly string[] = ["CHANGELOG.md", "bench/RESULTS.md"];

/** A block of code. */
export interface CodeBlock {
  /** Its language according to the document. A block without a language contains shell commands. */
  readonly language: string;
  /** The code. */
  readonly text: string;
}

/** A document. */
export class Document {
  /** Its path, relative to the repository's folder. */
  readonly path: string;
  /** Its text. */
  readonly text: string;
  /** The blocks of code in it. */
  readonly blocks: readonly CodeBlock[];
  /** The texts between backticks. */
  readonly codes: readonly string[];
  /** The targets of its links and pictures. */
  readonly links: readonly string[];
  /** The anchors of its headings. */
  readonly anchors: ReadonlySet<string>;

  /**
   * Parses a document.
   *
   * @param path Its path, relative to the repository's folder.
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
