/** The worker program with other programs that do its jobs (`--exec`), end to end. */

import { assert, assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import { delay } from "../../lib/delay.ts";
import { inTerminal, SEARCH_PATH } from "../harness/capabilities.ts";
import { WAIT_MS, within } from "../harness/deadline.ts";
import { PEER_LANGUAGES, startForeignPeer } from "../harness/foreign_peers.ts";
import { FirstProcess } from "../harness/first_process.ts";
import { Folder } from "../harness/folder.ts";
import { startLocalQueue, statisticsWith } from "../harness/local_queue.ts";
import { Peers, toText } from "../harness/peers.ts";
import { Program } from "../harness/program.ts";
import { commandLine, type QueueProgram, startQueue, startWorker } from "../harness/programs.ts";
import { scenario } from "../harness/scenario.ts";

const NEEDS = ["programs", "ffi"] as const;

/** For a worker that finds programs: binaries are started with an empty environment. */
const PATH = { PATH: SEARCH_PATH };

/** Starts a worker that finds programs. */
function startProgramWorker(backend: string, args: readonly string[]): Program {
  return startWorker(backend, args, { env: PATH });
}

/** A queue, a worker that runs a program, and a client. */
class Setting implements AsyncDisposable {
  private constructor(
    readonly queue: QueueProgram,
    readonly worker: Program,
    readonly peers: Peers,
  ) {}

  static async open(args: readonly string[], queueArgs: readonly string[] = []): Promise<Setting> {
    const queue = await startQueue(queueArgs);
    return new Setting(queue, startProgramWorker(queue.backend, args), await Peers.open());
  }

  /** Sends a request on a connection of its own, and waits for the reply. */
  async ask(...body: (string | Uint8Array<ArrayBuffer>)[]): Promise<Uint8Array<ArrayBuffer>[]> {
    await using client = this.peers.req({ connect: this.queue.frontend });
    client.send(...body);
    return await client.receive();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.peers[Symbol.asyncDispose]();
    await this.worker[Symbol.asyncDispose]();
    await this.queue[Symbol.asyncDispose]();
  }
}

/** Tells a test that programs run, by connections that last as long as they do. */
class Presence implements Disposable {
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });

  /** A command that connects, waits for a line or the connection's end, and echoes the request then. */
  get command(): string {
    const { port } = this.#listener.addr as Deno.NetAddr;
    return `python3 -c 'import socket, sys
request = sys.stdin.read()
socket.create_connection(("127.0.0.1", ${port})).recv(1)
sys.stdout.write(request)'`;
  }

  /** A command that connects, and stays whatever becomes of its input. */
  get stayingCommand(): string {
    const { port } = this.#listener.addr as Deno.NetAddr;
    return `python3 -c 'import socket, time
connection = socket.create_connection(("127.0.0.1", ${port}))
time.sleep(1000)'`;
  }

  /** Waits until a program runs. */
  async next(): Promise<Deno.Conn> {
    return await within(this.#listener.accept(), () => "a program to run");
  }

  [Symbol.dispose](): void {
    this.#listener.close();
  }
}

scenario("worker with --exec answers with a program's output", NEEDS, async () => {
  await using setting = await Setting.open(["--exec", "tr a-z A-Z"]);
  assertEquals(toText(await setting.ask("hello")), ["HELLO"]);
  assertEquals(toText(await setting.ask("")), [""]);
  const { queue, worker } = setting;
  worker.kill();
  assertEquals((await worker.exit).code, 0);
  assertEquals(worker.count("job answered"), 2);
  assertEquals(queue.isRunning, true);
});

scenario("worker with --exec passes 1 MiB through a program byte for byte", NEEDS, async () => {
  await using setting = await Setting.open(["--exec", "cat", "--concurrency", "2"]);
  const body = new Uint8Array(1 << 20);
  for (let offset = 0; offset < body.length; offset += 65536) {
    crypto.getRandomValues(body.subarray(offset, offset + 65536));
  }
  const replies = await Promise.all([setting.ask(body), setting.ask(body.subarray(1).slice())]);
  assertEquals(replies, [[body], [body.slice(1)]]);
});

