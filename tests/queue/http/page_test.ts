import { assertEquals, assertMatch } from "@std/assert";
import { PAGE } from "../../../lib/queue/http/page.ts";
import { bundlePage, DOCUMENT, formatDocument } from "../../../tools/page.ts";
import { scenario } from "../../harness/scenario.ts";

scenario("the served page is up to date with its sources (deno task page)", ["programs", "files"], async () => {
  assertEquals(formatDocument(await bundlePage()) === await Deno.readTextFile(DOCUMENT), true);
});

Deno.test("the page loads nothing from elsewhere, and runs nothing but its own script", () => {
  const policy = PAGE.headers!["Content-Security-Policy"]!;
  assertMatch(policy, /^default-src 'none'; script-src 'sha256-[^ ']+'; style-src 'sha256-[^ ']+'; /);
  assertEquals(/unsafe|https?:|\*/.test(policy), false);
  const urls = [...PAGE.body.matchAll(/(?:src|href)="?([^"\s>]*)/g)].map(([, url]) => url!);
  assertEquals(urls.filter((url) => /^\/|:\/\//.test(url)), []);
  assertEquals(PAGE.body.match(/<script/g)?.length, 1);
});
