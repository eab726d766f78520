import { assert, assertEquals, assertMatch, assertRejects, fail } from "@std/assert";
import { JobError } from "../../../lib/worker/job_error.ts";
import { ProcessExecutor, type ProcessExecutorOptions } from "../../../lib/worker/exec/process_executor.ts";
import { PYTHON } from "../../harness/capabilities.ts";
import { within } from "../../harness/deadline.ts";
import { Folder } from "../../harness/folder.ts";
import { execute, framesOf, textsOf } from "../../harness/jobs.ts";
import { Lifeline } from "../../harness/lifeline.ts";
import { scenario } from "../../harness/scenario.ts";

const NEEDS = ["shell"] as const;

const shell = (script: string, options?: ProcessExecutorOptions) => new ProcessExecutor(["sh", "-c", script], options);
const python = (script: string, options?: ProcessExecutorOptions) =>
  new ProcessExecutor([PYTHON, "-c", script], options);

/** The start of a script that waits for a file. */
const untilExists = (path: string) => `while ! test -e '${path}'; do sleep 0.01; done; `;

/** Waits for the error of a job, and checks its code. */
async function failure(job: () => Promise<unknown>, code: string): Promise<JobError> {
  const error = await assertRejects(job, JobError);
  assertEquals(error.code, code, error.message);
  return error;
}

scenario("ProcessExecutor gives the body on standard input and the reply from standard output", NEEDS, async () => {
  await using executor = shell("tr a-z A-Z");
  await executor.ready();
  assertEquals(textsOf(await execute(executor, "hello\n")), ["HELLO\n"]);
  assertEquals(textsOf(await execute(executor, "")), [""]);
  assertEquals(textsOf(await execute(executor, [])), [""]);
});

scenario("ProcessExecutor gives an empty reply when the program prints nothing", NEEDS, async () => {
  await using executor = shell("cat > /dev/null");
  assertEquals(textsOf(await execute(executor, "hello")), [""]);
});

scenario("ProcessExecutor returns a large body byte for byte", NEEDS, async () => {
  const body = new Uint8Array(1024 * 1024 + 1).map((_, index) => index * 31 + (index >> 8));
  await using executor = shell("cat");
  const [reply, ...more] = await execute(executor, [body]);
  assertEquals(more, []);
  assertEquals(reply, body);
});

scenario("ProcessExecutor gives all frames as JSON when told so", NEEDS, async () => {
  const frames = [...framesOf("a", "", "é\n"), new Uint8Array([0, 0xff])];
  await using cat = shell("cat", { framesFormat: "json" });
  assertEquals(await execute(cat, frames), frames);
  assertEquals(await execute(cat, []), []);
  await using sees = shell(`printf '["'; od -An -tx1 | tr -d ' \\n'; printf '"]'`, { framesFormat: "json" });
  const seen = String.raw`["a","","\u00e9\n",{"base64":"AP8="}]`;
  assertEquals(textsOf(await execute(sees, frames)), [new TextEncoder().encode(seen).toHex()]);
});

scenario("ProcessExecutor rejects and advises JSON when a body has several frames", NEEDS, async () => {
  await using executor = shell("cat");
  const error = await failure(() => execute(executor, framesOf("a", "b")), "BAD_REQUEST");
  assertEquals(error.message, 'Cannot give 2 frames to program "sh" as one body: use --frames json');
});

scenario("ProcessExecutor rejects when the output is no JSON of frames", NEEDS, async () => {
  const cases: Record<string, RegExp> = {
    "true": /^Program "sh" wrote an invalid reply: nothing$/,
    "printf hello": /^Program "sh" wrote an invalid reply: .*not valid JSON$/,
    "echo '[1]'": /^Program "sh" wrote an invalid reply: frame 0 must be a string or /,
    "printf '[\"\\377\"]'": /^Program "sh" wrote an invalid reply: not UTF-8$/,
  };
  for (const [script, message] of Object.entries(cases)) {
    await using executor = shell(`cat > /dev/null; ${script}`, { framesFormat: "json" });
    assertMatch((await failure(() => execute(executor, "x"), "BAD_REPLY")).message, message);
  }
});

