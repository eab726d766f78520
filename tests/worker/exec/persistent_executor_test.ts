import { assert, assertEquals, assertMatch, assertNotEquals, assertRejects } from "@std/assert";
import { delay } from "../../../lib/delay.ts";
import { JobError, type JobErrorCode } from "../../../lib/worker/job_error.ts";
import { PersistentExecutor, type PersistentExecutorOptions } from "../../../lib/worker/exec/persistent_executor.ts";
import { Context } from "../../../lib/zmq/context.ts";
import { loadLibrary } from "../../../lib/zmq/library.ts";
import { Waiter } from "../../../lib/zmq/waiter.ts";
import { type Need, PYTHON } from "../../harness/capabilities.ts";
import { WAIT_MS, within } from "../../harness/deadline.ts";
import { Folder } from "../../harness/folder.ts";
import { execute, framesOf, textsOf } from "../../harness/jobs.ts";
import { Lifeline } from "../../harness/lifeline.ts";
import { scenario } from "../../harness/scenario.ts";

const NEEDS_SHELL = ["shell"] as const;
const NEEDS_PYTHON = ["python"] as const;

/** Waits for the output of a test's programs; `undefined`: Deno does. */
let waiter: Waiter | undefined;

/** Registers a test whose programs have pipes that the worker reads itself, where it can. */
function onPipes(name: string, needs: readonly Need[], test: () => Promise<void>): void {
  scenario(name, [...needs, "ffi"], async () => {
    const library = await loadLibrary();
    using context = Context.open(library);
    await using opened = new Waiter(library, context, { blockMs: 2 });
    waiter = opened;
    try {
      await test();
    } finally {
      waiter = undefined;
    }
  });
}

/** The same, and once more with Deno's streams. */
function onBoth(name: string, needs: readonly Need[], test: () => Promise<void>): void {
  onPipes(name, needs, test);
  scenario(`${name}, by Deno's streams`, needs, test);
}

const start = (argv: readonly string[], options?: PersistentExecutorOptions) =>
  new PersistentExecutor(argv, waiter === undefined ? options : { ...options, waiter });

const shell = (script: string, options?: PersistentExecutorOptions) => start(["sh", "-c", script], options);

