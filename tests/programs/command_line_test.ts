import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import config from "../../deno.json" with { type: "json" };
import { CLIENT_PROGRAM } from "../../lib/client/options.ts";
import type { OptionTable, Program as ProgramTable } from "../../lib/cli/program.ts";
import { QUEUE_PROGRAM } from "../../lib/queue/options.ts";
import { WORKER_PROGRAM } from "../../lib/worker/options.ts";
import { completionScript } from "../../lib/cli/completions.ts";
import { helpText } from "../../lib/cli/help.ts";
import { inTerminal, ROOT, SYSTEM_LIBZMQ, unprivileged } from "../harness/capabilities.ts";
import { Folder } from "../harness/folder.ts";
import { Peers } from "../harness/peers.ts";
import { type Exit, Program } from "../harness/program.ts";
import type { Role } from "../../tools/task_flags.ts";
import { ANY_PORT, commandLine, start, startClient, startQueue, startWorker } from "../harness/programs.ts";
import { scenario } from "../harness/scenario.ts";

const NEEDS = ["programs"] as const;
/** Arguments with which each program starts; nobody listens where worker and client connect. */
const ARGS_BY_ROLE: Readonly<Record<Role, readonly string[]>> = {
  queue: ["--frontend", ANY_PORT, "--backend", ANY_PORT],
  worker: ["--connect", "tcp://127.0.0.1:1"],
  client: ["--connect", "tcp://127.0.0.1:1", "hello"],
};

const TABLES: Readonly<Record<Role, ProgramTable<OptionTable>>> = {
  queue: QUEUE_PROGRAM,
  worker: WORKER_PROGRAM,
  client: CLIENT_PROGRAM,
};

const ROLES = Object.keys(TABLES) as Role[];

async function run(role: Role, args: readonly string[], env: Record<string, string> = {}): Promise<Exit> {
  await using program = start(role, args, { env });
  return await program.exit;
}

/** Asserts that a program said one sentence on standard error and nothing else. */
function assertSentence({ code, stdout, stderr }: Exit, wantedCode: number, sentence: string): void {
  assertEquals({ code, stdout, stderr }, { code: wantedCode, stdout: "", stderr: `${sentence}\n` });
}

for (const role of ROLES) {
  const table = TABLES[role];
  const advice = `Run "${table.name} --help" for all options.`;

  scenario(
    `${table.name} --help prints the help that its table describes, without a single permission`,
    NEEDS,
    async () => {
      // Neither a permission nor libzmq is needed.
      await using program = start(role, ["--help"], {
        denoFlags: ["--no-prompt"],
        env: { SPQ_LIBZMQ: "/nonexistent" },
      });
      const { code, stdout, stderr } = await program.exit;
      assertEquals({ code, stderr }, { code: 0, stderr: "" });
      assertEquals(stdout, helpText(table));
    },
  );

  scenario(`${table.name} --version prints the version of deno.json`, NEEDS, async () => {
    await using program = start(role, ["--version"], {
      denoFlags: ["--no-prompt"],
      env: { SPQ_LIBZMQ: "/nonexistent" },
    });
    const { code, stdout, stderr } = await program.exit;
    assertEquals({ code, stderr }, { code: 0, stderr: "" });
    // Neither a repository nor libzmq can be read.
    assertMatch(stdout, /^\S+ \S+ \(commit \S+, Deno \S+, libzmq unknown\)\n$/);
    assertStringIncludes(stdout, `${table.name} ${config.version} (`);
  });

  scenario(`${table.name} treats -h and --help alike, even when other arguments are wrong`, NEEDS, async () => {
    const exits = await Promise.all([["--help"], ["-h"], ["--nonsense", "--help"]].map((args) => run(role, args)));
    for (const exit of exits) assertEquals(exit, { ...exits[0]!, code: 0, stderr: "" });
  });

  scenario(`${table.name} refuses wrong arguments with 2 and a sentence`, NEEDS, async () => {
    for (
      const [args, sentence] of [
        [["--log-fromat", "json"], 'Unknown option "--log-fromat", did you mean --log-format?'],
        [["--log-format", "xml"], 'Option --log-format cannot be "xml": it must be one of auto, text, json.'],
      ] as const
    ) assertSentence(await run(role, args), 2, `${table.name}: ${sentence} ${advice}`);
  });

  scenario(`${table.name} says which variable is wrong with 2 and a sentence`, NEEDS, async () => {
    assertSentence(
      await run(role, [], { SPQ_LOG_FORMAT: "xml" }),
      2,
      `${table.name}: Variable SPQ_LOG_FORMAT cannot be "xml": it must be one of auto, text, json. ${advice}`,
    );
  });

  scenario(`${table.name} ends with 1 and a sentence when libzmq cannot be loaded`, [...NEEDS, "files"], async () => {
    using folder = new Folder();
    await Deno.writeTextFile(folder.file("text.so"), "no library");
    for (const path of ["/nonexistent/libzmq.so", folder.path, folder.file("text.so")]) {
      const { code, stdout, stderr } = await run(role, [], { SPQ_LIBZMQ: path });
      assertEquals({ code, stdout }, { code: 1, stdout: "" });
      assertMatch(stderr, /^[^\n]+\n$/);
      assertStringIncludes(stderr, `${table.name}: Cannot load libzmq from "${path}": `);
      assertMatch(stderr, /set SPQ_LIBZMQ to the file of a libzmq.*\n$/);
    }
  });
}

