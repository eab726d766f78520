import { assertEquals, assertRejects } from "@std/assert";
import { inputChunks, InputError, type InputStream } from "../../lib/client/standard_input.ts";

/** A stream that gives some texts, and errors between them. */
function streamOf(...parts: (string | Error)[]): InputStream {
  return {
    read: (buffer) => {
      const part = parts.shift();
      if (part instanceof Error) return Promise.reject(part);
      if (part === undefined) return Promise.resolve(null);
      return Promise.resolve(new TextEncoder().encodeInto(part, buffer).written);
    },
  };
}

async function textsOf(stream: InputStream): Promise<string[]> {
  const texts: string[] = [];
  for await (const chunk of inputChunks(stream)) texts.push(new TextDecoder().decode(chunk));
  return texts;
}

Deno.test("inputChunks() gives each piece until the end", async () => {
  assertEquals(await textsOf(streamOf("one", "two")), ["one", "two"]);
  assertEquals(await textsOf(streamOf()), []);
});

Deno.test("inputChunks() waits when a nonblocking pipe has no data yet", async () => {
  const nothingYet = new Deno.errors.WouldBlock("Resource temporarily unavailable (os error 11)");
  assertEquals(await textsOf(streamOf(nothingYet, "one", nothingYet, nothingYet, "two")), ["one", "two"]);
});

Deno.test("inputChunks() throws InputError, which names standard input and the reason, when it cannot be read", async () => {
  const folder = Object.assign(new Error("Is a directory (os error 21)"), { code: "EISDIR" });
  await assertRejects(
    () => textsOf(streamOf(folder)),
    InputError,
    "Cannot read standard input: is a directory (EISDIR)",
  );
});
