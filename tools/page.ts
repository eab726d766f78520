/**
 * Bundles the page of `--http` into one document (`deno task page`): lib/queue/http/page/document.json.
 *
 * The document is kept in the repository, so that `spqueue` needs no build step. A test compares it with its sources.
 *
 * @module
 */

import type * as Esbuild from "esbuild";
import config from "../deno.json" with { type: "json" };
import { pathOf } from "./release/archive.ts";

const FOLDER = new URL("../lib/queue/http/page/", import.meta.url);
/** Where the document is kept. */
export const DOCUMENT: URL = new URL("document.json", FOLDER);
const CHARTS = `${config.imports.uplot}/dist/`;

/** The page. */
export interface PageDocument {
  readonly html: string;
  /** The hashes of its style and script, in the form of a content security policy. */
  readonly styleHash: string;
  readonly scriptHash: string;
}

/** Bundles the page. */
export async function bundlePage(): Promise<PageDocument> {
  // Imported only here, since it reads the environment when it is loaded.
  const esbuild = await import("esbuild");
  try {
    const script = await bundle(esbuild, "page.ts");
    const style = await minified(esbuild, packageFile("uPlot.min.css")) + await bundle(esbuild, "page.css");
    // An element's text ends at anything that looks like its end tag.
    const safe = script.replaceAll(/<\/(?=script)/gi, "<\\/");
    const html = (await Deno.readTextFile(new URL("index.html", FOLDER)))
      .replaceAll(/\n\s*/g, "\n")
      .replaceAll(/\n?(\/\*(?:STYLE|SCRIPT)\*\/)\n?/g, "$1")
      .replace("/*STYLE*/", () => style)
      .replace("/*SCRIPT*/", () => safe);
    return { html, styleHash: await hashOf(style), scriptHash: await hashOf(safe) };
  } finally {
    await esbuild.stop();
  }
}

/**
 * Writes a document in the file's format.
 *
 * @param page The document.
 */
export function formatDocument(page: PageDocument): string {
  return `${JSON.stringify(page, undefined, 1)}\n`;
}

async function bundle(esbuild: typeof Esbuild, entry: string): Promise<string> {
  const { outputFiles } = await esbuild.build({
    entryPoints: [pathOf(new URL(entry, FOLDER))],
    bundle: true,
    minify: true,
    write: false,
    format: "esm",
    target: "es2022",
    charset: "utf8",
    legalComments: "none",
    alias: { uplot: pathOf(packageFile("uPlot.esm.js")) },
  });
  return outputFiles[0]!.text.trim();
}

async function minified(esbuild: typeof Esbuild, css: URL): Promise<string> {
  const { code } = await esbuild.transform(await Deno.readTextFile(css), { loader: "css", minify: true });
  return code.trim();
}

function packageFile(name: string): URL {
  return new URL(import.meta.resolve(`${CHARTS}${name}`));
}

async function hashOf(text: string): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
  return `sha256-${btoa(String.fromCharCode(...digest))}`;
}

if (import.meta.main) await Deno.writeTextFile(DOCUMENT, formatDocument(await bundlePage()));