scenario("worker with --frames json gives a program all frames as JSON", NEEDS, async () => {
  await using setting = await Setting.open(["--exec", "cat", "--frames", "json"]);
  assertEquals(toText(await setting.ask("a", "", "\0\xff", "b")), ["a", "", "\0\xff", "b"]);
});

scenario("worker runs the command in a shell only with --shell", NEEDS, async () => {
  await using setting = await Setting.open([
    "--exec",
    "tr -cs a-z '\\n' | sort | uniq -c | sort -rn | head -1",
    "--shell",
  ]);
  assertMatch(toText(await setting.ask("one two one"))[0]!, /^ *2 one\n$/);
});

scenario("worker answers only with standard output, whatever else a successful program does", NEEDS, async () => {
  // More than pipes hold: who closes them early leaves most of it unread.
  const large = new Uint8Array(4 << 20);
  large.set([1, 2, 3]);
  const cases = [
    { command: "cat > /dev/null", request: "hello", reply: "" },
    { command: "echo a note >&2; tr a-z A-Z; echo a note >&2", request: "hello", reply: "HELLO" },
    { command: "head -c 3", request: large, reply: "\x01\x02\x03" },
    // Runs on for so long that the worker notices.
    { command: "exec 0<&-; head -c 1048576 /dev/zero >&2; printf unread", request: large, reply: "unread" },
  ];
  for (const { command, request, reply } of cases) {
    await using setting = await Setting.open(["--exec", command, "--shell"]);
    assertEquals(toText(await setting.ask(request)), [reply], command);
    const { worker } = setting;
    worker.kill();
    const { code, stderr } = await worker.exit;
    assertEquals(code, 0, command);
    assertEquals(worker.lines.map(({ event }) => event), ["worker ready", "job answered", "ending", "worker ended"]);
    assert(!stderr.includes("a note"), stderr);
  }
});

scenario(
  "worker hands a request back, with the last lines of standard error, when the program fails",
  NEEDS,
  async () => {
    await using setting = await Setting.open(
      ["--exec", 'echo "no luck today" >&2; exit 4', "--shell", "--max-jobs", "2"],
      ["--redeliveries", "1"],
    );
    await using client = setting.peers.req({ connect: setting.queue.frontend });
    client.send("doomed");
    assertEquals((await setting.worker.exit).code, 0);
    assertEquals((await setting.queue.event("redelivery limit reached")).bytes, "doomed".length);
    const [failure] = await setting.worker.events("job failed", 2);
    assertMatch(String(failure!.reason), /^Program "\/bin\/sh" ended with exit code 4/);
    assertEquals(failure!.stderr, "no luck today");
    assertEquals(client.poll(), undefined);
  },
);

scenario(
  "worker answers with a program's output, and logs why, when the program ends with --poison-exit",
  NEEDS,
  async () => {
    const command = 'read -r line; echo "at fault: $line"; echo "no such page" >&2; exit 65';
    await using setting = await Setting.open(["--exec", command, "--shell", "--poison-exit", "65"]);
    assertEquals(toText(await setting.ask("page 7\n")), ["at fault: page 7\n"]);
    const { queue, worker } = setting;
    const { level, job, reason, stderr } = await worker.event("request at fault");
    assertEquals([level, job, stderr], ["warning", 1, "no such page"]);
    assertEquals(reason, 'Program "/bin/sh" ended with exit code 65');
    queue.kill();
    await queue.exit;
    const { answered, redeliveries } = await queue.event("ended");
    assertEquals({ answered, redeliveries }, { answered: 1, redeliveries: 0 });
  },
);

scenario(
  "worker with --log-stderr logs the standard error of a successful program",
  NEEDS,
  async () => {
    await using setting = await Setting.open(["--exec", "echo a note >&2; cat", "--shell", "--log-stderr"]);
    assertEquals(toText(await setting.ask("hello")), ["hello"]);
    const { level, job, stderr } = await setting.worker.event("program wrote");
    assertEquals([level, job, stderr], ["info", 1, "a note"]);
  },
);

