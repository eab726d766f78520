import { assert, assertEquals } from "@std/assert";
import { spawnChild } from "../../../lib/own_children.ts";
import { PipeFinder, ProgramPipes } from "../../../lib/worker/exec/program_pipes.ts";
import { Context } from "../../../lib/zmq/context.ts";
import { loadLibrary } from "../../../lib/zmq/library.ts";
import { Waiter } from "../../../lib/zmq/waiter.ts";
import { within } from "../../harness/deadline.ts";
import { scenario } from "../../harness/scenario.ts";

const IS_LINUX = Deno.build.os === "linux";

/** Starts a program in the shell and finds its pipes, when a process of its own has written a line to standard error. */
async function start(script: string) {
  const finder = PipeFinder.open();
  const process = spawnChild("sh", {
    args: ["-c", script],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
    detached: true,
  });
  const errors = process.stderr.getReader();
  await errors.read();
  await errors.cancel();
  return { process, ends: finder?.find(process) };
}

async function closeStreams(process: Deno.ChildProcess): Promise<void> {
  await process.stdin.close().catch(() => {});
  await process.stdout.cancel();
  await process.status;
}

scenario(
  "PipeFinder finds a program's pipes, through which ProgramPipes writes and reads everything",
  ["ffi", "shell"],
  async () => {
    if (!IS_LINUX) return;
    const library = await loadLibrary();
    using context = Context.open(library);
    await using waiter = new Waiter(library, context);
    const { process, ends } = await start("(echo ready >&2); cat");
    assert(ends !== undefined);
    let size = 0;
    const first = Promise.withResolvers<Uint8Array>();
    const pipes = new ProgramPipes(ends, waiter, (chunk) => {
      first.resolve(chunk);
      size += chunk.length;
    });
    assertEquals(pipes.write(new TextEncoder().encode("short\n")), undefined);
    assertEquals(new TextDecoder().decode(await first.promise), "short\n");
    // More than the pipes hold together, in two pieces of which the second has to wait for the first.
    const long = new Uint8Array(1_000_000).fill(120);
    const written = [pipes.write(long), pipes.write(long)];
    pipes.closeInput();
    await within(Promise.all([...written, pipes.outputEnded]), () => "the end of a program's output");
    assertEquals(size, 2_000_006);
    await pipes.close();
    await process.status;
  },
);

scenario("ProgramPipes drops what the program will not read", ["ffi", "shell"], async () => {
  if (!IS_LINUX) return;
  const library = await loadLibrary();
  using context = Context.open(library);
  await using waiter = new Waiter(library, context);
  const { process, ends } = await start("exec <&-; (echo ready >&2); exec sleep 60");
  // Its input is closed, and so it cannot be found.
  assertEquals(ends, undefined);
  process.kill();
  await closeStreams(process);
  const other = await start("(echo ready >&2); read line; exec <&-; sleep 0.2");
  assert(other.ends !== undefined);
  const pipes = new ProgramPipes(other.ends, waiter, () => {});
  await within(pipes.write(new Uint8Array(1_000_000).fill(10))!, () => "the end of a write that nobody reads");
  await within(pipes.outputEnded, () => "the end of a program's output");
  await pipes.close();
  await other.process.status;
});

scenario("PipeFinder finds nothing when the program has sent its output elsewhere", ["ffi", "shell"], async () => {
  for (const redirection of ["1>&2", ">/dev/null"]) {
    const { process, ends } = await start(`exec ${redirection}; (echo ready >&2); read line`);
    assertEquals(ends, undefined);
    await closeStreams(process);
  }
});
