/**
 * Compiles the three programs into single files (`deno task compile`).
 *
 * Usage: `deno task compile [--target TARGET] [--output FOLDER]`. The folder must be in dist, since the task may not
 * write elsewhere. A binary contains its program, its commit, the Deno runtime and the libzmq of its target, but
 * nothing else of the npm package that libzmq comes from.
 *
 * @module
 */

import config from "../deno.json" with { type: "json" };
import { BAKED_COMMIT, checkedOutCommit } from "../lib/cli/commit.ts";
import { ExitCode, type OptionTable, type OptionValues, type Program, UsageError } from "../lib/cli/program.ts";
import { runProgram } from "../lib/cli/run.ts";
import { writeOutput } from "../lib/standard_output.ts";
import { EMBEDDED_LIBRARY, type LibraryPlatform, packageLibrary } from "../lib/zmq/library.ts";
import { type LockFile, packagesBehind } from "./release/packages.ts";
import { taskFlags } from "./task_flags.ts";
import { unneededFiles } from "./unneeded_files.ts";

const ROOT = new URL("../", import.meta.url);
const DIST = new URL("dist/", ROOT);
const EMBEDDED = new URL(EMBEDDED_LIBRARY, new URL("lib/zmq/", ROOT));
const COMMIT = new URL(BAKED_COMMIT, new URL("lib/cli/", ROOT));

/** For each target: the library that it needs, and the folder for its binaries. */
export const TARGETS: Readonly<Record<string, { readonly platform: LibraryPlatform; readonly folder: string }>> = {
  "x86_64-unknown-linux-gnu": { platform: { os: "linux", arch: "x86_64", libc: "glibc" }, folder: "linux-x64" },
  "aarch64-unknown-linux-gnu": { platform: { os: "linux", arch: "aarch64", libc: "glibc" }, folder: "linux-arm64" },
  "x86_64-apple-darwin": { platform: { os: "darwin", arch: "x86_64", libc: "libc" }, folder: "macos-x64" },
  "aarch64-apple-darwin": { platform: { os: "darwin", arch: "aarch64", libc: "libc" }, folder: "macos-arm64" },
};

/** The command line. */
export const COMPILE_PROGRAM = {
  name: "compile",
  summary: ["Compiles queue, worker and client into single files, and prints their paths."],
  options: {
    target: {
      kind: "choice",
      choices: Object.keys(TARGETS),
      defaultValue: undefined,
      help: `The machine to compile for: ${Object.keys(TARGETS).join(", ")}.`,
      placeholder: "TARGET",
      shownDefault: "this one",
    },
    output: {
      kind: "text",
      parse: parseOutput,
      defaultValue: undefined,
      help: "The folder to write to: dist, or a folder in it.",
      placeholder: "FOLDER",
      shownDefault: "dist, a folder in it for another machine",
    },
  },
  exitCodes: [
    [0, "compiled"],
    [1, "not compiled"],
    [2, "usage error"],
  ],
} as const satisfies Program<OptionTable>;

function parseOutput(text: string): URL {
  const folder = new URL(`${text.split("/").map(encodeURIComponent).join("/")}/`, ROOT);
  if (folder.href.startsWith(DIST.href)) return folder;
  throw new RangeError("it must be dist or a folder in dist, since the task may not write elsewhere");
}

/** `deno compile` failed. */
class CompileError extends Error {
  override readonly name = "CompileError";
  /** A stable code for programs. */
  readonly code = "NOT_COMPILED";
}

/**
 * A configuration for the binaries only: with deno.json, `deno compile` would include every npm package named there (37
 * MB).
 */
const CONFIG = new URL("deno.json", EMBEDDED);

/** The lock file, so that the binaries contain the same versions. */
const LOCK = new URL("deno.lock", EMBEDDED);

/**
 * Writes the configuration, with a copy of the lock file. Disposing removes both, since Deno would use them instead of
 * the repository's files in the library's folder.
 */
async function temporaryConfig(names: readonly string[]): Promise<AsyncDisposable> {
  const imports = Object.entries(config.imports).filter(([name]) => names.includes(name.replace(/\/$/, "")));
  const links = names.filter((name) => name.startsWith("@std/")).map((name) =>
    `../../../shims/std/${name.slice("@std/".length)}`
  );
  await Deno.writeTextFile(CONFIG, JSON.stringify({ imports: Object.fromEntries(imports), links }));
  await Deno.copyFile(new URL("deno.lock", ROOT), LOCK);
  return {
    [Symbol.asyncDispose]: async () => {
      await Promise.all([CONFIG, LOCK].map((file) => Deno.remove(file)));
    },
  };
}

/** What every program imports. */
export const COMMON_IMPORTS = ["@std/cli", "@std/text"];
/**
 * The programs, with what each needs in its binary. `deno task check` compares the packages with the program's imports.
 */
