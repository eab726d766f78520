import { assert, assertEquals, assertLessOrEqual, assertMatch, assertStringIncludes } from "@std/assert";
import config from "../../deno.json" with { type: "json" };
import { CLIENT_PROGRAM } from "../../lib/client/options.ts";
import { flagOf, type OptionTable, placeholderOf, type Program as ProgramTable } from "../../lib/cli/program.ts";
import { isList, readTexts } from "../../lib/option.ts";
import { QUEUE_PROGRAM } from "../../lib/queue/options.ts";
import { WORKER_PROGRAM } from "../../lib/worker/options.ts";
import { helpText } from "../../lib/cli/help.ts";
import { inTerminal, ROOT, SYSTEM_LIBZMQ, unprivileged } from "../harness/capabilities.ts";
import { Folder } from "../harness/folder.ts";
import { Peers } from "../harness/peers.ts";
import { type Exit, Program } from "../harness/program.ts";
import type { Role } from "../../tools/task_flags.ts";
import { ANY_PORT, commandLine, start, startClient, startQueue, startWorker } from "../harness/programs.ts";
import { scenario } from "../harness/scenario.ts";

const NEEDS = ["programs"] as const;

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

  scenario(`${table.name} --help lists every option with its default and variable`, NEEDS, async () => {
    // Without a single permission, and with a libzmq that is none: neither is touched.
    await using program = start(role, ["--help"], {
      denoFlags: ["--no-prompt"],
      env: { SPQ_LIBZMQ: "/nonexistent" },
    });
    const { code, stdout, stderr } = await program.exit;
    assertEquals({ code, stderr }, { code: 0, stderr: "" });
    const { argument } = table;
    const usage = argument === undefined ? "" : ` [${argument.placeholder}]`;
    assertStringIncludes(stdout, `Usage: ${table.name} [OPTIONS]${usage}\n`);
    const lines = stdout.split("\n");
    for (const line of lines) assertLessOrEqual(line.length, 100);
    const text = stdout.replaceAll(/\s+/g, " ");
    if (argument !== undefined) assertStringIncludes(text, `${argument.placeholder} ${argument.help}`);
    for (const paragraph of table.summary) assertStringIncludes(text, paragraph);
    for (const [name, option] of Object.entries(table.options)) {
      const placeholder = placeholderOf(option);
      const left = `--${flagOf(name)}${placeholder === undefined ? "" : ` ${placeholder}`}`;
      assert(lines.some((line) => line.startsWith(`  ${left}  `)), `no line for ${left}`);
      const notes = [
        ...(option.shownDefault === undefined ? [] : [`[default: ${option.shownDefault}]`]),
        ...(isList(option) ? ["[can be repeated]"] : []),
        ...(option.variable === undefined ? [] : [`[${option.variable}]`]),
      ];
      assertStringIncludes(text, `${left} ${option.help}`);
      const [, rest] = text.split(`${left} ${option.help}`);
      const [shownNotes] = /^( \[[^\]]*\])*/.exec(rest!)!;
      for (const note of notes) assertStringIncludes(shownNotes, note, name);
    }
    for (const [exitCode, meaning] of table.exitCodes) {
      assertStringIncludes(text, ` ${exitCode} ${meaning} `);
    }
    assertEquals(lines.filter((line) => line.startsWith("  -")).length, Object.keys(table.options).length + 2);
  });

  scenario(`${table.name} --version prints the version of deno.json`, NEEDS, async () => {
    await using program = start(role, ["--version"], {
      denoFlags: ["--no-prompt"],
      env: { SPQ_LIBZMQ: "/nonexistent" },
    });
    const { code, stdout, stderr } = await program.exit;
    assertEquals({ code, stdout, stderr }, { code: 0, stdout: `${table.name} ${config.version}\n`, stderr: "" });
  });

  scenario(`${table.name} answers -h and --help alike, also when other arguments are wrong`, NEEDS, async () => {
    const exits = await Promise.all([["--help"], ["-h"], ["--nonsense", "--help"]].map((args) => run(role, args)));
    for (const exit of exits) assertEquals(exit, { ...exits[0]!, code: 0, stderr: "" });
  });

  Deno.test(`${table.name} has each shown default as its default`, () => {
    for (const [name, option] of Object.entries(table.options)) {
      if (option.shownDefault !== undefined || option.defaultValue === undefined || option.kind === "switch") continue;
      const [, shown] = new RegExp(`--${flagOf(name)} [^[]*\\[default:\\s([^\\]]*)`).exec(helpText(table)) ?? [];
      assertEquals(readTexts(option, [shown!], name) as unknown, option.defaultValue, name);
    }
  });

  Deno.test(`${table.name} has each option that another one needs or excludes`, () => {
    const rules = [...Object.values(table.options), table.argument ?? {}];
    for (const { needsOneOf = [], excludes = [] } of rules as { needsOneOf?: string[]; excludes?: string[] }[]) {
      for (const name of [...needsOneOf, ...excludes]) assert(Object.hasOwn(table.options, name), name);
    }
  });

  scenario(`${table.name} refuses wrong arguments with 2 and a sentence`, NEEDS, async () => {
    const endpointOption = role === "queue" ? "frontend" : "connect";
    const example = role === "queue"
      ? "a tcp endpoint is tcp://ADDRESS:PORT, such as tcp://*:5555, tcp://127.0.0.1:5555, tcp://[::1]:5555"
      : "a tcp endpoint is tcp://HOST:PORT, such as tcp://localhost:5555 or tcp://[::1]:5555";
    const cases: [args: string[], sentence: string][] = [
      [["--log-fromat", "json"], 'Unknown option "--log-fromat", did you mean --log-format?'],
      [["--hlep"], 'Unknown option "--hlep", did you mean --help?'],
      [["--bogus"], 'Unknown option "--bogus".'],
      [["--log-fromat=json"], 'Unknown option "--log-fromat=json", did you mean --log-format?'],
      [[`--${endpointOption}`], `Option --${endpointOption} needs a value: ENDPOINT.`],
      [[`--${endpointOption}=`], `Option --${endpointOption} needs a value: ENDPOINT.`],
      [
        ["--log-format", "json", "--log-format", "text"],
        "Option --log-format can be given only once, but there are 2: json, text.",
      ],
      [
        ["--log-format", "xml"],
        'Option --log-format cannot be "xml": it must be one of auto, text, json.',
      ],
      [
        [`--${endpointOption}`, "udp://127.0.0.1:1"],
        `Option --${endpointOption} cannot be "udp://127.0.0.1:1": an endpoint begins with tcp:// or ipc://.`,
      ],
      [
        [`--${endpointOption}`, "tcp://localhost"],
        `Option --${endpointOption} cannot be "tcp://localhost": ${example}.`,
      ],
      [
        [`--${endpointOption}`, "tcp://127.0.0.1:65536"],
        `Option --${endpointOption} cannot be "tcp://127.0.0.1:65536": a port is at most 65535.`,
      ],
      [
        [`--${endpointOption}`, `ipc:///${"x".repeat(103)}`],
        `Option --${endpointOption} cannot be "ipc:///${"x".repeat(103)}": ` +
        "the path of an ipc endpoint has at most 103 bytes, this one has 104.",
      ],
      ...(table.argument === undefined
        ? [[["--", "start"], `Unexpected argument "--": ${table.name} takes options only.`] as [string[], string]]
        : []),
      ...CASES_BY_ROLE[role],
    ];
    const exits = await Promise.all(cases.map(([args]) => run(role, args)));
    for (const [index, [, sentence]] of cases.entries()) {
      assertSentence(exits[index]!, 2, `${table.name}: ${sentence} ${advice}`);
    }
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

/** A program that takes no argument. */
const NO_ARGUMENT: [args: string[], sentence: string][] = [
  [["start"], 'Unexpected argument "start": every option begins with --.'],
  [["-"], 'Unexpected argument "-": every option begins with --.'],
];

const CASES_BY_ROLE: Readonly<Record<Role, [args: string[], sentence: string][]>> = {
  queue: [
    ...NO_ARGUMENT,
    [["--fronted", "tcp://*:1"], 'Unknown option "--fronted", did you mean --frontend?'],
    [
      ["--redeliveries", "1001"],
      'Option --redeliveries cannot be "1001": it must be a whole number between 0 and 1000.',
    ],
    [
      ["--redeliveries", "1.5"],
      'Option --redeliveries cannot be "1.5": it must be a whole number between 0 and 1000.',
    ],
    [["--redeliveries=-1"], 'Option --redeliveries cannot be "-1": it must be a whole number between 0 and 1000.'],
    [["--max-backlog", "0"], 'Option --max-backlog cannot be "0": it must be a whole number between 1 and 100000000.'],
    [["--client-share", "2"], 'Option --client-share cannot be "2": it must be a number between 0.000001 and 1.'],
    [
      ["--job-timeout", "5"],
      'Option --job-timeout cannot be "5": a duration is a number with a unit, such as "250ms", "10s", "5m".',
    ],
    [
      ["--max-message-size", "1 MiB"],
      'Option --max-message-size cannot be "1 MiB": ' +
      'a size is a number of bytes or one with a unit, such as "64KiB", "256MiB".',
    ],
    [["--drain-timeout", "597h"], 'Option --drain-timeout cannot be "597h": it must be between 0 and 596h.'],
    [["--heartbeat", "2h"], 'Option --heartbeat cannot be "2h": it must be between 0 and 1h.'],
    [["--max-message-size", "0"], 'Option --max-message-size cannot be "0": it must be between 1KiB and 1024GiB.'],
    [["--max-backlog-bytes", "0"], 'Option --max-backlog-bytes cannot be "0": it must be between 1 and 1024GiB.'],
    [
      ["--max-message-size", "2000GiB"],
      'Option --max-message-size cannot be "2000GiB": it must be between 1KiB and 1024GiB.',
    ],
    [["--keep-orphans", "--keep-orphans"], "Option --keep-orphans can be given only once."],
    [["--order", "lifo"], 'Option --order cannot be "lifo": it must be one of auto, fifo.'],
    [["--keep-orphans=yes"], 'Option --keep-orphans takes no value, but "--keep-orphans=yes" gives it one.'],
    [
      ["--frontend", "tcp://*:1", "--frontend", "tcp://*"],
      'Option --frontend cannot be "tcp://*": ' +
      "a tcp endpoint is tcp://ADDRESS:PORT, such as tcp://*:5555, tcp://127.0.0.1:5555, tcp://[::1]:5555.",
    ],
  ],
  worker: [
    ...NO_ARGUMENT,
    [["--conect", "tcp://localhost:1"], 'Unknown option "--conect", did you mean --connect?'],
    [["--crash-odds", "many"], 'Option --crash-odds cannot be "many": it must be a whole number, 0 or more.'],
    [["--seed", "0x10"], 'Option --seed cannot be "0x10": it must be a whole number, 0 or more.'],
    [
      ["--work", "-1s"],
      "Option --work needs a value: DURATION.",
    ],
    [["--work", "1s", "--work", "2s"], "Option --work can be given only once, but there are 2: 1s, 2s."],
    [["--overload", "1000h"], 'Option --overload cannot be "1000h": it must be between 0 and 596h.'],
    [["--no-faults=1"], 'Option --no-faults takes no value, but "--no-faults=1" gives it one.'],
    [
      ["--connect", "tcp://*:5556"],
      'Option --connect cannot be "tcp://*:5556": ' +
      'an endpoint to connect to names its host and port: "*" is for binding only.',
    ],
    [
      ["--connect", "tcp://localhost:0"],
      'Option --connect cannot be "tcp://localhost:0": a port to connect to is at least 1.',
    ],
  ],
  client: [
    [["--retry", "3"], 'Unknown option "--retry", did you mean --retries?'],
    [["--retries", "0"], 'Option --retries cannot be "0": it must be a whole number between 1 and 1000000.'],
    [["--count", "1e3"], 'Option --count cannot be "1e3": it must be a whole number, 0 or more.'],
    [
      ["--timeout", "soon"],
      'Option --timeout cannot be "soon": a duration is a number with a unit, such as "250ms", "10s", "5m".',
    ],
    [["--timeout", "0"], 'Option --timeout cannot be "0": it must be between 1ms and 596h.'],
    [["one", "two"], 'Unexpected argument "two": only one TEXT is allowed, in quotes if it has spaces.'],
    [["one", "--", "--two"], 'Unexpected argument "--two": only one TEXT is allowed, in quotes if it has spaces.'],
    [["-x"], 'Unknown option "-x".'],
    [["text", "--lines"], 'Argument "text" cannot be given with option --lines.'],
    [["text", "--count", "1"], 'Argument "text" cannot be given with option --count.'],
    [["", "--rate", "1"], 'Argument "" cannot be given with option --rate.'],
    [["--lines", "--duration", "1s"], "Option --lines cannot be given with option --duration."],
    [["--duration", "1s", "--count", "2"], "Option --duration cannot be given with option --count."],
    [["--json", "--count", "2"], "Option --json needs one of --concurrency, --rate, --size, --duration."],
    [["--lines", "--concurrency", "2", "--json"], "Option --json cannot be given with option --lines."],
    [["--concurrency", "0"], 'Option --concurrency cannot be "0": it must be a whole number between 1 and 10000.'],
    [["--rate", "0"], 'Option --rate cannot be "0": it must be a number between 0.001 and 1000000.'],
    [["--size", "2GiB"], 'Option --size cannot be "2GiB": it must be between 0 and 1GiB.'],
  ],
};

scenario("spclient says which variable does not go with its argument", NEEDS, async () => {
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
      `spqueue: Cannot bind ${side} to "${endpoint}": address already in use (EADDRINUSE)`,
    );
  }
});