scenario(
  "ProcessExecutor replies with what was printed when the program ends with the poison exit code",
  NEEDS,
  async () => {
    const cases: [script: string, framesFormat: "body" | "json", reply: string[]][] = [
      ["echo bad input", "body", ["bad input\n"]],
      ["true", "body", [""]],
      [`echo '["bad", "input"]'`, "json", ["bad", "input"]],
      ["true", "json", [""]],
      ["printf '[]'", "json", ["[]"]],
      ["printf 'bad input'", "json", ["bad input"]],
    ];
    for (const [script, framesFormat, reply] of cases) {
      const ends: JobError[] = [];
      await using executor = shell(`cat > /dev/null; echo why >&2; ${script}; exit 65`, {
        framesFormat,
        poisonExit: 65,
        onPoison: (_, end) => ends.push(end),
      });
      assertEquals(textsOf(await execute(executor, "x")), reply, script);
      const told = ends.map(({ message, details }) => [message, details.stderr]);
      assertEquals(told, [['Program "sh" ended with exit code 65', "why"]]);
    }
  },
);

scenario(
  "ProcessExecutor rejects when the program ends in any other way than with the poison exit code",
  NEEDS,
  async () => {
    for (const [script, code] of [["exit 66", "EXITED"], ["kill -1 $$", "KILLED"]] as const) {
      await using executor = shell(script, { poisonExit: 129, onPoison: () => fail("No request is at fault") });
      await failure(() => execute(executor, "x"), code);
    }
  },
);

scenario(
  "ProcessExecutor gives what a program wrote to standard error that succeeded, when it is asked to",
  NEEDS,
  async () => {
    const seen: unknown[] = [];
    const onErrors = (...args: unknown[]) => seen.push(args);
    await using executor = shell("read what; test $what = loud && echo note >&2; echo $what", { onErrors });
    for (const what of ["loud\n", "quiet\n"]) assertEquals(textsOf(await execute(executor, what)), [what]);
    assertEquals(seen, [[1, "note"]]);
  },
);

scenario("ProcessExecutor rejects with the last lines of standard error when the program fails", NEEDS, async () => {
  await using executor = shell("seq 1 100000 >&2; echo not a reply; exit 3");
  const error = await failure(() => execute(executor, "x"), "EXITED");
  assertEquals(error.message, 'Program "sh" ended with exit code 3');
  assertEquals(error.details.stderr, Array.from({ length: 20 }, (_, line) => `${99981 + line}`).join("\n"));
});

scenario("ProcessExecutor rejects when a signal ends the program", NEEDS, async () => {
  await using executor = shell("kill -SEGV $$");
  const error = await failure(() => execute(executor, "x"), "KILLED");
  assertEquals([error.message, error.details], ['Program "sh" was ended by SIGSEGV', {}]);
});

scenario("ProcessExecutor keeps standard error out of the reply", NEEDS, async () => {
  await using executor = shell("echo note >&2; cat; echo more >&2");
  assertEquals(textsOf(await execute(executor, "hello")), ["hello"]);
});

scenario("ProcessExecutor takes the reply of a program that closes its input early", NEEDS, async () => {
  const body = new Uint8Array(8 * 1024 * 1024);
  // The second runs on for so long that the closed input is noticed.
  for (const script of ["head -c 3", "exec 0<&-; head -c 1048576 /dev/zero >&2; printf abc", "printf abc"]) {
    await using executor = shell(script);
    const [reply] = await execute(executor, [body]);
    assertEquals(reply!.length, 3, script);
  }
});

scenario("ProcessExecutor rejects when the program is missing or not executable", ["shell", "files"], async () => {
  using folder = new Folder();
  await Deno.writeTextFile(folder.file("text"), "#!/bin/sh\n");
  await Deno.writeTextFile(folder.file("script"), "#!/no/such/interpreter\n", { mode: 0o755 });
  const cases: [string, RegExp][] = [
    ["no-such-program", /^Cannot start program "no-such-program": there is no such program; /],
    ["", /^Cannot start program "": there is no such program; /],
    [folder.file("missing"), /^Cannot start program ".*missing": there is no such program; /],
    [folder.file("text"), /^Cannot start program ".*text": it is not executable; see chmod\(1\)$/],
    [folder.path, /: it is a folder, not a program$/],
    [folder.file("script"), /: its first line names "\/no\/such\/interpreter", which cannot be started: /],
  ];
  for (const [program, message] of cases) {
    await using executor = new ProcessExecutor([program]);
    assertMatch((await failure(() => executor.ready(), "NOT_STARTED")).message, message);
    assertMatch((await failure(() => execute(executor, "x"), "NOT_STARTED")).message, /^Cannot start program /);
  }
  await using executor = new ProcessExecutor(["/bin/sh", "-c", "cat |"]);
  assertMatch(
    (await failure(() => executor.ready(), "NOT_STARTED")).message,
    /^Cannot run the command "cat \|": the shell /,
  );
});