scenario("every program prints its completions for a shell, without libzmq", NEEDS, async () => {
  for (const role of ROLES) {
    const words = role === "client" ? ["--completion", "fish"] : ["completion", "fish"];
    const { code, stdout, stderr } = await run(role, words, { SPQ_LIBZMQ: "/nonexistent" });
    assertEquals({ code, stderr }, { code: 0, stderr: "" });
    assertEquals(stdout, completionScript(TABLES[role], "fish"));
  }
  assertSentence(
    await run("queue", ["completion", "tcsh"]),
    2,
    'spqueue completion: Argument SHELL cannot be "tcsh": it must be one of bash, zsh, fish. ' +
      'Run "spqueue completion --help" for all options.',
  );
});

for (const role of ROLES) {
  scenario(`sp${role} warns of environment variables that no program knows, and suggests a name`, NEEDS, async () => {
    await using program = start(
      role,
      ARGS_BY_ROLE[role],
      {
        env: {
          SPQ_FRONTENDS: "tcp://*:1",
          SPQ_WHATEVER_IT_IS_THAT_YOU_WANT: "1",
          // Known to another program, to the tests, or to all.
          SPQ_KEEP_ORPHANS: "0",
          SPQ_EXEC: role === "worker" ? "" : "cat",
          SPQ_TIMEOUT: "10ms",
          SPQ_RETRIES: "1",
          SPQ_TEST_ANYTHING: "1",
          SPQ_LIBZMQ: "",
        },
      },
    );
    await program.event("unknown environment variable", { name: "SPQ_WHATEVER_IT_IS_THAT_YOU_WANT" });
    await program.event("unknown environment variable", { name: "SPQ_FRONTENDS", didYouMean: "SPQ_FRONTEND" });
    // It is logged when all warnings are.
    if (role !== "worker") await program.event(role === "queue" ? "listening" : "request failed");
    assertEquals(program.count("unknown environment variable"), 2);
  });

  scenario(
    `sp${role} refuses text that is not UTF-8, which it could not pass on unchanged`,
    [...NEEDS, "shell"],
    async () => {
      const { command, args, ...rest } = commandLine(role, []);
      const exitOf = async (script: string) => {
        await using program = new Program("/bin/sh", { ...rest, args: ["-c", script, command, ...args] });
        return await program.exit;
      };
      assertSentence(
        await exitOf(`SPQ_LOG_FORMAT="$(printf 'caf\\351')" "$0" "$@"`),
        2,
        `sp${role}: Variable SPQ_LOG_FORMAT is not UTF-8. Run "sp${role} --help" for all options.`,
      );
      const { code, stdout, stderr } = await exitOf(`"$0" "$@" --log-level "$(printf 'caf\\351')"`);
      assertEquals(stdout, "");
      // Some versions of Deno refuse such an argument themselves, in their own words.
      if (code !== 2) assertMatch(stderr, /invalid UTF-8 was detected|called `Result::unwrap\(\)`/);
      else assertMatch(stderr, /^sp\w+: Argument "caf\ufffd" is not UTF-8\. /);
    },
  );
}

scenario("spclient sends the replacement character when it was given", [...NEEDS, "ffi"], async () => {
  await using peers = await Peers.open();
  const frontend = peers.router({ bind: ANY_PORT });
  frontend.serve((message) => frontend.send(...message));
  await using client = startClient(frontend.endpoint, ["a \ufffd b"]);
  assertEquals(await client.exit, { code: 0, signal: null, stdout: "a \ufffd b", stderr: "" });
});

scenario("spclient says which variable excludes its argument", NEEDS, async () => {
  assertSentence(
    await run("client", ["text"], { SPQ_COUNT: "3" }),
    2,
    'spclient: Argument "text" cannot be given with variable SPQ_COUNT. Run "spclient --help" for all options.',
  );
});

