import { assert, assertEquals, assertMatch } from "@std/assert";
import { Folder } from "../harness/folder.ts";
import { Peers } from "../harness/peers.ts";
import { commandLine, type QueueProgram, start, startQueue } from "../harness/programs.ts";
import { scenario } from "../harness/scenario.ts";
import { Tmux, type TmuxSize } from "../harness/tmux.ts";

const NEEDS = ["programs", "tmux", "files"] as const;
const USUAL: TmuxSize = { columns: 80, rows: 24 };

/** Those that it is made for; the usual one comes last. */
const SIZES: readonly TmuxSize[] = [{ columns: 40, rows: 10 }, { columns: 200, rows: 50 }, USUAL];

/** That it fills a terminal of another size, and shows something there; returns what it shows. */
async function assertFills(tmux: Tmux, size: TmuxSize, isShown: RegExp): Promise<string> {
  await tmux.resize(size);
  const lines = await tmux.shows((lines) =>
    lines.length === size.rows && lines.at(-1)!.startsWith("q quit") && lines.at(-1)!.length === size.columns &&
    isShown.test(lines.join("\n"))
  );
  return lines.join("\n");
}

async function startHttpQueue(http = "127.0.0.1:0"): Promise<{ queue: QueueProgram; http: string }> {
  const queue = await startQueue(["--http", http]);
  const listening = await queue.event("listening");
  return { queue, http: (listening.http as string[])[0]! };
}

function top(...args: readonly string[]) {
  return commandLine("queue", ["top", ...args]);
}

/** Whether a line has the terminal's modes, which are printed before and after. */
function isModes(line: string): boolean {
  return /^[0-9a-f]+(:[0-9a-f]+){10,}\s*$/.test(line);
}

/** That the terminal's modes are the same each time that they are printed, and the screen is the usual one. */
async function assertLeftAsItWas(tmux: Tmux, code: number, times = 2): Promise<void> {
  const lines = await tmux.shows((lines) => lines.filter(isModes).length === times, "-J");
  assertEquals(new Set(lines.filter(isModes)).size, 1);
  assertMatch(lines.join("\n"), new RegExp(`^ended with ${code}\\b`, "m"));
  assertEquals(await tmux.isUsual(), true);
}

scenario("spqueue top shows a queue in terminals of all sizes, and follows a change of size", NEEDS, async () => {
  const { queue, http } = await startHttpQueue();
  await using _ = queue;
  await using peers = await Peers.open();
  peers.echoWorker(queue.backend);
  await using tmux = await Tmux.open(top(http), USUAL);
  await tmux.shows(/^serving: 0 of 1 worker busy/);
  for (const size of SIZES) {
    const text = await assertFills(tmux, size, /^serving: 0 of 1 worker busy/);
    assertMatch(text, /^WORKER.*\n.* idle /m);
  }
  await tmux.type("c");
  await tmux.shows(/\[0 clients\]/);
  await tmux.type("q");
  await assertLeftAsItWas(tmux, 0);
});

scenario(
  "spqueue top keeps running when a queue dies, and shows it again when it is back",
  [...NEEDS, "long run"],
  async () => {
    const first = await startHttpQueue();
    await using dying = first.queue;
    const { http } = first;
    const other = await startHttpQueue();
    await using _other = other.queue;
    await using tmux = await Tmux.open(top("--interval", "200ms", http, other.http), USUAL);
    await tmux.shows((lines) => lines.filter((line) => line.includes(" no workers ")).length === 2);
    await dying[Symbol.asyncDispose]();
    await tmux.shows(/^2 queues, 1 cannot be reached\n/);
    await tmux.type("/", ...http.slice(-5), "Enter", "Enter");
    for (const size of SIZES) await assertFills(tmux, size, /^unreachable, with its last numbers:\sCannot/);
    const again = await startHttpQueue(http);
    await using _again = again.queue;
    for (const size of SIZES) await assertFills(tmux, size, /^no workers for /);
    await tmux.type("Escape");
    await tmux.shows(/^2 queues\n/);
    await tmux.type("C-c");
    await assertLeftAsItWas(tmux, 0);
  },
);

