/**
 * Which npm packages the binaries contain, from deno.lock.
 *
 * @module
 */

/** An npm package. */
export interface NpmPackage {
  /** Its name, with its scope. */
  readonly name: string;
  /** Its version. */
  readonly version: string;
  /** The registry's digest of it, such as `sha512-...` in base64. */
  readonly integrity: string;
}

/** The part of deno.lock that is used here. */
export interface LockFile {
  /** The packages, by name and version. */
  readonly npm: Readonly<
    Record<string, { readonly integrity: string; readonly dependencies?: readonly string[] }>
  >;
}

/**
 * Lists packages with all their dependencies.
 *
 * @param lock The lock file.
 * @param roots Names of packages.
 * @returns The packages, sorted by name.
 * @throws {Error} When the lock file lacks one of them.
 */
export function packagesBehind(lock: LockFile, roots: readonly string[]): NpmPackage[] {
  const keys = new Set(roots.map((root) => keyOf(lock, root)));
  // Iterating over a set includes elements that are added meanwhile.
  for (const key of keys) for (const name of lock.npm[key]!.dependencies ?? []) keys.add(keyOf(lock, name));
  return [...keys].sort().map((key) => ({ ...splitKey(key), integrity: lock.npm[key]!.integrity }));
}

/** Finds a dependency's key. The lock file names a dependency without its version if there is only one version. */
function keyOf(lock: LockFile, name: string): string {
  const key = name in lock.npm ? name : Object.keys(lock.npm).find((key) => splitKey(key).name === name);
  if (key === undefined) throw new Error(`Cannot find the package "${name}" in deno.lock: run "deno install"`);
  return key;
}

function splitKey(key: string): { readonly name: string; readonly version: string } {
  // A scope also begins with "@". The version may be followed by what it was resolved with.
  const at = key.indexOf("@", 1);
  return { name: key.slice(0, at), version: key.slice(at + 1).split("_", 1)[0]! };
}
