/**
 * Makes the Debian package (`deno task deb`), in dist/deb/, of what `deno task compile` and `deno task reference` have made.
 *
 * Usage: `deno task deb [--arch amd64|arm64] [--revision N]`. It needs Go, whose module proxy has nfpm, which writes the
 * package. The same files make the same package.
 *
 * @module
 */

import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { ExitCode, type OptionTable, type OptionValues, type Program, VERSION } from "../lib/cli/program.ts";
import { runProgram } from "../lib/cli/run.ts";
import { QUEUE_PROGRAM } from "../lib/queue/options.ts";
import { writeOutput } from "../lib/standard_output.ts";
import { WORKER_PROGRAM } from "../lib/worker/options.ts";
import { debianEntry, type PackageVersion } from "./deb/debian_changelog.ts";
import { environmentFile } from "./deb/environment_file.ts";

const NFPM = "github.com/goreleaser/nfpm/v2/cmd/nfpm@v2.41.3";
const ROOT = new URL("../", import.meta.url);
const DIST = new URL("dist/", ROOT);
const SHARE = new URL("share/", DIST);
const PACKAGING = new URL("packaging/", ROOT);
const NAME = "spqueue";
const MAINTAINER = "Simple Pirate maintainers <maintainers@users.noreply.github.com>";

/** For each of Debian's architectures: Deno's name of it, and the folder in dist/ for binaries made on another one. */
const ARCHITECTURES = {
  amd64: { deno: "x86_64", folder: "linux-x64/" },
  arm64: { deno: "aarch64", folder: "linux-arm64/" },
} as const;
type Architecture = keyof typeof ARCHITECTURES;

/** Its command line. */
export const DEB_PROGRAM = {
  name: "deb",
  summary: ["Makes the Debian package of the binaries, man pages and completions in dist, and prints its path."],
  options: {
    arch: {
      kind: "choice",
      choices: Object.keys(ARCHITECTURES) as Architecture[],
      defaultValue: Deno.build.arch === "aarch64" ? "arm64" : "amd64",
      help: "The machines that the package is for.",
      shownDefault: "this one's",
    },
    revision: {
      kind: "integer",
      defaultValue: 1,
      min: 1,
      max: 1_000_000,
      help: "The package's revision of this version.",
    },
  },
  exitCodes: [
    [0, "made"],
    [1, "not made"],
    [2, "usage error"],
  ],
} as const satisfies Program<OptionTable>;

/** The package cannot be made; the message says why. */
class DebError extends Error {
  override readonly name = "DebError";
  /** A stable code for programs. */
  readonly code = "NO_PACKAGE";
}

const QUEUE_HEADING = [
  "Settings of spqueue.service: NAME=value, one on each line. Quote a value that has spaces: NAME='a\u00a0b'. What is commented " +
  "out is the default. After a change: systemctl restart spqueue",
];
const WORKER_HEADING = [
  "An example of the settings of spworker@NAME.service: NAME=value, one on each line. Quote a value that has spaces: " +
  "NAME='a\u00a0b'. What is commented out is the default, or stands for a value.",
  "To start a worker, copy this file, set SPQ_EXEC in the copy, and enable the service:\n" +
  "  cp /etc/spqueue/worker-example.env /etc/spqueue/worker-thumb.env\n" +
  "  systemctl enable --now spworker@thumb",
];

/** A file of the package as nfpm's configuration names it. */
interface Content {
  readonly src?: string;
  readonly dst: string;
  readonly type?: "dir" | "config|noreplace";
  readonly file_info: { readonly mode: number };
}

/** Collects the files of a package. */
class Stage {
  readonly contents: Content[] = [];
  readonly #folder: URL;

  constructor(folder: URL) {
    this.#folder = folder;
  }

  /** Adds a file that is there. */
  addFile(src: URL, dst: string, mode = 0o644): void {
    this.contents.push({ src: pathOf(src), dst, file_info: { mode } });
  }

