/** Links of the documents. */

import { assert, assertEquals } from "@std/assert";
import { ROOT } from "../harness/capabilities.ts";
import { Document, readDocuments } from "../harness/documents.ts";
import { scenario } from "../harness/scenario.ts";
import { EXTERNAL_LINKS } from "./elsewhere.ts";

scenario("documents link to files, folders and headings that exist", ["files"], async () => {
  const documents = new Map((await readDocuments()).map((document) => [document.path, document]));
  for (const { path, links } of documents.values()) {
    for (const link of links.filter((link) => !isExternal(link))) {
      const { pathname, hash } = new URL(link, new URL(path, ROOT));
      const target = decodeURIComponent(pathname).slice(decodeURIComponent(ROOT.pathname).length);
      const where = `${path} links to ${link}`;
      assert(decodeURIComponent(pathname).startsWith(decodeURIComponent(ROOT.pathname)), `${where}, outside`);
      const { isFile } = await Deno.stat(new URL(target, ROOT)).catch(() => ({ isFile: undefined }));
      assert(isFile !== undefined, `${where}, which does not exist`);
      if (hash === "") continue;
      const text = isFile ? await Deno.readTextFile(new URL(target, ROOT)) : "";
      const { anchors } = documents.get(target) ?? new Document(target, text);
      assert(anchors.has(decodeURIComponent(hash.slice(1))), `${where}, which has no such heading`);
    }
  }
});

scenario("documents link only to listed pages elsewhere, by https", ["files"], async () => {
  const links = (await readDocuments()).flatMap(({ links }) => links.filter(isExternal));
  assertEquals([...new Set(links)].sort(), [...EXTERNAL_LINKS].sort());
  for (const link of EXTERNAL_LINKS) {
    const { protocol, hostname, username, port } = new URL(link);
    assertEquals({ protocol, username, port }, { protocol: "https:", username: "", port: "" }, link);
    assert(/^[a-z0-9-]+(\.[a-z0-9-]+)+$/.test(hostname), link);
  }
});

function isExternal(link: string): boolean {
  return /^[a-z]+:/.test(link);
}
