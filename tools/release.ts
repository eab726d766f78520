/**
 * Makes the files of a release (`deno task release`) in dist/release/.
 *
 * Usage: `deno task release [--target TARGET] [--tag TAG] [--downloads URL]`. They are made from the checked-out
 * commit, without uncommitted changes.
 *
 * - `simple-pirate-VERSION-OS-ARCH.tar.gz`: the programs and everything that belongs to them, laid out for installation
 * - `spqueue-VERSION-OS-ARCH.gz` and so on: a single program
 * - `simple-pirate-VERSION.cdx.json`: their contents (CycloneDX)
 * - `simple-pirate-VERSION-notes.md`: what changed
 * - `SHA256SUMS`: the sums of all these files, including those of runs for other targets
 * - `simple-pirate.rb`: the Homebrew formula
 *
 * @module
 */

import { ExitCode, type OptionTable, type OptionValues, type Program } from "../lib/cli/program.ts";
import { runProgram } from "../lib/cli/run.ts";
import { writeOutput } from "../lib/standard_output.ts";
import { TARGETS } from "./compile.ts";
import { compress, pack, pathOf } from "./release/archive.ts";
import { contentsOf } from "./release/contents.ts";
import { Source } from "./release/source.ts";
import { formulaText } from "./release/formula.ts";
import { NOTICES } from "./release/layout.ts";
import { noticesText } from "./release/notices.ts";
import { notesOf, whyNotReleasable } from "./release/notes.ts";
import { ReleaseError } from "./release/error.ts";
import { SUMS, writeSums } from "./release/sums.ts";

const ROOT = new URL("../", import.meta.url);
const RELEASE = new URL("dist/release/", ROOT);
const PROGRAMS = ["spqueue", "spworker", "spclient"];

/** The command line of `deno task release`. */
export const RELEASE_PROGRAM = {
  name: "release",
  summary: [
    "Makes the files of a release in dist/release/, from the checked-out commit, and prints their sizes.",
  ],
  options: {
    target: {
      kind: "choices",
      choices: Object.keys(TARGETS),
      defaultValue: [Deno.build.target],
      help: `The machines to compile for, repeatable: ${Object.keys(TARGETS).join(", ")}.`,
      placeholder: "TARGET",
      shownDefault: "this one",
    },
    tag: {
      kind: "text",
      defaultValue: undefined,
      help:
        "Fail unless this tag is v followed by the version in deno.json, and CHANGELOG.md has the day of the release.",
      placeholder: "TAG",
    },
    downloads: {
      kind: "text",
      parse: parseDownloads,
      defaultValue: undefined,
      help: "The web address where the archives will be: write a Homebrew formula that downloads them from there.",
      placeholder: "URL",
    },
  },
  exitCodes: [
    [0, "made"],
    [1, "not made"],
    [2, "usage error"],
  ],
} as const satisfies Program<OptionTable>;

function parseDownloads(text: string): URL {
  if (URL.canParse(text) && new URL(text).protocol === "https:") return new URL(text);
  throw new RangeError("it must be a URL that begins with https://");
}

/** Lays out the contents of an archive, and packs it. */
async function makeArchive(source: Source, target: string, notices: string): Promise<string[]> {
  const { version, date } = source;
  const platform = TARGETS[target]!.folder;
  const binaries = await source.compile(target, platform);
  const name = `simple-pirate-${version}-${platform}`;
  const stage = new URL(`stage/${name}/`, RELEASE);
  await Deno.remove(stage, { recursive: true }).catch(ignoreNotFound);
  const place = async (from: URL, to: string): Promise<void> => {
    const file = new URL(to, stage);
    await Deno.mkdir(new URL("./", file), { recursive: true });
    await Deno.copyFile(from, file);
  };
  for (const program of PROGRAMS) await place(new URL(program, binaries), `bin/${program}`);
  for (const { from, to } of await contentsOf(source.folder)) await place(from, to);
  await Deno.writeTextFile(new URL(NOTICES, stage), notices);
  await Promise.all([
    pack(stage, new URL(`${name}.tar.gz`, RELEASE), date),
    ...PROGRAMS.map((program) =>
      compress(new URL(program, binaries), new URL(`${program}-${version}-${platform}.gz`, RELEASE))
    ),
  ]);
  return [`${name}.tar.gz`, ...PROGRAMS.map((program) => `${program}-${version}-${platform}.gz`)];
}

function ignoreNotFound(error: unknown): void {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}

async function main({ target, tag, downloads }: OptionValues<typeof RELEASE_PROGRAM.options>): Promise<number> {
  await Deno.mkdir(RELEASE, { recursive: true });
  const source = await Source.open(ROOT, RELEASE);
  const { version } = source;
  const notes = notesOf(await source.read("CHANGELOG.md"), version);
  const reason = tag === undefined ? undefined : whyNotReleasable(tag, version, notes);
  if (reason !== undefined) throw new ReleaseError(reason);
  await source.prepare(target[0]!);
  const { notices, sbom } = await source.inventory();
  const write = async (name: string, text: string): Promise<string> => {
    await Deno.writeTextFile(new URL(name, RELEASE), text);
    return name;
  };
  const made = [
    await write(`simple-pirate-${version}.cdx.json`, `${JSON.stringify(sbom, undefined, 2)}\n`),
    await write(`simple-pirate-${version}-notes.md`, notes.text),
  ];
  for (const each of target) made.push(...await makeArchive(source, each, noticesText(notices)));
  const sums = await writeSums(RELEASE, version);
  made.push(SUMS);
  if (downloads !== undefined) {
    const folder = downloads.href.replace(/\/$/, "");
    const homepage = folder.replace(/\/releases\/download\/.*$/, "");
    made.push(await write("simple-pirate.rb", formulaText({ version, homepage, downloads: folder, sums })));
  }
  for (const name of made) {
    const { size } = await Deno.stat(new URL(name, RELEASE));
    writeOutput(`${(size / 1e6).toFixed(1).padStart(6)} MB  ${pathOf(new URL(name, RELEASE))}\n`);
  }
  return ExitCode.DONE;
}

if (import.meta.main) await runProgram(RELEASE_PROGRAM, main);