scenario(
  "worker kills a program with all that it started when a job takes longer than --job-timeout",
  NEEDS,
  async () => {
    using presence = new Presence();
    await using setting = await Setting.open([
      ...["--exec", `${presence.command} & echo waiting >&2; wait`, "--shell"],
      ...["--job-timeout", "5s", "--max-jobs", "1"],
    ], ["--redeliveries", "1"]);
    await using client = setting.peers.req({ connect: setting.queue.frontend });
    client.send("hang");
    using child = await presence.next();
    assertEquals(await child.read(new Uint8Array(1)), null);
    const { reason, stderr } = await setting.worker.event("job failed");
    assertEquals([reason, stderr], ["The job took longer than 5s", "waiting"]);
    assertEquals((await setting.worker.exit).code, 0);
    // Another worker does what this one could not.
    await using other = startProgramWorker(setting.queue.backend, ["--exec", "cat"]);
    assertEquals(await client.receiveText(), ["hang"]);
    assertEquals(other.count("job failed"), 0);
  },
);

/** Echoes JSON lines; `crash` ends it, unless that is its first line. */
const KEPT_ECHO = `python3 -c 'import sys
for n, line in enumerate(sys.stdin):
  if "crash" in line and n: sys.exit(5)
  print(line.strip(), flush=True)'`;

scenario(
  "worker gives a persistent program a line for each request, and restarts it after a failure",
  NEEDS,
  async () => {
    await using setting = await Setting.open(["--exec", KEPT_ECHO, "--keep"]);
    for (let n = 0; n < 3; n++) assertEquals(toText(await setting.ask(`${n}`, "\xff")), [`${n}`, "\xff"]);
    // Handed back by the one that it ended, and done by the next.
    assertEquals(toText(await setting.ask("crash")), ["crash"]);
    assertEquals(toText(await setting.ask("on")), ["on"]);
    assertMatch(String((await setting.worker.event("job failed")).reason), /ended with exit code 5 before it answered/);
    setting.worker.kill();
    assertEquals((await setting.worker.exit).code, 0);
    assertEquals(setting.worker.count("job failed"), 1);
  },
);

scenario("worker with --concurrency keeps a program for each slot", NEEDS, async () => {
  const pid = `python3 -c 'import os, sys
for line in sys.stdin: print("[%s]" % chr(34).join(["", str(os.getpid()), ""]), flush=True)'`;
  await using setting = await Setting.open(["--exec", pid, "--keep", "--concurrency", "3"]);
  await setting.worker.events("worker ready", 3);
  const pids = new Set<string>();
  // The slot that has been idle longest is next.
  for (let n = 0; n < 6; n++) pids.add(toText(await setting.ask(`${n}`))[0]!);
  assertEquals(pids.size, 3);
});

scenario("worker ends with 1 and says why when its program cannot be started", [...NEEDS, "files"], async () => {
  using folder = new Folder();
  await Deno.writeTextFile(folder.file("crlf.sh"), "#!/bin/sh\r\ncat\r\n", { mode: 0o755 });
  const cases: [args: string[], stderr: RegExp][] = [
    [
      ["--exec", "/nonexistent/program"],
      /^spworker: Cannot start program "\/nonexistent\/program": there is no such pro/,
    ],
    [["--exec", folder.file("crlf.sh")], /: its first line ends with a carriage return/],
    [["--exec", "nonexistent", "--keep"], /^spworker: Cannot start program "nonexistent": there is no such program/],
    [["--exec", "cat |", "--shell"], /^spworker: Cannot run the command "cat \|": the shell says/],
    [
      ["--exec", "echo no model >&2; exit 3", "--shell", "--keep", "--concurrency", "2"],
      /^spworker: Program "\/bin\/sh" ended with exit code 3 before its first job. It wrote:\nno model\n$/,
    ],
  ];
  await using queue = await startQueue();
  for (const [args, expected] of cases) {
    for (let tries = 1;; tries++) {
      await using worker = startProgramWorker(queue.backend, args);
      const isReady = await Promise.race([
        worker.event("worker ready").catch(() => false),
        worker.exit.then(() => false),
      ]);
      // On a busy machine a program may take longer to end than the worker waits for it.
      if (isReady !== false && args.includes("--keep") && tries < 10) continue;
      const { code, stderr, stdout } = await worker.exit;
      assertEquals([code, stdout, worker.lines.length], [1, "", 0], stderr);
      assertMatch(stderr, expected);
      break;
    }
  }
});

