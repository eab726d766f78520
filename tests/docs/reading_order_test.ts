/** docs/README.md lists every document, and each of those in its order leads to the next. */

import { assert, assertEquals } from "@std/assert";
import { readDocuments } from "../harness/documents.ts";
import { scenario } from "../harness/scenario.ts";

const INDEX = "docs/README.md";

scenario("docs/README.md lists every document in docs/, once", ["files"], async () => {
  const documents = await readDocuments();
  const listed = documents.find(({ path }) => path === INDEX)!.links.filter((link) => !link.startsWith("../"));
  const all = documents.map(({ path }) => path).filter((path) => path.startsWith("docs/") && path !== INDEX);
  assertEquals(listed.map((link) => `docs/${link}`).sort(), all.sort());
});

scenario("documents in reading order lead to the next one", ["files"], async () => {
  const documents = await readDocuments();
  const { text } = documents.find(({ path }) => path === INDEX)!;
  const [quickStart, ...order] = Array.from(text.matchAll(/^\d+\. \[[^\]]*\]\(([^)]*)\)/gm), ([, link]) => link!);
  assert(quickStart!.startsWith("../README.md"));
  const next = order.map((link) => {
    const document = documents.find(({ path }) => path === `docs/${link}`)!;
    return /\nNext: \[[^\]]*\]\(([^)]*)\)\n$/.exec(document.text)?.[1];
  });
  assertEquals(next, [...order.slice(1), undefined]);
});
