/** docs/architecture.md names only files that exist. */

import { ROOT } from "../harness/capabilities.ts";
import { scenario } from "../harness/scenario.ts";

/** Folders that are reserved for what is to come. */
const TO_COME = ["lib/access/", "lib/queue/http/", "lib/queue/link/", "lib/queue/commands/"];

scenario("docs/architecture.md names files that exist", ["files"], async () => {
  const text = await Deno.readTextFile(new URL("docs/architecture.md", ROOT));
  const paths = Array.from(text.matchAll(/`((?:lib|tools|tests|bench)\/[\w/.]*)`/g), ([, path]) => path!);
  for (const path of paths) if (!TO_COME.includes(path)) await Deno.stat(new URL(path, ROOT));
});
