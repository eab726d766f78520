/** The project in docs/library.md works in a folder of its own, with the permissions that are named there. */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { relative } from "node:path";
import { ROOT } from "../harness/capabilities.ts";
import { Folder } from "../harness/folder.ts";
import { Program } from "../harness/program.ts";
import { scenario } from "../harness/scenario.ts";

const DOCUMENT = new URL("docs/library.md", ROOT);
const NEEDS = ["programs", "ffi", "files"] as const;

/** Writes the document's files into a folder, for a checkout that is here. */
async function writeProject(folder: Folder): Promise<string> {
  const text = await Deno.readTextFile(DOCUMENT);
  const checkout = relative(await Deno.realPath(folder.path), decodeURIComponent(ROOT.pathname));
  // As the document says for where jsr cannot be reached.
  const [, links] = /`("links": \[[^`]*\])`/.exec(text)!;
  const files = [...text.matchAll(/`(\w+\.\w+)`:\n\n```\w+\n(.*?)```/gs)];
  assertEquals(files.map(([, name]) => name), ["deno.json", "queue.ts", "worker.ts", "client.ts"]);
  for (const [, name, code] of files) {
    const linked = code!.replace(/"links": .*/, links!).replaceAll("../simple-pirate", checkout);
    await Deno.writeTextFile(folder.file(name!), linked);
  }
  return text;
}

async function replaceIn(file: string, pairs: ReadonlyArray<readonly [from: string, to: string]>): Promise<void> {
  let text = await Deno.readTextFile(file);
  for (const [from, to] of pairs) {
    assertStringIncludes(text, from);
    text = text.replace(from, to);
  }
  await Deno.writeTextFile(file, text);
}

function deno(folder: Folder, args: readonly string[]): Program {
  const env = { ...Deno.env.toObject(), NO_COLOR: "1" };
  return new Program(Deno.execPath(), { args, cwd: folder.path, env });
}

scenario("docs/library.md shows a project that serves a request with the documented permissions", NEEDS, async () => {
  using folder = new Folder();
  const text = await writeProject(folder);
  const start = (name: string) => {
    const [, command] = new RegExp(`^ {4}deno (run .* ${name}\\.ts)$`, "m").exec(text)!;
    return deno(folder, command!.split(" "));
  };
  // Ports that are free, which the queue tells.
  await replaceIn(folder.file("queue.ts"), [
    ["tcp://127.0.0.1:5555", "tcp://127.0.0.1:*"],
    ["tcp://127.0.0.1:5556", "tcp://127.0.0.1:*"],
    ["await queue.ended", "console.log(`${queue.frontend} ${queue.backend}`);\nawait queue.ended"],
  ]);
  await using queue = start("queue");
  const [, frontend, backend] = await queue.text("stdout", /^(tcp:\S+) (tcp:\S+)\n/);
  await replaceIn(folder.file("worker.ts"), [["tcp://127.0.0.1:5556", backend!]]);
  await replaceIn(folder.file("client.ts"), [["tcp://127.0.0.1:5555", frontend!]]);
  await using _worker = start("worker");
  await using client = start("client");
  const { code, stdout, stderr } = await client.exit;
  assertEquals({ code, stdout }, { code: 0, stdout: "olleh\n" }, stderr);
  queue.kill();
  assertEquals((await queue.exit).code, 0);
});

scenario("docs/library.md shows a project whose types are checked", [...NEEDS, "long run"], async () => {
  using folder = new Folder();
  await writeProject(folder);
  await Deno.writeTextFile(
    folder.file("wrong.ts"),
    'import { LazyPirate } from "@spqueue/spqueue/client";\nnew LazyPirate({ timeout: true });\n',
  );
  await using check = deno(folder, ["check", "queue.ts", "worker.ts", "client.ts", "wrong.ts"]);
  const { code, stderr } = await check.exit;
  assertEquals({ code, errors: stderr.match(/^TS\d+.*$/gm) }, {
    code: 1,
    errors: ["TS2322 [ERROR]: Type 'true' is not assignable to type 'Duration | undefined'."],
  });
  assertStringIncludes(stderr, "wrong.ts:2:18");
});