/** A program in Python: `answer(frames)` is what it does with a request, `served` how many it has answered. */
const python = (answer: string, options?: PersistentExecutorOptions) =>
  start([
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

/** An executor's option, and the first reason it is given. */
function firstIdleEnd(): { onIdleEnd: (reason: JobError) => void; reason: Promise<JobError> } {
  const { promise, resolve } = Promise.withResolvers<JobError>();
  return { onIdleEnd: resolve, reason: within(promise, () => "the end of an idle program") };
}

onBoth("PersistentExecutor gives one process a line for each request", NEEDS_PYTHON, async () => {
  await using executor = python("reply([str(served), str(os.getpid()), *reversed(frames)])");
  await executor.ready();
  const [, pid] = textsOf(await execute(executor, "first"));
  assertEquals(textsOf(await execute(executor, framesOf("a", "é\n", ""))), ["1", pid!, "", "é\n", "a"]);
  assertEquals(textsOf(await execute(executor, [])), ["2", pid!]);
});

onPipes(
  "PersistentExecutor gives what the program wrote to standard error since its last job, when it is asked to",
  NEEDS_PYTHON,
  async () => {
    const seen: string[] = [];
    await using executor = python('import os\nif frames[0]: os.write(2, f"{frames[0]}\\n".encode())\nreply(frames)', {
      onErrors: (_, lines) => seen.push(lines),
    });
    for (const [index, text] of ["first", "second"].entries()) {
      await execute(executor, text);
      // What it wrote before its reply may be read after it: then it comes with the next job.
      while (seen.length === index) await execute(executor, "");
    }
    await execute(executor, "");
    assertEquals(seen, ["first", "second"]);
  },
);

/** Programs that echo lines, which they read as their platform does. */
const LINE_READERS: readonly (readonly [string, Need, readonly string[]])[] = [
  ["Python", "python", [PYTHON, "-c", "import sys\nfor line in sys.stdin: print(line.strip(), flush=True)"]],
  ["Python's splitlines in Latin-1", "python", [
    PYTHON,
    "-c",
    `import sys
sys.stdin.reconfigure(encoding="latin-1")
for text in sys.stdin:
    for line in text.splitlines(): print(line, flush=True)`,
  ]],
  ["node:readline", "programs", [
    Deno.execPath(),
    "eval",
    `import { createInterface } from "node:readline";
    for await (const line of createInterface({ input: process.stdin })) console.log(line);`,
  ]],
];

for (const [name, need, argv] of LINE_READERS) {
  onPipes(`PersistentExecutor gives one line a request to ${name}, whatever is in it`, [need], async () => {
    await using executor = start(argv);
    const request = "a\rb\x0bc\x0cd\x1ce\x85f\u2028g\u2029hÅ";
    for (let count = 0; count < 2; count++) assertEquals(textsOf(await execute(executor, request)), [request]);
  });
}

onBoth("PersistentExecutor returns large and binary frames byte for byte", NEEDS_SHELL, async () => {
  const binary = new Uint8Array(1024 * 1024 + 1).map((_, index) => index * 31 + (index >> 8));
  const text = new TextEncoder().encode('"\\\n\u2028é'.repeat(100_000));
  await using executor = shell("cat");
  assertEquals(await execute(executor, [binary, text]), [binary, text]);
});

onPipes("PersistentExecutor waits for a program that is slow to start", ["shell", "files"], async () => {
  using folder = new Folder();
  await using executor = shell(`while ! test -e '${folder.file("loaded")}'; do sleep 0.01; done; cat`);
  await executor.ready();
  const job = execute(executor, "x");
  await Deno.writeTextFile(folder.file("loaded"), "");
  assertEquals(textsOf(await job), ["x"]);
});

onPipes(
  "PersistentExecutor hands a job back when the program answers an error, and keeps it",
  NEEDS_PYTHON,
  async () => {
    await using executor = python('reply({"error": "no such image"} if frames == ["bad"] else [str(os.getpid())])');
    const before = textsOf(await execute(executor, "good"));
    const error = await failure(() => execute(executor, "bad"), "REFUSED");
    assertEquals(error.message, 'Program "python3" refused the job: no such image');
    await executor.ready();
    assertEquals(textsOf(await execute(executor, "good")), before);
  },
);

onPipes("PersistentExecutor starts the program again when it printed what is no reply", NEEDS_PYTHON, async () => {
  const cases: Record<string, RegExp> = {
    "garbage": /^Program "python3" wrote an invalid reply: .*not valid JSON$/,
    "": / wrote an invalid reply: nothing$/,
    "{}": /: frames must be an array, not an object$/,
    '{"error": 1}': /: frames must be an array, not an object$/,
    "[1]": /: frame 0 must be a string or /,
  };
  for (const [line, message] of Object.entries(cases)) {
    await using executor = python(`
print("why", file=sys.stderr, flush=True)
if frames == ["bad"]: print(${JSON.stringify(line)}, flush=True)
else: reply([str(os.getpid())])`);
    const before = textsOf(await execute(executor, "good"));
    const error = await failure(() => execute(executor, "bad"), "BAD_REPLY");
    assertMatch(error.message, message);
    assertEquals(error.details, { stderr: "why\nwhy" });
    await executor.ready();
    assertNotEquals(textsOf(await execute(executor, "good")), before);
  }
});

onBoth(
  "PersistentExecutor rejects when the program ends instead of a reply",
  [...NEEDS_PYTHON, "long run"],
  async () => {
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
      await using executor = python(`if frames == ["bad"]: ${end}\nreply(frames)`);
      assertEquals((await failure(() => execute(executor, "bad"), code)).message, message);
      await executor.ready();
      assertEquals(textsOf(await execute(executor, "good")), ["good"]);
    }
  },
);

onPipes("PersistentExecutor loses no job when the program ends after each", NEEDS_PYTHON, async () => {
  await using executor = python("reply([str(os.getpid())]); sys.exit(0)");
  const pids = new Set<string>();
  for (let count = 0; count < 5; count++) pids.add(textsOf(await execute(executor, "x"))[0]!);
  assertEquals(pids.size, 5);
});

onPipes("PersistentExecutor rejects when the program ends with 0 twice for a job", ["shell", "files"], async () => {
  using folder = new Folder();
  await using executor = shell(`read line; echo started >> '${folder.file("starts")}'`);
  const error = await failure(() => execute(executor, "x"), "EXITED");
  assertEquals(error.message, 'Program "sh" ended with exit code 0 before it answered, twice');
  assertEquals(await Deno.readTextFile(folder.file("starts")), "started\nstarted\n");
});

onPipes("PersistentExecutor is not ready when the program ends at its start", NEEDS_SHELL, async () => {
  const cases: [script: string, message: string][] = [
    ["echo why >&2; exit 7", 'Program "sh" ended with exit code 7 before its first job'],
    ["echo why >&2; sleep 0.05", 'Program "sh" ended with exit code 0 before its first job'],
    ["echo why >&2; kill -9 $$", 'Program "sh" was ended by SIGKILL before its first job'],
    ["echo why >&2; exec >&-; sleep 1000", 'Program "sh" closed its standard output before its first job'],
    ["echo why >&2; echo; exec cat", 'Program "sh" wrote to its standard output without a request'],
  ];
  for (const [script, message] of cases) {
    const onIdleEnd = () => assert(false, "it is thrown already");
    // However late it ends, that is before.
    await using executor = shell(script, { onIdleEnd, proofMs: 2 * WAIT_MS });
    executor.onUnready = () => assert(false, "it was not ready before");
    const error = await assertRejects(() => executor.ready(), JobError);
    assertEquals([error.message, error.details], [message, { stderr: "why" }]);
  }
});

onPipes("PersistentExecutor.ready() resolves early when the worker ends", NEEDS_SHELL, async () => {
  const end = new AbortController();
  await using executor = shell("exec cat", { proofMs: 2 * WAIT_MS });
  const ready = executor.ready(end.signal);
  end.abort();
  await within(ready, () => "the worker's end");
  await executor.ready(end.signal);
});

onPipes("PersistentExecutor waits longer for a program that failed while it was loading", [
  "shell",
  "files",
], async () => {
  using folder = new Folder();
  const fails = folder.file("fails");
  const failAfter = async (ms: number) => {
    await delay(ms);
    await Deno.writeTextFile(fails, "");
  };
  const script = `until test -e '${fails}'; do sleep 0.01; done; rm '${fails}'; exit 3`;
  await using executor = shell(script, { proofMs: 30 });
  // It has run for long enough, as far as one can know.
  await executor.ready();
  await Promise.all([failure(() => execute(executor, "lost"), "EXITED"), failAfter(1000)]);
  // Twice as long as it took it to fail the last time, which is much longer than now.
  for (const ms of [500, 100]) await Promise.all([failure(() => executor.ready(), "EXITED"), failAfter(ms)]);
});

onPipes("PersistentExecutor is unready when the program fails while idle, until it has run again", [
  "shell",
  "files",
], async () => {
  using folder = new Folder();
  const { onIdleEnd, reason } = firstIdleEnd();
  const broken = folder.file("broken");
  await using executor = shell(`test -e '${broken}' && exit 5; read line; echo "$line"; echo bye >&2; exit 7`, {
    onIdleEnd,
  });
  const unready = Promise.withResolvers<void>();
  executor.onUnready = unready.resolve;
  await executor.ready();
  await Deno.writeTextFile(broken, "");
  assertEquals(textsOf(await execute(executor, "x")), ["x"]);
  const error = await reason;
  assertEquals([error.code, error.message], ["EXITED", 'Program "sh" ended with exit code 7 while it had no job']);
  assertEquals(error.details, { stderr: "bye" });
  await unready.promise;
  for (let count = 0; count < 2; count++) await failure(() => executor.ready(), "EXITED");
  await Deno.remove(broken);
  await executor.ready();
  assertEquals(textsOf(await execute(executor, "y")), ["y"]);
});

onPipes(
  "PersistentExecutor starts a program that has left before the next job comes",
  ["shell", "files"],
  async () => {
    using folder = new Folder();
    await using lifeline = new Lifeline(folder);
    const idleEnds: string[] = [];
    const starts = folder.file("starts");
    await using executor = shell(
      `
    echo start >> '${starts}'
    test "$(wc -l < '${starts}')" = 1 && read line && echo "$line" && exit 0
    while ! test -e '${lifeline.path}'; do sleep 0.01; done; echo there > '${lifeline.path}'
    exec cat`,
      { onIdleEnd: ({ message }) => idleEnds.push(message) },
    );
    executor.onUnready = () => assert(false, "it can take a job");
    await executor.ready();
    assertEquals(textsOf(await execute(executor, "x")), ["x"]);
    await lifeline.taken();
    assertEquals(idleEnds, ['Program "sh" ended with exit code 0 while it had no job']);
    assertEquals(textsOf(await execute(executor, "y")), ["y"]);
  },
);

onPipes(
  "PersistentExecutor is unready when a program that has left cannot be started again",
  ["shell", "files"],
  async () => {
    using folder = new Folder();
    const path = folder.file("program");
    await Deno.writeTextFile(path, '#!/bin/sh\nread line; echo "$line"\n', { mode: 0o755 });
    const idleEnds: string[] = [];
    await using executor = start([path], { onIdleEnd: ({ code }) => idleEnds.push(code) });
    const unready = Promise.withResolvers<void>();
    executor.onUnready = unready.resolve;
    await executor.ready();
    await Deno.rename(path, `${path}.away`);
    assertEquals(textsOf(await execute(executor, "x")), ["x"]);
    await within(unready.promise, () => "that it is unready");
    assertEquals(idleEnds, ["EXITED", "NOT_STARTED"]);
    await failure(() => executor.ready(), "NOT_STARTED");
    await Deno.rename(`${path}.away`, path);
    await executor.ready();
    assertEquals(textsOf(await execute(executor, "y")), ["y"]);
  },
);

onBoth("PersistentExecutor never takes a line too many for the next reply", NEEDS_SHELL, async () => {
  const { onIdleEnd, reason } = firstIdleEnd();
  await using executor = shell('while read line; do printf "%s\\n[\\"too many\\"]\\n" "$line"; done', { onIdleEnd });
  assertEquals(textsOf(await execute(executor, "x")), ["x"]);
  assertEquals((await reason).message, 'Program "sh" wrote to its standard output without a request');
  assertEquals(textsOf(await execute(executor, "y")), ["y"]);
});

onPipes("PersistentExecutor never takes what a program prints before its first request for a reply", [
  "shell",
  "files",
], async () => {
  using folder = new Folder();
  const { onIdleEnd, reason } = firstIdleEnd();
  const loaded = folder.file("loaded");
  const load = `while ! test -e '${loaded}'; do sleep 0.01; done; echo '["loading"]'`;
  await using executor = shell(`test -e '${loaded}' || { ${load}; }; cat`, { onIdleEnd });
  await executor.ready();
  await Deno.writeTextFile(loaded, "");
  assertEquals((await reason).code, "BAD_REPLY");
  assertEquals(textsOf(await execute(executor, "x")), ["x"]);
});

onPipes("PersistentExecutor rejects when a line is longer than a reply may be", NEEDS_SHELL, async () => {
  await using executor = shell("yes | tr -d '\\n'", { maxReplyBytes: 64 * 1024 });
  const error = await failure(() => execute(executor, "x"), "REPLY_TOO_LONG");
  assertEquals(error.message, 'Program "sh" wrote a line of more than 64KiB');
});

onBoth("PersistentExecutor ends the program, with all it started, when the job is aborted", [
  "shell",
  "files",
], async () => {
  using folder = new Folder();
  await using lifeline = new Lifeline(folder);
  const awaitLifeline = `while ! test -e '${lifeline.path}'; do sleep 0.01; done`;
  await using executor = shell(`
    read line
    test "$line" = '["good"]' && echo "$line" && exec cat
    ${awaitLifeline}; exec 9>'${lifeline.path}'; echo there >&9
    sleep 1000 & sleep 1000`);
  const end = new AbortController();
  const job = execute(executor, "bad", end.signal);
  await lifeline.taken();
  end.abort(new Error("it took longer than 5 s"));
  assertEquals((await failure(() => job, "ABORTED")).message, 'Program "sh" was killed: it took longer than 5 s');
  await lifeline.gone();
  await executor.ready();
  assertEquals(textsOf(await execute(executor, "good")), ["good"]);
});

onPipes("PersistentExecutor rejects when the program cannot be started", NEEDS_SHELL, async () => {
  await using executor = start(["no-such-program"]);
  const error = await failure(() => executor.ready(), "NOT_STARTED");
  assertMatch(error.message, /^Cannot start program "no-such-program": there is no such program/);
  await failure(() => execute(executor, "x"), "NOT_STARTED");
});

onPipes("PersistentExecutor ends the program's input when it is disposed", ["shell", "files"], async () => {
  using folder = new Folder();
  const idleEnds: string[] = [];
  const executor = shell(`cat; echo done > '${folder.file("end")}'`, {
    onIdleEnd: ({ message }) => idleEnds.push(message),
  });
  await executor.ready();
  await executor[Symbol.asyncDispose]();
  assertEquals(await Deno.readTextFile(folder.file("end")), "done\n");
  assertEquals(idleEnds, []);
});

onPipes("PersistentExecutor kills a program that goes on when it is disposed", ["shell", "files"], async () => {
  using folder = new Folder();
  await using lifeline = new Lifeline(folder);
  const awaitLifeline = `while ! test -e '${lifeline.path}'; do sleep 0.01; done`;
  const executor = shell(`${awaitLifeline}; exec 9>'${lifeline.path}'; echo there >&9; sleep 1000 & sleep 1000`);
  await executor.ready();
  await lifeline.taken();
  await executor[Symbol.asyncDispose]();
  await lifeline.gone();
});

onPipes("PersistentExecutor kills a program that has no job when it is told to", ["shell", "files"], async () => {
  using folder = new Folder();
  await using lifeline = new Lifeline(folder);
  const awaitLifeline = `while ! test -e '${lifeline.path}'; do sleep 0.01; done`;
  const kill = new AbortController();
  const idleEnds: string[] = [];
  await using executor = shell(
    `${awaitLifeline}; exec 9>'${lifeline.path}'; echo there >&9; sleep 1000 & sleep 1000`,
    { kill: kill.signal, onIdleEnd: ({ message }) => idleEnds.push(message) },
  );
  await executor.ready();
  await lifeline.taken();
  kill.abort();
  await lifeline.gone();
  assertEquals(idleEnds, []);
});

onPipes("PersistentExecutor rejects the job that runs when it is disposed", NEEDS_SHELL, async () => {
  const cases: [string, JobErrorCode][] = [["cat > /dev/null", "EXITED"], ["exec sleep 1000", "KILLED"]];
  for (const [script, code] of cases) {
    const executor = shell(script);
    // More than a pipe takes, so that the request is still being written to the program that reads nothing.
    const job = failure(() => execute(executor, [new Uint8Array(1024 * 1024)]), code);
    await executor[Symbol.asyncDispose]();
    await job;
  }
});
