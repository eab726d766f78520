/**
 * The commit that a program was made from: read from the repository when it runs from source, baked in when it is compiled.
 *
 * @module
 */

/** Where `deno task compile` puts the commit, inside the binary's own files, relative to this module. */
export const BAKED_COMMIT = "./built/commit.json";

const ROOT = new URL("../../", import.meta.url);

/**
 * Finds the commit that this program was made from.
 *
 * @returns Its hash; `undefined` if it is not known. In a binary that was built with uncommitted changes, `-modified`
 * follows the hash.
 */
export async function ownCommit(): Promise<string | undefined> {
  return Deno.build.standalone ? await bakedCommit() : await checkedOutCommit(ROOT);
}

async function bakedCommit(): Promise<string | undefined> {
  // The specifier is not a literal, since only binaries have such a file.
  const specifier: string = BAKED_COMMIT;
  try {
    return (await import(specifier, { with: { type: "json" } })).default.commit;
  } catch {
    return undefined;
  }
}

/**
 * Finds the commit that a repository has checked out. It reads git's files instead of running git, since the programs'
 * tasks may not run other programs.
 *
 * @param root The repository's folder.
 * @returns The commit's hash; `undefined` if there is no repository, or it cannot be read.
 */
export async function checkedOutCommit(root: URL): Promise<string | undefined> {
  const git = new URL(".git", root);
  if (git.protocol !== "file:") return undefined;
  if (Deno.permissions.querySync({ name: "read" }).state !== "granted") return undefined;
  const folder = await gitFolder(git);
  const head = await readLine(new URL("HEAD", folder));
  const [, ref] = /^ref: (.+)$/.exec(head ?? "") ?? [];
  return hashOf(ref === undefined ? head : await readReference(folder, ref));
}

/** The folder of git's files: in a worktree or a submodule, `.git` is a file that names it. */
async function gitFolder(git: URL): Promise<URL> {
  const [, path] = /^gitdir: (.+)$/.exec(await readLine(git) ?? "") ?? [];
  return new URL(`${path ?? ".git"}/`, git);
}

async function readReference(folder: URL, ref: string): Promise<string | undefined> {
  // A worktree shares its branches with the repository that it belongs to.
  const common = await readLine(new URL("commondir", folder));
  const shared = common === undefined ? folder : new URL(`${common}/`, folder);
  const loose = await readLine(new URL(ref, shared));
  if (loose !== undefined) return loose;
  const packed = await readText(new URL("packed-refs", shared)) ?? "";
  return packed.split("\n").find((line) => line.endsWith(` ${ref}`))?.split(" ", 1)[0];
}

function hashOf(text: string | undefined): string | undefined {
  return text !== undefined && /^[0-9a-f]{40,64}$/.test(text) ? text : undefined;
}

async function readLine(file: URL): Promise<string | undefined> {
  return (await readText(file))?.split("\n", 1)[0];
}

async function readText(file: URL): Promise<string | undefined> {
  try {
    return await Deno.readTextFile(file);
  } catch {
    return undefined;
  }
}