scenario("ProcessExecutor finds programs by path and in PATH", ["shell", "files"], async () => {
  using folder = new Folder();
  await Deno.writeTextFile(folder.file("a program"), "#!/bin/sh\nexec cat\n", { mode: 0o755 });
  for (const program of [folder.file("a program"), "cat"]) {
    await using executor = new ProcessExecutor([program]);
    await executor.ready();
    assertEquals(textsOf(await execute(executor, "x")), ["x"]);
  }
});

scenario("ProcessExecutor ends a program that hangs, with all it started, when the job is aborted", [
  ...NEEDS,
  "files",
], async () => {
  using folder = new Folder();
  await using lifeline = new Lifeline(folder);
  const script = `echo busy >&2; exec 9>'${lifeline.path}'; echo there >&9; (sleep 1000 & sleep 1000) & sleep 1000`;
  await using executor = shell(untilExists(lifeline.path) + script);
  const end = new AbortController();
  const job = execute(executor, "x", end.signal);
  await lifeline.taken();
  end.abort(new Error("it took longer than 5 s"));
  const error = await failure(() => job, "ABORTED");
  assertEquals([error.message, error.details], ['Program "sh" was killed: it took longer than 5 s', {
    stderr: "busy",
  }]);
  await lifeline.gone();
});

scenario("ProcessExecutor rejects when the job was aborted before", NEEDS, async () => {
  await using executor = shell("sleep 1000");
  await failure(() => execute(executor, "x", AbortSignal.abort()), "ABORTED");
});

scenario(
  "ProcessExecutor ends what a program that has ended left in the background",
  [...NEEDS, "files"],
  async () => {
    using folder = new Folder();
    await using lifeline = new Lifeline(folder);
    // It holds standard output and error.
    const background = `{ echo there >&9; exec sleep 1000; } 9>'${lifeline.path}' &`;
    await using executor = shell(`${untilExists(lifeline.path)} ${background} ${untilExists(folder.file("go"))} cat`);
    const job = execute(executor, "hello");
    await lifeline.taken();
    await Deno.writeTextFile(folder.file("go"), "");
    assertEquals(textsOf(await job), ["hello"]);
    await lifeline.gone();
  },
);

scenario("ProcessExecutor does not wait for a process that has left the group with its streams", [
  "python",
  "shell",
  "files",
], async () => {
  using folder = new Folder();
  await using lifeline = new Lifeline(folder);
  const script = `${untilExists(lifeline.path)} exec 9>'${lifeline.path}'; echo there >&9; exec sleep 1000`;
  await using executor = python(`
import subprocess
print(subprocess.Popen(["sh", "-c", ${JSON.stringify(script)}], start_new_session=True).pid)`);
  // More than a pipe takes: nobody reads it, but it could be read.
  const body = new Uint8Array(1024 * 1024);
  const [pid] = textsOf(await within(execute(executor, [body]), () => "a reply"));
  await lifeline.taken();
  Deno.kill(Number(pid), "SIGKILL");
  await lifeline.gone();
});

scenario("ProcessExecutor rejects when the program writes more than a reply may have", NEEDS, async () => {
  await using endless = shell("yes", { maxReplyBytes: 64 * 1024 });
  const error = await failure(() => execute(endless, "x"), "REPLY_TOO_LONG");
  assertEquals(error.message, 'Program "sh" wrote more than 64KiB');
  await using exact = shell("head -c 5 /dev/zero", { maxReplyBytes: 5 });
  assertEquals((await execute(exact, "x"))[0]!.length, 5);
});

scenario("ProcessExecutor ends the running program when it is disposed", NEEDS, async () => {
  const executor = shell("sleep 1000");
  const job = failure(() => execute(executor, "x"), "KILLED");
  await executor[Symbol.asyncDispose]();
  await job;
});

scenario("ProcessExecutor gives a program its own environment and folder", [...NEEDS, "files"], async () => {
  await using executor = shell('pwd; echo "$HOME"');
  const home = Deno.env.get("HOME") ?? "";
  const [reply] = textsOf(await execute(executor, ""));
  assert(reply === `${Deno.cwd()}\n${home}\n`, reply);
});
