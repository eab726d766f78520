/**
 * The commit that a release is made from, in its own folder.
 *
 * Binaries contain the dates of all files that they were compiled from, including those of npm packages. So the files
 * in the folder get the date of the commit, and so do the packages, which are in a separate cache.
 *
 * @module
 */

import config from "../../deno.json" with { type: "json" };
import { loadLibrary } from "../../lib/zmq/library.ts";
import digests from "../../lib/zmq/digests.json" with { type: "json" };
import { PROGRAM_IMPORTS } from "../compile.ts";
import { filesIn, pathOf } from "./archive.ts";
import { ReleaseError } from "./error.ts";
import { collectNotices, type Notice } from "./notices.ts";
import { type LockFile, type NpmPackage, packagesBehind } from "./packages.ts";
import { type LicensedPackage, type Sbom, sbomOf } from "./sbom.ts";

/** What a commit's binaries contain. */
export interface Inventory {
  /** The third-party notices. */
  readonly notices: readonly Notice[];
  /** The bill of materials. */
  readonly sbom: Sbom;
}

/**
 * Runs a command to its end.
 *
 * @param command The command.
 * @param args Its arguments.
 * @param options Where it runs, and further environment variables.
 * @returns What it wrote to standard output.
 * @throws {ReleaseError} When it fails, with its standard error.
 */
export async function commandOutput(
  command: string,
  args: readonly string[],
  options: { readonly cwd: URL; readonly env?: Record<string, string> },
): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(command, { args: [...args], ...options }).output();
  const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes).trim();
  if (success) return decode(stdout);
  throw new ReleaseError(`Cannot run "${[command, ...args].join(" ")}": ${decode(stderr)}`);
}

/** The commit, in a folder. */
export class Source {
  /** The version in its deno.json. */
  readonly version = config.version;
  readonly #cache: URL;

  private constructor(
    /** The folder. */
    readonly folder: URL,
    /** The commit's hash. */
    readonly commit: string,
    /** When the commit was made. */
    readonly date: Date,
    release: URL,
  ) {
    this.#cache = new URL("deno/", release);
  }

  /**
   * Copies the checked-out commit.
   *
   * @param root The repository's folder.
   * @param release The folder in which everything is made.
   */
  static async open(root: URL, release: URL): Promise<Source> {
    const git = (...args: readonly string[]) => commandOutput("git", args, { cwd: root });
    const [commit, seconds] = (await git("log", "-1", "--format=%H %ct")).split(" ") as [string, string];
    const folder = new URL("source/", release);
    await Deno.remove(folder, { recursive: true }).catch((error) => {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    });
    await Deno.mkdir(folder);
    // In git's archive, files have the date of the commit.
    const archive = new URL("source.tar", release);
    await git("archive", "--output", pathOf(archive), commit);
    await commandOutput("tar", ["-xf", pathOf(archive)], { cwd: folder });
    await Deno.remove(archive);
    await Deno.writeTextFile(new URL(".git", folder), `gitdir: ${await git("rev-parse", "--absolute-git-dir")}\n`);
    return new Source(folder, commit, new Date(Number(seconds) * 1000), release);
  }

  /** Reads a file of the commit. */
  read(path: string): Promise<string> {
    return Deno.readTextFile(new URL(path, this.folder));
  }

  /**
   * Fetches the packages, gives them the commit's date, and makes manual pages and completions.
   *
   * @param target Any target.
   */
  async prepare(target: string): Promise<void> {
    await this.compile(target, "first");
    // The binaries do not contain the bundled packages themselves, but their licences are needed.
    await commandOutput(Deno.execPath(), ["cache", "--quiet", "lib/queue/http/page/page.ts"], {
      cwd: this.folder,
      env: { DENO_DIR: pathOf(this.#cache) },
    });
    for await (const path of filesIn(new URL("npm/", this.#cache))) await Deno.utime(path, this.date, this.date);
    if ("reference" in JSON.parse(await this.read("deno.json")).tasks) await this.#task("reference");
  }

  /**
   * Compiles the programs.
   *
   * @param target The target.
   * @param name The name of their folder.
   * @returns Their folder.
   */
  async compile(target: string, name: string): Promise<URL> {
    await this.#task("compile", "--target", target, "--output", `dist/${name}`);
    return new URL(`dist/${name}/`, this.folder);
  }

  /** Lists what the binaries contain. */
  async inventory(): Promise<Inventory> {
    const lock = JSON.parse(await this.read("deno.lock")) as LockFile;
    const packages = await Promise.all(packagesBehind(lock, PROGRAM_IMPORTS).map((one) => this.#withLicense(one)));
    const [libzmqPackage] = packagesBehind(lock, ["zeromq"]);
    const { deno } = Deno.version;
    // Such as 14.5.201.2-rusty, where Deno has added the suffix.
    const v8 = Deno.version.v8.split("-", 1)[0]!;
    const libzmq = (await loadLibrary()).version;
    return {
      notices: await collectNotices(packages, (one) => this.#folderOf(one), { deno, v8, libzmq }),
      sbom: sbomOf({
        version: this.version,
        commit: this.commit,
        date: this.date,
        runtime: { deno, v8 },
        packages,
        libzmqPackage: libzmqPackage!,
        libzmqVersion: libzmq,
        libzmqDigests: digests,
      }),
    };
  }

  async #withLicense(npmPackage: NpmPackage): Promise<LicensedPackage> {
    const { license } = JSON.parse(await Deno.readTextFile(new URL("package.json", this.#folderOf(npmPackage))));
    return { ...npmPackage, license };
  }

  #folderOf({ name, version }: NpmPackage): URL {
    const [registry] = [...Deno.readDirSync(new URL("npm/", this.#cache))].filter(({ isDirectory }) => isDirectory);
    return new URL(`npm/${registry!.name}/${name}/${version}/`, this.#cache);
  }

  async #task(...args: readonly string[]): Promise<void> {
    await commandOutput(Deno.execPath(), ["task", "--quiet", ...args], {
      cwd: this.folder,
      env: { DENO_DIR: pathOf(this.#cache), SOURCE_DATE_EPOCH: `${this.date.getTime() / 1000}` },
    });
  }
}
