/**
 * Which npm packages the binaries contain, from deno.lock.
 *
 * @module
 */

/** A package of npm. */
export interface NpmPackage {
  /** Its name, with its scope. */
  readonly name: string;
  /** Its version. */
  readonly version: string;
  /** The digest that the registry has of it, such as `sha512-...` in base64. */
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
 * Lists packages with all that they depend on.
 *
 * @param lock The lock file.
 * @param roots Names of packages.
 * @returns The packages, sorted by name.
 * @throws {Error} When the lock file does not have one.
 */
export function packagesBehind(lock: LockFile, roots: readonly string[]): NpmPackage[] {
  const keys = new Set(roots.map((root) => keyOf(lock, root)));
  // A set that grows while it is iterated over is iterated to its new end.
  for (const key of keys) for (const name of lock.npm[key]!.dependencies ?? []) keys.add(keyOf(lock, name));
  return [...keys].sort().map((key) => ({ ...splitKey(key), integrity: lock.npm[key]!.integrity }));
}

/** The lock file names a dependency without its version where there is only one. */
function keyOf(lock: LockFile, name: string): string {
  const key = name in lock.npm ? name : Object.keys(lock.npm).find((key) => splitKey(key).name === name);
  if (key === undefined) throw new Error(`Cannot find the package "${name}" in deno.lock: run "deno install"`);
  return key;
}

function splitKey(key: string): { readonly name: string; readonly version: string } {
  // A scope begins with the same sign; what a version was resolved with may stand behind it.
  const at = key.indexOf("@", 1);
  return { name: key.slice(0, at), version: key.slice(at + 1).split("_", 1)[0]! };
}