export const PROGRAMS = [
  {
    role: "queue",
    extra: ["--include", "lib/queue/relay/thread.ts"],
    imports: ["@nats-io/nats-core", "http-parser-js", "ipaddr.js", "prom-client", "shlex", "string-width"],
  },
  { role: "worker", extra: [], imports: ["http-parser-js", "prom-client", "shlex"] },
  { role: "client", extra: [], imports: ["cli-progress", "hdr-histogram-js", "http-parser-js"] },
] as const;

/** What individual programs import besides. */
export const OWN_IMPORTS: readonly string[] = [...new Set(PROGRAMS.flatMap(({ imports }) => imports))];
/**
 * Packages in the page, which is bundled (tools/page.ts): the binaries contain a copy of their code, but not the
 * package.
 */
export const BUNDLED_IMPORTS: readonly string[] = ["uplot"];
/** Names of the npm packages in the binaries, including those behind `@std`. */
export const PROGRAM_IMPORTS: readonly string[] = ["deno-std", ...OWN_IMPORTS, ...BUNDLED_IMPORTS];

/**
 * The stack size of the compiler's threads, in bytes. With the usual 2 MiB, Deno 2.6.10 overflows it on CommonJS
 * modules that require each other, like those of prom-client's tdigest.
 */
const COMPILE_STACK_BYTES = 32 * 1024 ** 2;

/**
 * A variable with seconds since 1970, the date that generated files get, since a binary contains the dates of its
 * files.
 */
const DATE_VARIABLE = "SOURCE_DATE_EPOCH";

async function datesFrom(seconds: string | undefined, files: readonly URL[]): Promise<void> {
  if (!seconds) return;
  await Promise.all(files.map((file) => Deno.utime(file, Number(seconds), Number(seconds))));
}

/** The commit to bake in, marked if there are uncommitted changes; `undefined` where there is no repository. */
async function commitToBake(): Promise<string | undefined> {
  const commit = await checkedOutCommit(ROOT);
  if (commit === undefined) return undefined;
  const git = new Deno.Command("git", { args: ["diff", "--quiet", "HEAD"], cwd: ROOT, stderr: "null" });
  // git exits with 1 if there are changes. Without git, this is unknown.
  const code = await git.output().then(({ code }) => code, () => 0);
  return code === 1 ? `${commit}-modified` : commit;
}

/** Flags that exclude the files of npm packages that a program does not need. */
async function exclusions(imports: readonly string[], library: URL): Promise<string[]> {
  const lock: LockFile = JSON.parse(await Deno.readTextFile(new URL("deno.lock", ROOT)));
  // All packages are in the folder that contains the one that libzmq comes from.
  const registry = library.href.slice(0, library.href.lastIndexOf("/zeromq/") + 1);
  return packagesBehind(lock, ["deno-std", ...imports])
    .flatMap(({ name, version }) => unneededFiles(new URL(`${name}/${version}/`, registry)))
    .flatMap((file) => ["--exclude", decodeURIComponent(file.pathname)]);
}

async function compile(target: string, output: URL): Promise<void> {
  const library = await packageLibrary(TARGETS[target]!.platform);
  await Deno.mkdir(new URL("./", EMBEDDED), { recursive: true });
  await Deno.copyFile(library, EMBEDDED);
  await Deno.mkdir(new URL("./", COMMIT), { recursive: true });
  await Deno.writeTextFile(COMMIT, JSON.stringify({ commit: await commitToBake() }));
  await datesFrom(Deno.env.get(DATE_VARIABLE), [EMBEDDED, COMMIT]);
  await Deno.mkdir(output, { recursive: true });
  for (const { role, extra, imports } of PROGRAMS) {
    const binary = decodeURIComponent(new URL(`sp${role}`, output).pathname);
    await using _ = await temporaryConfig([...COMMON_IMPORTS, ...imports]);
    const { success, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        "compile",
        ...[
          "--quiet",
          "--no-check",
          "--unstable-raw-imports",
          "--config",
          decodeURIComponent(CONFIG.pathname),
        ],
        ...taskFlags(role),
        ...await exclusions(imports, library),
        ...extra,
        ...["--include", "lib/zmq/native/libzmq.node", "--include", "lib/cli/built/commit.json", "--target", target],
        ...["--output", binary, `${role}.ts`],
      ],
      cwd: ROOT,
      env: { RUST_MIN_STACK: `${COMPILE_STACK_BYTES}` },
    }).output();
    if (!success) {
      const why = new TextDecoder().decode(stderr).trim();
      throw new CompileError(`Cannot compile ${role}.ts for ${target}: ${why}`);
    }
    writeOutput(`${binary}\n`);
  }
}

async function main(options: OptionValues<typeof COMPILE_PROGRAM.options>): Promise<number> {
  const { target = Deno.build.target } = options;
  if (TARGETS[target] === undefined) {
    throw new UsageError(`There is no libzmq for this machine (${target}): choose another target with --target`);
  }
  const isNative = target === Deno.build.target;
  await compile(target, options.output ?? (isNative ? DIST : new URL(`${TARGETS[target].folder}/`, DIST)));
  return ExitCode.DONE;
}

if (import.meta.main) await runProgram(COMPILE_PROGRAM, main);
