/**
 * SHA-256 sums, as `sha256sum --check` reads them.
 *
 * @module
 */

/**
 * Sums files.
 *
 * @param folder Their folder, with a slash at the end.
 * @param names Their names.
 * @returns SHA-256 in hexadecimal by name, sorted by name.
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
 * Writes sums as one text.
 *
 * @param sums The sums by name.
 */
export function sumsText(sums: ReadonlyMap<string, string>): string {
  return [...sums].map(([name, sum]) => `${sum}  ${name}\n`).join("");
}
