/**
 * Compiles the three programs into single files (`deno task compile`).
 *
 * Usage: `deno task compile [--target TARGET] [--output FOLDER]`. A binary holds its program, the Deno runtime and the
 * target's own libzmq, nothing of the npm package that libzmq comes from.
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import config from "../deno.json" with { type: "json" };
import { writeAll } from "../lib/log.ts";
import { EMBEDDED_LIBRARY, type LibraryPlatform, packageLibrary } from "../lib/zmq/library.ts";
import { taskFlags } from "./task_flags.ts";

const ROOT = new URL("../", import.meta.url);
const EMBEDDED = new URL(EMBEDDED_LIBRARY, new URL("lib/zmq/", ROOT));

/** The targets, with the library each needs and the folder its binaries go to. */
const TARGETS: Readonly<Record<string, { readonly platform: LibraryPlatform; readonly folder: string }>> = {
  "x86_64-unknown-linux-gnu": { platform: { os: "linux", arch: "x86_64", libc: "glibc" }, folder: "linux-x64" },
  "aarch64-unknown-linux-gnu": { platform: { os: "linux", arch: "aarch64", libc: "glibc" }, folder: "linux-arm64" },
  "x86_64-apple-darwin": { platform: { os: "darwin", arch: "x86_64", libc: "libc" }, folder: "macos-x64" },
  "aarch64-apple-darwin": { platform: { os: "darwin", arch: "aarch64", libc: "libc" }, folder: "macos-arm64" },
};

/** The binaries' own configuration: `deno compile` puts in every npm package that deno.json names, 37 MB of no use. */
const CONFIG = new URL("deno.json", EMBEDDED);

/** Writes it; left there, it would stand between deno.json and the library's folder. */
async function temporaryConfig(names: readonly string[]): Promise<AsyncDisposable> {
  const imports = Object.entries(config.imports).filter(([name]) => names.includes(name));
  const links = names.filter((name) => name.startsWith("@std/")).map((name) =>
    `../../std/${name.slice("@std/".length)}`
  );
  await Deno.writeTextFile(CONFIG, JSON.stringify({ imports: Object.fromEntries(imports), links }));
  return { [Symbol.asyncDispose]: () => Deno.remove(CONFIG) };
}

/** What every program imports. */
const COMMON_IMPORTS = ["@std/cli", "@std/text"];
const PROGRAMS = [
  { role: "queue", extra: ["--include", "lib/relay_thread.ts"], imports: [] },
  { role: "worker", extra: [], imports: ["shlex"] },
  { role: "client", extra: [], imports: ["cli-progress", "hdr-histogram-js"] },
] as const;

async function compile(target: string, output: URL): Promise<void> {
  const library = await packageLibrary(TARGETS[target]!.platform);
  await Deno.mkdir(new URL("./", EMBEDDED), { recursive: true });
  await Deno.copyFile(library, EMBEDDED);
  await Deno.mkdir(output, { recursive: true });
  for (const { role, extra, imports } of PROGRAMS) {
    const binary = decodeURIComponent(new URL(`sp${role}`, output).pathname);
    await using _ = await temporaryConfig([...COMMON_IMPORTS, ...imports]);
    const { success, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        "compile",
        ...["--quiet", "--no-check", "--no-lock", "--config", decodeURIComponent(CONFIG.pathname)],
        ...taskFlags(role),
        ...extra,
        ...["--include", "lib/zmq/native/libzmq.node", "--target", target],
        ...["--output", binary, `${role}.ts`],
      ],
      cwd: ROOT,
    }).output();
    if (!success) {
      throw new Error(`deno compile failed for ${role}.ts (${target}): ${new TextDecoder().decode(stderr)}`);
    }
    writeAll(Deno.stdout, `${binary}\n`);
  }
}

const args = parseArgs(Deno.args, { string: ["target", "output"] });
const target = String(args["target"] || Deno.build.target);
if (TARGETS[target] === undefined) {
  writeAll(Deno.stderr, `compile: no such target "${target}", choose one of ${Object.keys(TARGETS).join(", ")}\n`);
  Deno.exit(2);
}
const isNative = target === Deno.build.target;
const folder = String(args["output"] || (isNative ? "dist" : `dist/${TARGETS[target].folder}`));
await compile(target, new URL(`${folder}/`, ROOT));
