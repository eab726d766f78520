import { assertEquals, assertMatch, assertNotEquals, assertRejects } from "@std/assert";
import { JobError, type JobErrorCode } from "../../../lib/worker/job_error.ts";
import {
  KeptProgramPerformer,
  type KeptProgramPerformerOptions,
} from "../../../lib/worker/exec/persistent_executor.ts";
import { PYTHON } from "../../harness/capabilities.ts";
import { within } from "../../harness/deadline.ts";
import { Folder } from "../../harness/folder.ts";
import { framesOf, perform, textsOf } from "../../harness/jobs.ts";
import { Lifeline } from "../../harness/lifeline.ts";
import { scenario } from "../../harness/scenario.ts";

const NEEDS_SHELL = ["shell"] as const;
const NEEDS_PYTHON = ["python"] as const;

const shell = (script: string, options?: KeptProgramPerformerOptions) =>
  new KeptProgramPerformer(["sh", "-c", script], options);

/** A program in Python: `answer(frames)` is what it does with a request, `served` how many it has answered. */
const python = (answer: string, options?: KeptProgramPerformerOptions) =>
  new KeptProgramPerformer([
    PYTHON,
    "-c",
    `
import json, os, sys
def reply(value): print(json.dumps(value), flush=True)
for served, line in enumerate(sys.stdin):
    frames = json.loads(line)
${answer.replace(/^/gm, "    ")}`,
  ], options);

/** Waits for the error of a job, and checks its code. */
async function failure(job: () => Promise<unknown>, code: JobErrorCode): Promise<JobError> {
  const error = await assertRejects(job, JobError);
  assertEquals(error.code, code, error.message);
  return error;
}

/** A performer's option, and the first reason it is given. */
function firstIdleEnd(): { onIdleEnd: (reason: JobError) => void; reason: Promise<JobError> } {
  const { promise, resolve } = Promise.withResolvers<JobError>();
  return { onIdleEnd: resolve, reason: within(promise, () => "the end of an idle program") };
}

scenario("KeptProgramPerformer gives one process a line for each request", NEEDS_PYTHON, async () => {
  await using performer = python("reply([str(served), str(os.getpid()), *reversed(frames)])");
  await performer.ready();
  const [, pid] = textsOf(await perform(performer, "first"));
  assertEquals(textsOf(await perform(performer, framesOf("a", "é\n", ""))), ["1", pid!, "", "é\n", "a"]);
  assertEquals(textsOf(await perform(performer, [])), ["2", pid!]);
});

scenario("KeptProgramPerformer returns large and binary frames byte for byte", NEEDS_SHELL, async () => {
  const binary = new Uint8Array(1024 * 1024 + 1).map((_, index) => index * 31 + (index >> 8));
  const text = new TextEncoder().encode('"\\\n\u2028é'.repeat(100_000));
  await using performer = shell("cat");
  assertEquals(await perform(performer, [binary, text]), [binary, text]);
});

scenario("KeptProgramPerformer waits for a program that is slow to start", ["shell", "files"], async () => {
  using folder = new Folder();
  await using performer = shell(`while ! test -e '${folder.file("loaded")}'; do sleep 0.01; done; cat`);
  await performer.ready();
  const job = perform(performer, "x");
  await Deno.writeTextFile(folder.file("loaded"), "");
  assertEquals(textsOf(await job), ["x"]);
});

scenario(
  "KeptProgramPerformer hands a job back when the program answers an error, and keeps it",
  NEEDS_PYTHON,
  async () => {
    await using performer = python('reply({"error": "no such image"} if frames == ["bad"] else [str(os.getpid())])');
    const before = textsOf(await perform(performer, "good"));
    const error = await failure(() => perform(performer, "bad"), "REFUSED");
    assertEquals(error.message, 'Program "python3" refused the job: no such image');
    await performer.ready();
    assertEquals(textsOf(await perform(performer, "good")), before);
  },
);

scenario("KeptProgramPerformer starts the program again when it printed what is no reply", NEEDS_PYTHON, async () => {
  const cases: Record<string, RegExp> = {
    "garbage": /^Program "python3" wrote a line that is no reply: .*not valid JSON$/,
    "": / wrote a line that is no reply: nothing$/,
    "{}": /: frames are an array, not an object$/,
    '{"error": 1}': /: frames are an array, not an object$/,
    "[1]": /: frame 0 must be a string or /,
  };
  for (const [line, message] of Object.entries(cases)) {
    await using performer = python(`
print("why", file=sys.stderr, flush=True)
if frames == ["bad"]: print(${JSON.stringify(line)}, flush=True)
else: reply([str(os.getpid())])`);
    const before = textsOf(await perform(performer, "good"));
    const error = await failure(() => perform(performer, "bad"), "BAD_REPLY");
    assertMatch(error.message, message);
    assertEquals(error.details, { stderr: "why\nwhy" });
    await performer.ready();
    assertNotEquals(textsOf(await perform(performer, "good")), before);
  }
});