scenario("spqueue ends with 1 and a sentence when it cannot bind", [...NEEDS, "files"], async () => {
  using folder = new Folder();
  const missing = `ipc://${folder.path}/missing/front`;
  for (
    const [endpoint, reason] of [
      [missing, "no such file or directory (ENOENT)"],
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

for (const role of ["worker", "client"] as const) {
  scenario(`sp${role} ends with 1 and a sentence when libzmq does not take the endpoint`, NEEDS, async () => {
    const { code, stdout, stderr } = await run(role, ["--connect", "tcp://-:1"]);
    assertEquals({ code, stdout }, { code: 1, stdout: "" });
    assertEquals(stderr.split("\n").filter((line) => !line.startsWith("{")), [
      `sp${role}: Cannot connect to "tcp://-:1": invalid argument (EINVAL)`,
      "",
    ]);
  });
}

scenario("every program takes its options from variables, over which flags win", [...NEEDS, "ffi"], async () => {
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
  const endpoints = await queue.text("stderr", /^\S+Z listening frontend=(tcp:\S+) backend=(tcp:\S+)\n/m);
  await using worker = startWorker(endpoints[2]!, ["--work", "0", "--no-faults", "--log-format", "text"]);
  await worker.text("stderr", /^\S+Z worker ready identity=[0-9A-F]{4}-[0-9A-F]{4} endpoint=tcp:\S+\n/m);
  await using client = startClient(endpoints[1]!, ["--count", "1", "--log-format", "text"]);
  const { stderr } = await client.exit;
  assertMatch(stderr, /^\S+Z connecting endpoint=tcp:\S+\n\S+Z reply sequence=1\n\S+Z done answered=1 retries=0\n$/);
});

scenario("every program leaves out what matters less than --log-level", NEEDS, async () => {
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
  const levels = "it must be one of info, warning, error";
  for (const role of ROLES) {
    assertSentence(
      await run(role, [], { SPQ_LOG_LEVEL: "all" }),
      2,
      `sp${role}: Variable SPQ_LOG_LEVEL cannot be "all": ${levels}. Run "sp${role} --help" for all options.`,
    );
  }
});

scenario("every program writes text by itself when a person watches, with colour unless NO_COLOR or a dumb terminal", [
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
    await queue.text("stdout", /reachable from other hosts/);
    assertStringIncludes(queue.stdout, `Z ${warning}reachable from other hosts`);
  }
});

scenario("spqueue warns once of all that is off, and serves, when libzmq has no draft API", [
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
  assertEquals(documented.map((item) => item[0]), ["1", "2", "4", "5", "6", "7"]);
  assertEquals(warnings[0]!.off, documented);
});
