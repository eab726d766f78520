import { assertEquals, assertRejects } from "@std/assert";
import { parseCommandLine } from "../../lib/cli/parse.ts";
import { UsageError } from "../../lib/cli/program.ts";
import { chooseMode, type Input, type Mode } from "../../lib/client/mode.ts";
import { CLIENT_PROGRAM } from "../../lib/client/options.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

/** Standard input: a terminal, or with some text. */
function inputOf(text: string | undefined): Input & { readonly reads: () => number } {
  let reads = 0;
  return {
    isTerminal: text === undefined,
    read: () => {
      reads++;
      return Promise.resolve(bytes(text ?? "typed"));
    },
    reads: () => reads,
  };
}

async function modeOf(args: readonly string[], input: Input): Promise<Mode> {
  const { options, arguments: [argument] } = parseCommandLine(CLIENT_PROGRAM, args, () => undefined);
  return await chooseMode(options, argument, input);
}

Deno.test("chooseMode() sends the text, and does not read standard input", async () => {
  for (const text of [undefined, "", "piped"]) {
    for (const [args, body] of [[["hello"], "hello"], [[""], ""], [["--empty", ""], ""]] as const) {
      const input = inputOf(text);
      assertEquals(await modeOf(args, input), { kind: "once", body: bytes(body) });
      assertEquals(input.reads(), 0);
    }
  }
});

Deno.test("chooseMode() sends standard input when there is no text, unless it is a terminal", async () => {
  assertEquals(await modeOf([], inputOf("piped")), { kind: "once", body: bytes("piped") });
  assertEquals(await modeOf(["-"], inputOf("piped")), { kind: "once", body: bytes("piped") });
  assertEquals(await modeOf(["-"], inputOf(undefined)), { kind: "once", body: bytes("typed") });
});

Deno.test("chooseMode() counts only on a terminal or with --count", async () => {
  assertEquals(await modeOf([], inputOf(undefined)), { kind: "count", count: 0 });
  for (const text of [undefined, "", "piped"]) {
    const input = inputOf(text);
    assertEquals(await modeOf(["--count", "0"], input), { kind: "count", count: 0 });
    assertEquals(await modeOf(["--count", "5"], input), { kind: "count", count: 5 });
    assertEquals(input.reads(), 0);
  }
});

Deno.test("chooseMode() refuses an empty standard input unless --empty allows it", async () => {
  for (const args of [[], ["-"]]) {
    await assertRejects(() => modeOf(args, inputOf("")), UsageError, "Standard input is empty: give a TEXT to send");
    assertEquals(await modeOf([...args, "--empty"], inputOf("")), { kind: "once", body: bytes("") });
    assertEquals(await modeOf([...args, "--empty"], inputOf("piped")), { kind: "once", body: bytes("piped") });
  }
  assertEquals(await modeOf(["--empty"], inputOf(undefined)), { kind: "once", body: bytes("typed") });
});

Deno.test("chooseMode() sends lines, or runs a load test, when options ask for it", async () => {
  for (const text of [undefined, "", "piped"]) {
    const input = inputOf(text);
    assertEquals(await modeOf(["--lines", "--concurrency", "4"], input), { kind: "lines" });
    assertEquals((await modeOf(["--rate", "5", "--count", "2"], input)).kind, "load");
    assertEquals(input.reads(), 0);
  }
});