scenario("KeptProgramPerformer rejects when the program ends instead of a reply", NEEDS_PYTHON, async () => {
  const cases: [string, JobErrorCode, string][] = [
    ["sys.exit('out of memory')", "EXITED", 'Program "python3" ended with exit code 1 before it answered'],
    ["os.kill(os.getpid(), 11)", "KILLED", 'Program "python3" was ended by SIGSEGV before it answered'],
    // Half a line is not nothing: this program did not leave between two jobs.
    [
      "print('[', end='', flush=True); sys.exit(0)",
      "EXITED",
      'Program "python3" ended with exit code 0 before it answered',
    ],
    ["os.close(1); os.read(0, 1)", "EXITED", 'Program "python3" closed its standard output before it answered'],
  ];
  for (const [end, code, message] of cases) {
    await using performer = python(`if frames == ["bad"]: ${end}\nreply(frames)`);
    assertEquals((await failure(() => perform(performer, "bad"), code)).message, message);
    await performer.ready();
    assertEquals(textsOf(await perform(performer, "good")), ["good"]);
  }
});

scenario("KeptProgramPerformer loses no job when the program ends after each", NEEDS_PYTHON, async () => {
  await using performer = python("reply([str(os.getpid())]); sys.exit(0)");
  const pids = new Set<string>();
  for (let count = 0; count < 5; count++) pids.add(textsOf(await perform(performer, "x"))[0]!);
  assertEquals(pids.size, 5);
});

scenario("KeptProgramPerformer rejects when the program ends with 0 twice for a job", ["shell", "files"], async () => {
  using folder = new Folder();
  await using performer = shell(`read line; echo started >> '${folder.file("starts")}'`);
  const error = await failure(() => perform(performer, "x"), "EXITED");
  assertEquals(error.message, 'Program "sh" ended with exit code 0 before it answered, twice');
  assertEquals(await Deno.readTextFile(folder.file("starts")), "started\nstarted\n");
});

scenario("KeptProgramPerformer tells of a program that ends while idle, and starts it again", NEEDS_SHELL, async () => {
  const { onIdleEnd, reason } = firstIdleEnd();
  await using performer = shell('read line; echo "$line"; echo bye >&2; exit 7', { onIdleEnd });
  assertEquals(textsOf(await perform(performer, "x")), ["x"]);
  const error = await reason;
  assertEquals([error.code, error.message], ["EXITED", 'Program "sh" ended with exit code 7 while it had no job']);
  assertEquals(error.details, { stderr: "bye" });
  assertEquals(textsOf(await perform(performer, "y")), ["y"]);
});

scenario("KeptProgramPerformer starts a program that ended while idle before the next job comes", [
  "shell",
  "files",
], async () => {
  using folder = new Folder();
  await using lifeline = new Lifeline(folder);
  const idleEnds: string[] = [];
  await using performer = shell(
    `
    echo start >> '${folder.file("starts")}'
    test "$(wc -l < '${folder.file("starts")}')" -gt 3 || exit 1
    while ! test -e '${lifeline.path}'; do sleep 0.01; done; echo there > '${lifeline.path}'
    exec cat`,
    { onIdleEnd: ({ message }) => idleEnds.push(message) },
  );
  await performer.ready();
  await lifeline.taken();
  assertEquals(idleEnds, Array(3).fill('Program "sh" ended with exit code 1 while it had no job'));
  assertEquals(textsOf(await perform(performer, "x")), ["x"]);
});

scenario("KeptProgramPerformer never takes a line too many for the next reply", NEEDS_SHELL, async () => {
  const { onIdleEnd, reason } = firstIdleEnd();
  await using performer = shell('while read line; do printf "%s\\n[\\"too many\\"]\\n" "$line"; done', { onIdleEnd });
  assertEquals(textsOf(await perform(performer, "x")), ["x"]);
  assertEquals((await reason).message, 'Program "sh" wrote to its standard output without a request');
  assertEquals(textsOf(await perform(performer, "y")), ["y"]);
});