for (const signal of ["SIGTERM", "SIGHUP", "SIGINT"] as const) {
  scenario(`spqueue top leaves the terminal as it was on ${signal}`, NEEDS, async () => {
    using folder = new Folder();
    const pidFile = folder.file("pid");
    const { command, args, ...rest } = top("127.0.0.1:1");
    const shell = { ...rest, command: "sh", args: ["-c", 'echo $$ > "$0"; exec "$@"', pidFile, command, ...args] };
    await using tmux = await Tmux.open(shell, USUAL);
    await tmux.shows(/^Cannot reach /);
    Deno.kill(Number(await Deno.readTextFile(pidFile)), signal);
    await assertLeftAsItWas(tmux, { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 }[signal]);
  });
}

scenario("spqueue top leaves the terminal as it was on Ctrl-Z, and takes it again on fg", NEEDS, async () => {
  const { command, args, ...rest } = top("127.0.0.1:1");
  const script = 'set -m; "$@"; echo "stopped with $?"; stty -g; read -r _; fg';
  const shell = { ...rest, command: "sh", args: ["-c", script, "sh", command, ...args] };
  await using tmux = await Tmux.open(shell, USUAL);
  await tmux.shows(/^Cannot reach /);
  await tmux.type("C-z");
  const lines = await tmux.shows((lines) => lines.filter(isModes).length === 2, "-J");
  const [before, stopped] = lines.filter(isModes);
  assertEquals([stopped, await tmux.isUsual()], [before, true]);
  assertMatch(lines.join("\n"), /^stopped with 148$/m);
  await tmux.type("Enter");
  await tmux.shows(/^Cannot reach /);
  await tmux.type("q");
  await assertLeftAsItWas(tmux, 0, 3);
});

scenario("spqueue top has colours unless NO_COLOR is set", NEEDS, async () => {
  // deno-lint-ignore no-control-regex
  const color = /\x1b\[3[0-9]/;
  await using colored = await Tmux.open(top("127.0.0.1:1"), USUAL, "unset NO_COLOR");
  assertMatch((await colored.shows(/Cannot reach /, "-e")).join("\n"), color);
  await using plain = await Tmux.open(top("127.0.0.1:1"), USUAL, "export NO_COLOR=1");
  assertEquals(color.test((await plain.shows(/Cannot reach /, "-e")).join("\n")), false);
});

scenario("spqueue top prints once on a dumb or unknown terminal, and without a terminal", NEEDS, async () => {
  const { queue, http } = await startHttpQueue();
  await using _ = queue;
  await using dumb = await Tmux.open(top(http), USUAL, "export TERM=dumb");
  await using unknown = await Tmux.open(top(http), USUAL, "unset TERM");
  for (const tmux of [dumb, unknown]) {
    const lines = await tmux.shows(/^ended with 4$/m);
    assertMatch(lines.join("\n"), /^no workers for /m);
  }
  await using once = start("queue", ["top", http]);
  const { code, stdout } = await once.exit;
  assertEquals(code, 4);
  assertMatch(stdout, /^no workers for .*\nwaiting {3}0\n/);
});

scenario("spqueue top --interval prints one line per queue at that interval without a terminal", NEEDS, async () => {
  const { queue, http } = await startHttpQueue();
  await using _ = queue;
  using folder = new Folder();
  const file = folder.file("lines");
  const { command, args, cwd, env } = top("--interval", "100ms", http, "127.0.0.1:1");
  // "head" leaves after four lines, and that ends it.
  const shell = new Deno.Command("sh", {
    args: ["-c", `"$@" | head -n 4 > "$0"`, file, command, ...args],
    cwd,
    env,
    clearEnv: true,
    stderr: "null",
  });
  assertEquals((await shell.output()).code, 0);
  const lines = (await Deno.readTextFile(file)).trim().split("\n");
  assertEquals(lines.length, 4);
  for (const [index, line] of lines.entries()) {
    const what = index % 2 === 0 ? `${http} no workers for ` : "127.0.0.1:1 Cannot reach ";
    assert(line.slice("2026-01-01T00:00:00.000Z ".length).startsWith(what), line);
  }
});
