/**
 * Makes the package for jsr in dist/jsr/ (`deno task jsr`), and lets Deno check whether jsr would accept it. To publish
 * it, run `deno publish` in that folder.
 *
 * The package has its own deno.json: without tasks, without what only tests import, and without the copies of `@std`,
 * which it imports from jsr. For the check, the copies are linked, so that it does not need jsr.
 *
 * @module
 */

import config from "../deno.json" with { type: "json" };
import { writeOutput } from "../lib/standard_output.ts";
import { printError } from "../lib/standard_error.ts";
import { COMMON_IMPORTS, OWN_IMPORTS } from "./compile.ts";
import { filesIn, pathOf } from "./release/archive.ts";

const ROOT = new URL("../", import.meta.url);
const PACKAGE = new URL("dist/jsr/", ROOT);
/** The files and folders that users of the package need. */
const FILES = ["queue.ts", "worker.ts", "client.ts", "lib/", "README.md", "CHANGELOG.md", "LICENSE"];
/**
 * Files of lib/ to leave out: what `deno task compile` writes there, and the sources of
 * lib/queue/http/page/document.json.
 */
const LEFT_OUT = /^lib\/(zmq\/native|cli\/built)\/|^lib\/queue\/http\/page\/(?!document\.json$)/;

async function copyFiles(): Promise<void> {
  await Deno.remove(PACKAGE, { recursive: true }).catch((error) => {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  });
  const rootLength = pathOf(ROOT).length;
  for (const name of FILES) {
    const url = new URL(name, ROOT);
    const paths = name.endsWith("/") ? await Array.fromAsync(filesIn(url)) : [pathOf(url)];
    for (const path of paths.map((path) => path.slice(rootLength)).filter((path) => !LEFT_OUT.test(path))) {
      const copy = new URL(path, PACKAGE);
      await Deno.mkdir(new URL("./", copy), { recursive: true });
      await Deno.copyFile(new URL(path, ROOT), copy);
    }
  }
}

async function writeConfig(links: readonly string[]): Promise<void> {
  const { name, version, license, exports } = config;
  const needed = [...COMMON_IMPORTS, ...OWN_IMPORTS, "zeromq"];
  const imports = Object.fromEntries(Object.entries(config.imports).filter(([name]) => needed.includes(name)));
  // Without this, the repository's .gitignore would exclude dist, where the package is.
  const publish = { exclude: ["!**"] };
  const { compilerOptions } = config;
  const text = JSON.stringify(
    { name, version, license, exports, imports, compilerOptions, publish, links },
    undefined,
    2,
  );
  await Deno.writeTextFile(new URL("deno.json", PACKAGE), `${text}\n`);
}

if (import.meta.main) {
  await copyFiles();
  await writeConfig(config.links.map((link) => `../../${link}`));
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["publish", "--dry-run", "--allow-dirty"],
    cwd: PACKAGE,
    env: { NO_COLOR: "1" },
  }).output();
  await writeConfig([]);
  const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  printError(decode(stderr));
  writeOutput(decode(stdout));
  Deno.exitCode = code;
}