/** Programs that answer with their process id, and the options that they need. */
const PID_PROGRAMS: readonly (readonly [script: string, args: readonly string[]])[] = [
  ["#!/bin/sh\nprintf $$\n", []],
  ['#!/bin/sh\nwhile read line; do echo "[\\"$$\\"]"; done\n', ["--keep"]],
];

for (const [script, args] of PID_PROGRAMS) {
  const name = ["worker takes no request while its program cannot be started", ...args].join(" with ");
  scenario(`${name}, and goes on when it can be again`, [...NEEDS, "queue thread", "files"], async () => {
    using folder = new Folder();
    const program = folder.file("program");
    await Deno.writeTextFile(program, script, { mode: 0o755 });
    await using queue = await startLocalQueue();
    await using worker = startProgramWorker(queue.backend[0]!, ["--exec", program, ...args]);
    await using peers = await Peers.open();
    const ask = async () => {
      await using client = peers.req({ connect: queue.frontend[0]! });
      client.send("x");
      return Number(toText(await client.receive())[0]);
    };
    const pid = await ask();
    await Deno.rename(program, `${program}.away`);
    if (args.length > 0) Deno.kill(pid, "SIGKILL");
    const asked = ask();
    assertMatch(
      String((await worker.event("not ready")).reason),
      /^Cannot start program ".*": there is no such program/,
    );
    await statisticsWith(queue, { idleWorkers: 0, inFlight: 0 });
    assert(worker.count("job failed") <= 1, "the request has been redelivered once at most");
    await Deno.rename(`${program}.away`, program);
    assertNotEquals(await asked, pid);
  });
}

