/**
 * Makes the Debian package (`deno task deb`) from an archive that `deno task release` has made, in dist/release/.
 *
 * Usage: `deno task deb [--arch amd64|arm64] [--revision N]`. It needs Go to build nfpm, which writes the package. The
 * same archive always gives the same package.
 *
 * @module
 */

import { ExitCode, type OptionTable, type OptionValues, type Program, VERSION } from "../lib/cli/program.ts";
import { runProgram } from "../lib/cli/run.ts";
import { QUEUE_PROGRAM } from "../lib/queue/options.ts";
import { writeOutput } from "../lib/standard_output.ts";
import { WORKER_PROGRAM } from "../lib/worker/options.ts";
import { debianEntry, type PackageVersion } from "./deb/debian_changelog.ts";
import { environmentFile } from "./deb/environment_file.ts";
import { installedPath } from "./deb/installed_path.ts";
import { type Content, Stage } from "./deb/stage.ts";
import { filesIn, pathOf } from "./release/archive.ts";
import { ReleaseError } from "./release/error.ts";
import { commandOutput } from "./release/source.ts";
import { writeSums } from "./release/sums.ts";

const NFPM = "github.com/goreleaser/nfpm/v2/cmd/nfpm@v2.41.3";
const ROOT = new URL("../", import.meta.url);
const RELEASE = new URL("dist/release/", ROOT);
const PACKAGING = new URL("packaging/", ROOT);
const NAME = "spqueue";
const MAINTAINER = "Simple Pirate maintainers <maintainers@users.noreply.github.com>";

const DOCUMENTS = `/usr/share/doc/${NAME}`;

/** The names of Debian's architectures in the names of archives. */
const ARCHITECTURES = { amd64: "linux-x64", arm64: "linux-arm64" } as const;
type Architecture = keyof typeof ARCHITECTURES;

/** Its command line. */
export const DEB_PROGRAM = {
  name: "deb",
  summary: ["Makes the Debian package of an archive in dist/release, and prints its path."],
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

/** Unpacks an archive. */
async function unpack(platform: string, folder: URL): Promise<void> {
  const archive = new URL(`simple-pirate-${VERSION}-${platform}.tar.gz`, RELEASE);
  try {
    await Deno.stat(archive);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new ReleaseError(`Cannot find ${pathOf(archive)}: run "deno task release" first`, { cause: error });
  }
  await Deno.mkdir(folder, { recursive: true });
  await commandOutput("tar", ["-xzf", pathOf(archive), "--strip-components=1"], { cwd: folder });
}

/** Adds the files of an archive in the places that Debian requires. */
async function addArchive(stage: Stage, folder: URL): Promise<void> {
  for (const file of (await Array.fromAsync(filesIn(folder))).sort()) {
    const installed = installedPath(file.slice(pathOf(folder).length), NAME);
    if (installed === undefined) continue;
    const { dst, isCompressed, isProgram } = installed;
    if (isCompressed) await stage.addCompressed(await Deno.readTextFile(file), dst);
    else stage.addFile(file, dst, isProgram ? 0o755 : 0o644);
  }
}

/** Adds the documents that Debian requires. */
async function addDocuments(stage: Stage, archive: URL, version: PackageVersion): Promise<void> {
  const license = await Deno.readTextFile(new URL("share/doc/simple-pirate/LICENSE", archive));
  const others = `The programs contain works of others: ${DOCUMENTS}/THIRD-PARTY-NOTICES`;
  await stage.addText(`${license}\n${others}\n`, `${DOCUMENTS}/copyright`);
  const entry = debianEntry(version, `* Version ${VERSION}: see changelog.gz.`);
  await stage.addCompressed(entry, `${DOCUMENTS}/changelog.Debian.gz`);
  const news = await Deno.readTextFile(new URL("debian/news", PACKAGING));
  const since = { ...version, version: "0.1.0-1" };
  await stage.addCompressed(debianEntry(since, news), `${DOCUMENTS}/NEWS.Debian.gz`);
  const overrides = pathOf(new URL("debian/lintian-overrides", PACKAGING));
  stage.addFile(overrides, `/usr/share/lintian/overrides/${NAME}`);
}

/** Adds the settings of the services. */
async function addSettings(stage: Stage): Promise<void> {
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
    // The libraries that the binaries are linked with; libzmq, which they contain, needs libstdc++.
    depends: ["adduser", "libc6 (>= 2.27)", "libgcc-s1", "libstdc++6"],
    mtime: date.toISOString(),
    contents,
    scripts: { postinstall: script("postinst"), preremove: script("prerm"), postremove: script("postrm") },
    // Every dpkg and lintian can read gzip. The package is a tenth larger than with xz, which takes a minute here.
    deb: { compression: "gzip" },
  };
}

/** The date of the commit, or `SOURCE_DATE_EPOCH`, which packagers set. */
async function dateOfSource(): Promise<Date> {
  const seconds = Deno.env.get("SOURCE_DATE_EPOCH") ||
    await commandOutput("git", ["log", "-1", "--format=%ct"], { cwd: ROOT });
  return new Date(Number(seconds) * 1000);
}

async function runNfpm(config: URL, file: string): Promise<void> {
  const args = ["run", NFPM, "package", "--config", pathOf(config), "--packager", "deb", "--target", file];
  try {
    await commandOutput("go", args, { cwd: ROOT });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new ReleaseError("Cannot run go: install Go, with which nfpm is built", { cause: error });
  }
}

async function main({ arch, revision }: OptionValues<typeof DEB_PROGRAM.options>): Promise<number> {
  const folder = new URL(`deb-${arch}/`, RELEASE);
  const archive = new URL("archive/", folder);
  await unpack(ARCHITECTURES[arch], archive);
  const date = await dateOfSource();
  const version = { name: NAME, version: `${VERSION}-${revision}`, maintainer: MAINTAINER, date };
  const stage = new Stage(folder);
  await addArchive(stage, archive);
  await addDocuments(stage, archive, version);
  await addSettings(stage);
  const config = new URL("nfpm.json", folder);
  await Deno.writeTextFile(config, JSON.stringify(configuration(arch, revision, date, stage.contents)));
  const file = pathOf(new URL(`${NAME}_${version.version}_${arch}.deb`, RELEASE));
  await runNfpm(config, file);
  await Deno.remove(folder, { recursive: true });
  await writeSums(RELEASE, VERSION);
  writeOutput(`${file}\n`);
  return ExitCode.DONE;
}

if (import.meta.main) await runProgram(DEB_PROGRAM, main);