scenario("spqueue ends with 1 and a sentence when a port is in use", [...NEEDS, "ffi"], async () => {
  await using peers = await Peers.open();
  const { endpoint } = peers.router({ bind: ANY_PORT });
  for (
    const [side, args] of [
      ["frontend", ["--frontend", endpoint, "--backend", ANY_PORT]],
      ["backend", ["--frontend", ANY_PORT, "--backend", endpoint]],
    ] as const
  ) {
    assertSentence(
      await run("queue", args),
      1,
      `spqueue: Cannot bind ${side} to "${endpoint}": address already in use (EADDRINUSE); ` +
        "with --wait-for-ports 60s the queue waits until it is free",
    );
  }
});

scenario("spqueue ends with 1 and a sentence when it cannot bind", [...NEEDS, "files"], async () => {
  using folder = new Folder();
  const missing = `ipc://${folder.path}/missing/front`;
  for (
    const [endpoint, reason] of [
      [missing, "the folder of this path does not exist (ENOENT)"],
      ["tcp://192.0.2.99:*", "address not available on this machine (EADDRNOTAVAIL)"],
      ["tcp://nosuchinterface9:5555", "no such network interface or address (ENODEV)"],
    ] as const
  ) {
    assertSentence(
      await run("queue", ["--frontend", endpoint, "--backend", ANY_PORT]),
      1,
      `spqueue: Cannot bind frontend to "${endpoint}": ${reason}`,
    );
  }
});

scenario("spqueue ends with 1 and a sentence when it may not write to the folder", [
  ...NEEDS,
  "files",
  "unprivileged",
], async () => {
  using folder = new Folder();
  await Deno.chmod(folder.path, 0o555);
  const endpoint = `ipc://${folder.file("front")}`;
  assertSentence(
    await runUnprivileged(["--frontend", endpoint, "--backend", ANY_PORT]),
    1,
    `spqueue: Cannot bind frontend to "${endpoint}": permission denied (EACCES)`,
  );
});

scenario("spqueue ends with 1 and a sentence when it may not bind a port", [
  ...NEEDS,
  "unprivileged",
  "privileged ports",
], async () => {
  assertSentence(
    await runUnprivileged(["--frontend", ANY_PORT, "--backend", "tcp://127.0.0.1:1"]),
    1,
    'spqueue: Cannot bind backend to "tcp://127.0.0.1:1": permission denied (EACCES)',
  );
});

async function runUnprivileged(args: readonly string[]): Promise<Exit> {
  const { command, args: words, ...rest } = commandLine("queue", args);
  const [wrapper, ...all] = unprivileged([command, ...words]);
  await using program = new Program(wrapper!, { ...rest, args: all, env: { PATH: "/usr/bin:/bin", ...rest.env } });
  return await program.exit;
}

scenario("spclient ends with 3 and says that a name does not resolve", NEEDS, async () => {
  await using client = startClient("tcp://-:1", ["hello", "--timeout", "500ms", "--retries", "1"]);
  const { code, stdout } = await client.exit;
  assertEquals([code, stdout], [3, ""]);
  const { reason } = await client.event("request failed");
  assertStringIncludes(
    reason as string,
    'No reply from "tcp://-:1" after 1 try of 500 ms: the name "-" does not resolve',
  );
});

scenario("every program takes its options from variables, but flags take precedence", [...NEEDS, "ffi"], async () => {
  await using peers = await Peers.open();
  const taken = peers.router({ bind: ANY_PORT });
  const env = { SPQ_FRONTEND: `${ANY_PORT},${ANY_PORT}`, SPQ_BACKEND: taken.endpoint, SPQ_ORDER: "fifo" };
  await using queue = start("queue", ["--backend", ANY_PORT], { env });
  const { frontend, backend } = await queue.event("listening");
  const [first, second] = frontend as string[];
  const [workers] = backend as string[];
  await using worker = start("worker", [], {
    env: { SPQ_WORKER_CONNECT: workers!, SPQ_WORK: "0", SPQ_NO_FAULTS: "1" },
  });
  await worker.event("worker ready", { endpoint: workers! });
  await using client = start("client", ["--count", "2"], {
    env: { SPQ_CLIENT_CONNECT: second!, SPQ_COUNT: "5", SPQ_TIMEOUT: "20s" },
  });
  assertEquals((await client.exit).code, 0);
  assertEquals(client.count("reply"), 2);
  await using other = startClient(first!, [], { env: { SPQ_COUNT: "1" } });
  assertEquals((await other.exit).code, 0);
  assertEquals(other.count("reply"), 1);
});

