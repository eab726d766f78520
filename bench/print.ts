/**
 * The benchmark's output: plain lines.
 *
 * @module
 */

/**
 * Writes one line.
 *
 * @param line The text, without its newline.
 * @param stream Where to.
 */
export function print(line = "", stream: Pick<typeof Deno.stdout, "writeSync"> = Deno.stdout): void {
  let rest = new TextEncoder().encode(`${line}\n`);
  while (rest.length > 0) rest = rest.subarray(stream.writeSync(rest));
}