  /** Adds a text. */
  async addText(text: string, dst: string, type?: "config|noreplace"): Promise<void> {
    const src = await this.#write(dst, new TextEncoder().encode(text));
    this.contents.push({ src, dst, ...(type === undefined ? {} : { type }), file_info: { mode: 0o644 } });
  }

  /** Adds a text that Debian wants compressed. */
  async addCompressed(text: string, dst: string): Promise<void> {
    const bytes = await promisify(gzip)(new TextEncoder().encode(text), { level: 9 });
    this.contents.push({ src: await this.#write(dst, bytes), dst, file_info: { mode: 0o644 } });
  }

  /** Adds a folder that would be empty, or has to have a mode. */
  addFolder(dst: string, mode: number): void {
    this.contents.push({ dst, type: "dir", file_info: { mode } });
  }

  async #write(dst: string, bytes: Uint8Array): Promise<string> {
    const file = new URL(dst.slice(1).replaceAll("/", "-"), this.#folder);
    await Deno.writeFile(file, bytes);
    return pathOf(file);
  }
}

async function addPrograms(stage: Stage, arch: Architecture): Promise<void> {
  const { deno, folder } = ARCHITECTURES[arch];
  const isNative = Deno.build.os === "linux" && Deno.build.arch === deno;
  for (const name of ["spqueue", "spworker", "spclient"]) {
    const binary = new URL(`${isNative ? "" : folder}${name}`, DIST);
    await mustExist(binary, isNative ? "deno task compile" : `deno task compile --target ${deno}-unknown-linux-gnu`);
    stage.addFile(binary, `/usr/bin/${name}`, 0o755);
  }
}

/** Adds man pages and completions. */
async function addReference(stage: Stage): Promise<void> {
  await mustExist(SHARE, "deno task reference");
  for await (const path of filesBelow(SHARE, "")) {
    const url = new URL(path, SHARE);
    if (path.startsWith("man/")) await stage.addCompressed(await Deno.readTextFile(url), `/usr/share/${path}.gz`);
    // Debian's zsh looks there, and not in site-functions.
    else stage.addFile(url, `/usr/share/${path.replace("zsh/site-functions/", "zsh/vendor-completions/")}`);
  }
}

async function addDocumentation(stage: Stage, version: PackageVersion): Promise<void> {
  const folder = `/usr/share/doc/${NAME}`;
  const read = (path: string) => Deno.readTextFile(new URL(path, ROOT));
  for await (const { name } of Deno.readDir(new URL("docs/", ROOT))) {
    stage.addFile(new URL(`docs/${name}`, ROOT), `${folder}/docs/${name}`);
  }
  stage.addFile(new URL("README.md", ROOT), `${folder}/README.md`);
  await stage.addCompressed(await read("CHANGELOG.md"), `${folder}/changelog.gz`);
  const entry = debianEntry(version, `* Version ${VERSION}: see changelog.gz.`);
  await stage.addCompressed(entry, `${folder}/changelog.Debian.gz`);
  const news = debianEntry({ ...version, version: "0.1.0-1" }, await read("packaging/debian/news"));
  await stage.addCompressed(news, `${folder}/NEWS.Debian.gz`);
  await stage.addText(await read("LICENSE"), `${folder}/copyright`);
  stage.addFile(new URL("debian/lintian-overrides", PACKAGING), `/usr/share/lintian/overrides/${NAME}`);
}

async function addServices(stage: Stage): Promise<void> {
  for (const unit of ["spqueue.service", "spworker@.service"]) {
    stage.addFile(new URL(`systemd/${unit}`, PACKAGING), `/lib/systemd/system/${unit}`);
  }
  stage.addFolder("/etc/spqueue", 0o755);
  const type = "config|noreplace";
  await stage.addText(environmentFile(QUEUE_PROGRAM, QUEUE_HEADING), "/etc/spqueue/queue.env", type);
  await stage.addText(environmentFile(WORKER_PROGRAM, WORKER_HEADING), "/etc/spqueue/worker-example.env", type);
}

/** What nfpm needs to know. */
function configuration(arch: Architecture, revision: number, date: Date, contents: readonly Content[]): unknown {
  const script = (name: string) => pathOf(new URL(`debian/${name}`, PACKAGING));
  return {
    name: NAME,
    arch,
    platform: "linux",
    version: VERSION,
    release: String(revision),
    section: "net",
    priority: "optional",
    maintainer: MAINTAINER,
    description: `Request-reply queue that survives crashing workers
The "Simple Pirate" pattern of the ZeroMQ Guide: clients send requests to one
queue, which hands each to the worker that has been idle longest. A request
survives the crash of the worker that had it. Any program can be a worker.
Clients and workers in any language that speak the Guide's protocol work, too.`,
    // What the binaries are linked with; libzmq, which is in them, needs libstdc++.
    depends: ["adduser", "libc6 (>= 2.27)", "libgcc-s1", "libstdc++6"],
    mtime: date.toISOString(),
    contents,
    scripts: { postinstall: script("postinst"), preremove: script("prerm"), postremove: script("postrm") },
    // Every dpkg and lintian reads it. It is a tenth larger than xz, which takes a minute here.
    deb: { compression: "gzip" },
  };
}

async function mustExist(url: URL, task: string): Promise<void> {
  try {
    await Deno.stat(url);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new DebError(`Cannot find ${pathOf(url)}: run "${task}" first`, { cause: error });
  }
}

async function* filesBelow(folder: URL, path: string): AsyncGenerator<string> {
  const entries = (await Array.fromAsync(Deno.readDir(new URL(path, folder)))).sort((a, b) => a.name < b.name ? -1 : 1);
  for (const { name, isDirectory } of entries) {
    if (isDirectory) yield* filesBelow(folder, `${path}${name}/`);
    else yield `${path}${name}`;
  }
}

/** The date of the commit, or `SOURCE_DATE_EPOCH`, which packagers set. */
async function dateOfSource(): Promise<Date> {
  const seconds = Deno.env.get("SOURCE_DATE_EPOCH") || await run("git", ["log", "-1", "--format=%ct"]);
  return new Date(Number(seconds) * 1000);
}

async function run(command: string, args: readonly string[]): Promise<string> {
  let output: Deno.CommandOutput;
  try {
    output = await new Deno.Command(command, { args: [...args], cwd: ROOT }).output();
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new DebError(`Cannot run ${command}: it is not installed`, { cause: error });
  }
  if (output.success) return new TextDecoder().decode(output.stdout).trim();
  throw new DebError(`Cannot run ${command} ${args[0]}: ${new TextDecoder().decode(output.stderr).trim()}`);
}

function pathOf(url: URL): string {
  return decodeURIComponent(url.pathname);
}

async function main({ arch, revision }: OptionValues<typeof DEB_PROGRAM.options>): Promise<number> {
  const folder = new URL(`deb/stage-${arch}/`, DIST);
  await Deno.mkdir(folder, { recursive: true });
  const date = await dateOfSource();
  const version = { name: NAME, version: `${VERSION}-${revision}`, maintainer: MAINTAINER, date };
  const stage = new Stage(folder);
  await addPrograms(stage, arch);
  await addReference(stage);
  await addDocumentation(stage, version);
  await addServices(stage);
  const config = new URL("nfpm.json", folder);
  await Deno.writeTextFile(config, JSON.stringify(configuration(arch, revision, date, stage.contents)));
  const file = pathOf(new URL(`../${NAME}_${version.version}_${arch}.deb`, folder));
  await run("go", ["run", NFPM, "package", "--config", pathOf(config), "--packager", "deb", "--target", file]);
  writeOutput(`${file}\n`);
  return ExitCode.DONE;
}

if (import.meta.main) await runProgram(DEB_PROGRAM, main);