scenario("every program writes text when it is told to", NEEDS, async () => {
  await using queue = start("queue", ["--frontend", ANY_PORT, "--backend", ANY_PORT, "--log-format", "text"]);
  const endpoints = await queue.text("stderr", /^\S+Z listening frontend=(tcp:\S+) backend=(tcp:\S+) reach=/m);
  await using worker = startWorker(endpoints[2]!, ["--work", "0", "--no-faults", "--log-format", "text"]);
  await worker.text("stderr", /^\S+Z worker ready identity=[0-9A-F]{4}-[0-9A-F]{4} endpoint=tcp:\S+\n/m);
  await using client = startClient(endpoints[1]!, ["--count", "1", "--log-format", "text"]);
  const { stderr } = await client.exit;
  assertMatch(stderr, /^\S+Z connecting endpoint=tcp:\S+\n\S+Z reply sequence=1\n\S+Z done answered=1 retries=0\n$/);
});

scenario("every program leaves out log lines below --log-level", NEEDS, async () => {
  await using client = startClient("tcp://127.0.0.1:1", [
    "hello",
    "--timeout",
    "10ms",
    "--retries",
    "2",
    "--log-level",
    "error",
  ]);
  assertEquals((await client.exit).code, 3);
  assertEquals(client.lines.map(({ event }) => event), ["request failed"]);
  const levels = "it must be one of debug, info, warning, error";
  for (const role of ROLES) {
    assertSentence(
      await run(role, [], { SPQ_LOG_LEVEL: "all" }),
      2,
      `sp${role}: Variable SPQ_LOG_LEVEL cannot be "all": ${levels}. Run "sp${role} --help" for all options.`,
    );
  }
});

scenario("every program writes text by default on a terminal, with colour unless NO_COLOR or a dumb terminal", [
  ...NEEDS,
  "terminal",
], async () => {
  for (
    const [variables, warning] of [
      [{ NO_COLOR: "" }, "\x1b[33mwarning: "],
      [{ NO_COLOR: "1" }, "warning: "],
      [{ NO_COLOR: "", TERM: "dumb" }, "warning: "],
    ] as const
  ) {
    const { command, args, ...rest } = commandLine("queue", ["--frontend", "tcp://*:*", "--backend", ANY_PORT]);
    const [script, ...words] = inTerminal([command, ...args]);
    await using queue = new Program(script!, {
      ...rest,
      args: words,
      env: { PATH: "/usr/bin:/bin", TERM: "xterm", ...rest.env, ...variables },
    });
    await queue.text("stdout", /reachable from other machines/);
    assertStringIncludes(queue.stdout, `Z ${warning}reachable from other machines`);
  }
});

scenario("programs work with no more permissions than libzmq and their own variables need", NEEDS, async () => {
  // The queue's thread reads its own code, to which deno.json belongs.
  const denoFlags = ["--allow-ffi", "--allow-env=SPQ_*", "--allow-read=lib", "--no-prompt"];
  await using queue = await startQueue([], { denoFlags });
  await using _worker = startWorker(queue.backend, ["--work", "0", "--no-faults"], { denoFlags });
  await using client = startClient(queue.frontend, ["--count", "1"], { denoFlags });
  assertEquals((await client.exit).code, 0);
});

scenario("spqueue warns once of all features that are off, and serves, when libzmq has no draft API", [
  ...NEEDS,
  "system libzmq",
  "files",
], async () => {
  const env = { SPQ_LIBZMQ: SYSTEM_LIBZMQ };
  await using queue = await startQueue([], { env });
  await using worker = startWorker(queue.backend, ["--work", "0", "--no-faults"], { env });
  await using client = startClient(queue.frontend, ["--count", "3"], { env });
  assertEquals((await client.exit).code, 0);
  await worker.events("job answered", 3);
  queue.kill();
  assertEquals((await queue.exit).code, 0);
  const warnings = queue.lines.filter(({ level }) => level === "warning");
  assertEquals(warnings.length, 1);
  assertStringIncludes(warnings[0]!.event, "libzmq has no draft API");
  const guarantees = await Deno.readTextFile(new URL("docs/guarantees.md", ROOT));
  const [, list] = /says so at the start:\n\n- ([^]*?)\n\n/.exec(guarantees)!;
  const documented = list!.split("\n- ").map((item) => item.replaceAll(/\s+/g, " ").replace(/;.*/, ""));
  assertEquals(documented.map((item) => Number.parseInt(item)), [1, 2, 4, 5, 6, 7, 10]);
  assertEquals(warnings[0]!.off, documented);
});