scenario("KeptProgramPerformer never takes what a program prints before its first request for a reply", [
  "shell",
  "files",
], async () => {
  using folder = new Folder();
  const { onIdleEnd, reason } = firstIdleEnd();
  const first = folder.file("first");
  await using performer = shell(`test -e '${first}' || { : > '${first}'; echo '["loading"]'; }; cat`, { onIdleEnd });
  await performer.ready();
  assertEquals((await reason).code, "BAD_REPLY");
  assertEquals(textsOf(await perform(performer, "x")), ["x"]);
});

scenario("KeptProgramPerformer rejects when a line is longer than a reply may be", NEEDS_SHELL, async () => {
  await using performer = shell("yes | tr -d '\\n'", { maxReplyBytes: 64 * 1024 });
  const error = await failure(() => perform(performer, "x"), "REPLY_TOO_LONG");
  assertEquals(error.message, 'Program "sh" wrote a line of more than 64KiB');
});

scenario("KeptProgramPerformer ends the program, with all it started, when the job is aborted", [
  "shell",
  "files",
], async () => {
  using folder = new Folder();
  await using lifeline = new Lifeline(folder);
  const awaitLifeline = `while ! test -e '${lifeline.path}'; do sleep 0.01; done`;
  await using performer = shell(`
    read line
    test "$line" = '["good"]' && echo "$line" && exec cat
    ${awaitLifeline}; exec 9>'${lifeline.path}'; echo there >&9
    sleep 1000 & sleep 1000`);
  const end = new AbortController();
  const job = perform(performer, "bad", end.signal);
  await lifeline.taken();
  end.abort(new Error("it took longer than 5 s"));
  assertEquals((await failure(() => job, "ABORTED")).message, 'Program "sh" was killed: it took longer than 5 s');
  await lifeline.gone();
  await performer.ready();
  assertEquals(textsOf(await perform(performer, "good")), ["good"]);
});

scenario("KeptProgramPerformer rejects when the program cannot be started", NEEDS_SHELL, async () => {
  await using performer = new KeptProgramPerformer(["no-such-program"]);
  const error = await failure(() => performer.ready(), "NOT_STARTED");
  assertMatch(error.message, /^Cannot start program "no-such-program": there is no such program/);
  await failure(() => perform(performer, "x"), "NOT_STARTED");
});

scenario("KeptProgramPerformer ends the program's input when it is disposed", ["shell", "files"], async () => {
  using folder = new Folder();
  const idleEnds: string[] = [];
  const performer = shell(`cat; echo done > '${folder.file("end")}'`, {
    onIdleEnd: ({ message }) => idleEnds.push(message),
  });
  await performer.ready();
  await performer[Symbol.asyncDispose]();
  assertEquals(await Deno.readTextFile(folder.file("end")), "done\n");
  assertEquals(idleEnds, []);
});

scenario("KeptProgramPerformer kills a program that goes on when it is disposed", ["shell", "files"], async () => {
  using folder = new Folder();
  await using lifeline = new Lifeline(folder);
  const awaitLifeline = `while ! test -e '${lifeline.path}'; do sleep 0.01; done`;
  const performer = shell(`${awaitLifeline}; exec 9>'${lifeline.path}'; echo there >&9; sleep 1000 & sleep 1000`);
  await performer.ready();
  await lifeline.taken();
  await performer[Symbol.asyncDispose]();
  await lifeline.gone();
});

scenario("KeptProgramPerformer kills a program that has no job when it is told to", ["shell", "files"], async () => {
  using folder = new Folder();
  await using lifeline = new Lifeline(folder);
  const awaitLifeline = `while ! test -e '${lifeline.path}'; do sleep 0.01; done`;
  const kill = new AbortController();
  const idleEnds: string[] = [];
  await using performer = shell(
    `${awaitLifeline}; exec 9>'${lifeline.path}'; echo there >&9; sleep 1000 & sleep 1000`,
    { kill: kill.signal, onIdleEnd: ({ message }) => idleEnds.push(message) },
  );
  await performer.ready();
  await lifeline.taken();
  kill.abort();
  await lifeline.gone();
  assertEquals(idleEnds, []);
});

scenario("KeptProgramPerformer rejects the job that runs when it is disposed", NEEDS_SHELL, async () => {
  const cases: [string, JobErrorCode][] = [["cat > /dev/null", "EXITED"], ["exec sleep 1000", "KILLED"]];
  for (const [script, code] of cases) {
    const performer = shell(script);
    // More than a pipe takes, so that the request is still being written to the program that reads nothing.
    const job = failure(() => perform(performer, [new Uint8Array(1024 * 1024)]), code);
    await performer[Symbol.asyncDispose]();
    await job;
  }
});
