import { assertEquals } from "@std/assert";
import { LossyLines, type LossyStream } from "../lib/standard_error.ts";

/** A stream that has room for a number of bytes, and takes a few at a time. */
class FullStream implements LossyStream {
  readonly room = 4;
  left = 0;
  text = "";
  error: Error | undefined;

  isReady(): boolean {
    return this.left > 0 || this.error !== undefined;
  }

  writeSync(bytes: Uint8Array): number {
    if (this.error !== undefined) throw this.error;
    const part = bytes.subarray(0, Math.min(3, this.left));
    this.left -= part.length;
    this.text += new TextDecoder().decode(part);
    return part.length;
  }
}

Deno.test("LossyLines.write() writes a line in parts", () => {
  const stream = new FullStream();
  stream.left = 100;
  assertEquals(new LossyLines(stream).write("a line of text\n"), true);
  assertEquals(stream.text, "a line of text\n");
});

Deno.test("LossyLines.write() drops a line of which nothing can be written", () => {
  const stream = new FullStream();
  const lines = new LossyLines(stream);
  assertEquals(lines.write("lost\n"), false);
  for (
    const error of [new Deno.errors.WouldBlock("would block"), new Error("disk full"), new Deno.errors.BrokenPipe()]
  ) {
    stream.error = error;
    assertEquals(lines.write("lost\n"), false);
  }
  stream.error = undefined;
  stream.left = 100;
  assertEquals(lines.write("kept\n"), true);
  assertEquals(stream.text, "kept\n");
});

Deno.test("LossyLines.write() finishes a line that was written in part before it writes another", () => {
  const stream = new FullStream();
  const lines = new LossyLines(stream);
  stream.left = 5;
  assertEquals(lines.write("begun\n"), true);
  assertEquals(lines.write("lost\n"), false);
  stream.error = new Error("disk full");
  assertEquals(lines.write("lost\n"), false);
  stream.error = undefined;
  stream.left = 100;
  assertEquals(lines.write("next\n"), true);
  assertEquals(stream.text, "begun\nnext\n");
});
