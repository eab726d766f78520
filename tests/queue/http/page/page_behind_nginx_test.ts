/** The page behind a real nginx, configured as docs/operating.md says. */

import { assertEquals } from "@std/assert";
import { ROOT } from "../../../harness/capabilities.ts";
import { Document } from "../../../harness/documents.ts";
import { Nginx } from "../../../harness/nginx.ts";
import { OpenPage, startPageQueue } from "../../../harness/open_page.ts";
import { Peers } from "../../../harness/peers.ts";
import { Folder } from "../../../harness/folder.ts";
import { scenario } from "../../../harness/scenario.ts";

const NEEDS = ["queue thread", "files", "network", "chromium", "nginx", "long run"] as const;
/** The page gives a connection without events up after 6 s. */
const SILENT_MS = 7000;
const TOKEN = "a-token-that-nobody-guesses";

/** What the document has nginx do, for a queue at an address. */
async function documentedSite(http: string): Promise<string> {
  const path = "docs/operating.md";
  const { blocks } = new Document(path, await Deno.readTextFile(new URL(path, ROOT)));
  const [block] = blocks.filter(({ language }) => language === "nginx");
  assertEquals(block!.text.split("127.0.0.1:5557").length, 2);
  // If events were kept back, they would be so for long.
  return `proxy_buffer_size 64k; proxy_buffers 8 64k; ${block!.text.replace("127.0.0.1:5557", http)}`;
}

scenario("page: behind nginx, below a path, with live events, the history, a token, and actions", NEEDS, async () => {
  using folder = new Folder();
  await Deno.writeTextFile(folder.file("token"), TOKEN, { mode: 0o600 });
  await using queue = await startPageQueue({ httpActions: true, httpTokenFile: folder.file("token") });
  await using nginx = await Nginx.start(await documentedSite(queue.http[0]!));
  await using peers = await Peers.open();
  await using opened = await OpenPage.at(`http://${nginx.address}/queue`);
  const { page } = opened;
  assertEquals(page.url(), `http://${nginx.address}/queue/`);
  const requested: string[] = [];
  page.on("request", (request) => requested.push(new URL(request.url()).pathname));
  await page.locator("#token").fill(TOKEN);
  await page.keyboard.press("Enter");
  await opened.says("#seen", /^live$/);
  peers.worker(queue.backend[0]!, { identity: "newcomer" });
  await opened.says("#workers td.name", /^newcomer$/);
  await page.locator("#pause").click();
  await page.locator("#dialog-word").fill("new disks");
  await page.keyboard.press("Enter");
  await opened.says("#sentence", /^paused by .*: new disks; nothing waits$/);
  await page.locator("#resume").click();
  await opened.says("#sentence", /^serving/);
  await page.waitForTimeout(SILENT_MS);
  await opened.says("#seen", /^live$/);
  // If nginx kept events back, the page would have begun again and again.
  assertEquals(requested.filter((path) => path.endsWith("/events")), ["/queue/events"]);
  const paths = ["events", "history.json", "pause", "resume", "status.json", "token"].map((name) => `/queue/${name}`);
  assertEquals([...new Set(requested)].sort(), paths);
});
