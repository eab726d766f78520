/**
 * SHA-256 sums in the format that `sha256sum --check` reads.
 *
 * @module
 */

/** The name of the file with the sums. */
export const SUMS = "SHA256SUMS";

/**
 * Sums files.
 *
 * @param folder Their folder, with a slash at the end.
 * @param names Their names.
 * @returns SHA-256 in hexadecimal by file name, sorted.
 */
export async function sumFiles(folder: URL, names: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const sums = new Map<string, string>();
  for (const name of [...names].sort()) {
    const digest = await crypto.subtle.digest("SHA-256", await Deno.readFile(new URL(name, folder)));
    sums.set(name, new Uint8Array(digest).toHex());
  }
  return sums;
}

/**
 * Writes `SHA256SUMS`: the sums of all files of a version in a folder.
 *
 * @param folder The folder, with a slash at the end.
 * @param version The version.
 * @returns The sums by name.
 */
export async function writeSums(folder: URL, version: string): Promise<ReadonlyMap<string, string>> {
  const entries = await Array.fromAsync(Deno.readDir(folder));
  const names = entries.filter(({ isFile, name }) => isFile && name.includes(version)).map(({ name }) => name);
  const sums = await sumFiles(folder, names);
  await Deno.writeTextFile(new URL(SUMS, folder), sumsText(sums));
  return sums;
}

/**
 * Writes sums as one text.
 *
 * @param sums The sums by name.
 */
export function sumsText(sums: ReadonlyMap<string, string>): string {
  return [...sums].map(([name, sum]) => `${sum}  ${name}\n`).join("");
}
