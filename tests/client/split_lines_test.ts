import { assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import { LineTooLongError, splitLines } from "../../lib/client/split_lines.ts";

const encode = (text: string) => new TextEncoder().encode(text);

/** The lines of a stream whose pieces share one buffer, as those of standard input do. */
function linesOf(...chunks: string[]): Promise<string[]> {
  return linesUpTo(Infinity, chunks);
}

async function linesUpTo(maxBytes: number, chunks: readonly string[]): Promise<string[]> {
  const buffer = new Uint8Array(64);
  async function* pieces(): AsyncGenerator<Uint8Array> {
    for (const chunk of chunks) {
      buffer.fill(0);
      buffer.set(encode(chunk));
      yield buffer.subarray(0, encode(chunk).length);
    }
  }
  const lines = await Array.fromAsync(splitLines(pieces(), maxBytes));
  return lines.flat().map((line) => new TextDecoder().decode(line));
}

Deno.test("splitLines() gives each line without its line feed, whatever the pieces", async () => {
  assertEquals(await linesOf("a\nbc\n"), ["a", "bc"]);
  assertEquals(await linesOf("a\nb", "c", "", "d\n\n", "\n"), ["a", "bcd", "", ""]);
  assertEquals(await linesOf("a\r\n", "last"), ["a\r", "last"]);
  assertEquals(await linesOf("\n"), [""]);
  assertEquals(await linesOf(""), []);
  assertEquals(await linesOf(), []);
});

Deno.test("splitLines() returns what was written, line by line", async () => {
  await fc.assert(fc.asyncProperty(
    fc.array(fc.array(fc.constantFrom("a", "b", "\n"), { maxLength: 20 }).map((letters) => letters.join(""))),
    async (chunks) => {
      const lines = await linesOf(...chunks);
      const whole = chunks.join("");
      assertEquals(lines, whole === "" ? [] : whole.replace(/\n$/, "").split("\n"));
    },
  ));
});

Deno.test("splitLines() throws when an unfinished line is already too long", async () => {
  assertEquals(await linesUpTo(4, ["ab", "cd", "\nefgh\n"]), ["abcd", "efgh"]);
  await assertRejects(() => linesUpTo(4, ["ab", "cd", "e", "\n"]), LineTooLongError, "larger than 4");
});