scenario("program does not inherit the terminal of a worker that logs to one", [
  ...NEEDS,
  "terminal",
  "proc",
], async () => {
  await using queue = await startQueue();
  const exec = "readlink /proc/$PPID/fd/2; ls -l /proc/$$/fd";
  const options = ["--connect", queue.backend, "--shell", "--exec", exec];
  const { command, args: words, ...rest } = commandLine("worker", options, { env: PATH });
  const [script, ...all] = inTerminal([command, ...words]);
  await using _worker = new Program(script!, { ...rest, args: all });
  await using peers = await Peers.open();
  await using client = peers.req({ connect: queue.frontend });
  client.send("x");
  const [reply] = toText(await client.receive());
  const [terminal, ...descriptors] = reply!.trim().split("\n");
  assertMatch(terminal!, /^\/dev\//);
  assert(descriptors.some((line) => / 0 -> pipe:/.test(line)), reply);
  assert(!descriptors.some((line) => line.endsWith(` -> ${terminal}`)), reply);
});

scenario("worker finishes its running jobs when it gets SIGTERM", NEEDS, async () => {
  using presence = new Presence();
  await using setting = await Setting.open(["--exec", presence.command, "--concurrency", "2"]);
  const asked = Promise.all([setting.ask("a"), setting.ask("b")]);
  using first = await presence.next();
  using second = await presence.next();
  setting.worker.kill();
  await setting.worker.event("ending");
  for (const program of [first, second]) await program.write(new Uint8Array([1]));
  assertEquals((await asked).map(toText), [["a"], ["b"]]);
  assertEquals((await setting.worker.exit).code, 0);
});

scenario("worker kills its programs and ends with 128+n when it gets a second signal", NEEDS, async () => {
  using presence = new Presence();
  await using setting = await Setting.open(["--exec", presence.command]);
  await using client = setting.peers.req({ connect: setting.queue.frontend });
  client.send("long");
  using program = await presence.next();
  setting.worker.kill("SIGTERM");
  await setting.worker.event("ending");
  setting.worker.kill("SIGINT");
  assertEquals((await setting.worker.exit).code, 130);
  assertEquals(await program.read(new Uint8Array(1)), null);
});

scenario("worker kills a persistent program that has no job when it gets a second signal", NEEDS, async () => {
  using presence = new Presence();
  await using setting = await Setting.open(["--exec", presence.stayingCommand, "--keep"]);
  using program = await presence.next();
  setting.worker.kill("SIGTERM");
  await setting.worker.event("ending");
  setting.worker.kill("SIGINT");
  assertEquals((await setting.worker.exit).code, 130);
  assertEquals(await within(program.read(new Uint8Array(1)), () => "the end of the program"), null);
});

for (const keep of [[], ["--keep"]]) {
  scenario(
    `worker's programs end with it, whatever ends it${keep.length > 0 ? ", with --keep" : ""}`,
    NEEDS,
    async () => {
      for (const signal of ["SIGKILL", "SIGQUIT", "SIGABRT"] as const) {
        using presence = new Presence();
        await using setting = await Setting.open(["--exec", presence.stayingCommand, ...keep]);
        await using client = setting.peers.req({ connect: setting.queue.frontend });
        client.send("long");
        using program = await presence.next();
        setting.worker.kill(signal);
        assertEquals((await setting.worker.exit).signal, signal);
        assertEquals(await within(program.read(new Uint8Array(1)), () => `the program's end by ${signal}`), null);
      }
    },
  );
}

scenario("worker gives programs the limit on open files that it was started with", [...NEEDS, "shell"], async () => {
  await using queue = await startQueue();
  const { command, args, ...rest } = commandLine("worker", [
    // The limit is set just after the program was started.
    ...["--shell", "--exec", 'until [ "$(ulimit -n)" = 321 ]; do sleep 0.01; done; ulimit -n'],
    ...["--connect", queue.backend, "--max-jobs", "1"],
  ], { env: PATH });
  // A parent that stays, as a shell does.
  const shell = 'ulimit -Sn 321; "$@"; exit $?';
  await using parent = new Program("/bin/sh", { args: ["-c", shell, "sh", command, ...args], ...rest });
  await using peers = await Peers.open();
  await using client = peers.req({ connect: queue.frontend });
  client.send("");
  assertEquals(await client.receiveText(), ["321\n"]);
  assertEquals((await parent.exit).code, 0);
});

scenario("worker leaves no zombies when it is the first process of a container", [
  ...NEEDS,
  "process namespaces",
], async () => {
  await using queue = await startQueue();
  await using worker = new FirstProcess("worker", [
    ...["--connect", queue.backend, "--shell", "--exec", "sleep 1000 & (setsid true &) ; cat"],
  ]);
  await using peers = await Peers.open();
  await using client = peers.req({ connect: queue.frontend });
  for (const text of ["1", "2", "3"]) {
    client.send(text);
    assertEquals(await client.receiveText(), [text]);
  }
  const pid = await worker.firstPid();
  const states = async () => {
    const { stdout } = await new Deno.Command("ps", { args: ["-o", "stat=,args=", "--ppid", `${pid}`] }).output();
    return new TextDecoder().decode(stdout).split("\n").filter((line) => line !== "");
  };
  const deadline = performance.now() + WAIT_MS;
  while ((await states()).length > 1 && performance.now() < deadline) await delay(20);
  const [guardian, ...others] = await states();
  assertMatch(guardian!, /spworker-guardian/);
  assertEquals(others, []);
  await worker.signal("SIGTERM");
  assertEquals((await worker.exit).code, 0);
});

scenario("worker serves the Guide's unmodified clients with a program", [...NEEDS, "pyzmq"], async () => {
  await using setting = await Setting.open(["--exec", "cat", "--concurrency", "2"]);
  const pyzmq = PEER_LANGUAGES.find(({ need }) => need === "pyzmq")!;
  await using client = startForeignPeer(pyzmq, "client", [setting.queue.frontend, "20"]);
  assertEquals((await client.exit).code, 0);
});
