import { assertEquals, assertMatch } from "@std/assert";
import { inTerminal, PYTHON } from "../harness/capabilities.ts";
import { Folder } from "../harness/folder.ts";
import { helpText } from "../../lib/cli/help.ts";
import { CLIENT_PROGRAM } from "../../lib/client/options.ts";
import { inputOf } from "../harness/input.ts";
import { type Peer, Peers, toBytes } from "../harness/peers.ts";
import { Program } from "../harness/program.ts";
import { ANY_PORT, commandLine, startClient, startQueue, startWorker } from "../harness/programs.ts";
import { scenario } from "../harness/scenario.ts";

const NEEDS = ["programs", "ffi"] as const;

/** A frontend that returns each request with something before and behind it. */
function answering(peers: Peers, before = "", behind = ""): Peer {
  const frontend = peers.router({ bind: ANY_PORT });
  frontend.serve(([client, delimiter, ...body]) => frontend.send(client!, delimiter!, before, ...body, behind));
  return frontend;
}

/** A frontend that returns each request. */
function echoing(peers: Peers): Peer {
  const frontend = peers.router({ bind: ANY_PORT });
  frontend.serve((message) => frontend.send(...message));
  return frontend;
}

/** All bytes there are, several times over, with line feeds and no end of a text. */
function binary(length: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length }, (_, index) => (index * 7 + (index >> 8)) & 255);
}

for (const text of ["hello", "", "-n", "zwölf Boxkämpfer", "two\nlines\n"]) {
  scenario(`client writes the reply to ${JSON.stringify(text)} and nothing else`, NEEDS, async () => {
    await using peers = await Peers.open();
    const frontend = echoing(peers);
    await using client = startClient(frontend.endpoint, ["--", text]);
    const { code, stdout, stderr } = await client.exit;
    assertEquals({ code, stdout, stderr }, { code: 0, stdout: text, stderr: "" });
  });
}

scenario("client sends a text as the only frame", NEEDS, async () => {
  await using peers = await Peers.open();
  const frontend = peers.router({ bind: ANY_PORT });
  await using client = startClient(frontend.endpoint, ["two words"]);
  const [identity, ...frames] = await frontend.receiveText();
  assertEquals(frames, ["", "two words"]);
  frontend.send(identity!, "", "reply");
  assertEquals((await client.exit).stdout, "reply");
});

scenario("client writes a reply's frames one after the other, byte for byte", NEEDS, async () => {
  await using peers = await Peers.open();
  const frontend = answering(peers, "\0\xff", "\n");
  await using client = startClient(frontend.endpoint, ["text"]);
  assertEquals((await client.exit).code, 0);
  assertEquals(client.output, toBytes("\0\xfftext\n"));
});

scenario("client sends everything that comes through a pipe, whatever and however much it is", NEEDS, async () => {
  await using queue = await startQueue();
  await using _worker = startWorker(queue.backend, ["--no-faults", "--work", "0"]);
  for (const [body, ...args] of [[binary(1024 * 1024)], [toBytes("a\nb\n")], [toBytes(""), "--empty"]] as const) {
    await using client = startClient(queue.frontend, args, { input: inputOf(body) });
    const { code, stderr } = await client.exit;
    assertEquals({ code, stderr }, { code: 0, stderr: "" });
    assertEquals(client.output, body);
  }
});

scenario("client sends a file that is its standard input", [...NEEDS, "files"], async () => {
  await using peers = await Peers.open();
  const frontend = echoing(peers);
  using folder = new Folder();
  const body = binary(100_000);
  await Deno.writeFile(folder.file("body"), body);
  await using client = inShell(`"$0" "$@" < ${folder.file("body")}`, ["--connect", frontend.endpoint]);
  assertEquals((await client.exit).code, 0);
  assertEquals(client.output, body);
});

scenario('client sends its standard input when the text is "-"', NEEDS, async () => {
  await using peers = await Peers.open();
  const frontend = answering(peers);
  await using client = startClient(frontend.endpoint, ["-"], { input: inputOf("piped") });
  assertEquals((await client.exit).stdout, "piped");
});

const EMPTY = "spclient: Standard input is empty: give a TEXT to send, or --empty to send an empty request. " +
  'Run "spclient --help" for all options.\n';

scenario("client refuses an empty standard input with 2, and sends nothing, unless --empty allows it", [
  ...NEEDS,
  "shell",
], async () => {
  await using peers = await Peers.open();
  const frontend = peers.router({ bind: ANY_PORT });
  for (const redirection of ["< /dev/null", "<&-", "< /dev/null -", "0> /dev/null"]) {
    await using client = inShell(`"$0" "$@" ${redirection}`, ["--connect", frontend.endpoint]);
    const { code, stdout, stderr } = await client.exit;
    // What is open for writing only cannot be read.
    const wanted = redirection.startsWith("0>")
      ? { code: 1, stderr: "spclient: Cannot read standard input: bad file descriptor (EBADF)\n" }
      : { code: 2, stderr: EMPTY };
    assertEquals({ code, stdout, stderr }, { stdout: "", ...wanted }, redirection);
  }
  await using piped = startClient(frontend.endpoint, ["-"], { input: inputOf("") });
  assertEquals((await piped.exit).stderr, EMPTY);
  assertEquals(frontend.poll(), undefined);
  frontend.serve((message) => frontend.send(...message, "reply"));
  await using client = startClient(frontend.endpoint, ["--empty"]);
  assertEquals(await client.exit, { code: 0, signal: null, stdout: "reply", stderr: "" });
});

scenario(
  "client refuses a folder as standard input with 1, and sends nothing",
  [...NEEDS, "shell", "files"],
  async () => {
    await using peers = await Peers.open();
    const frontend = peers.router({ bind: ANY_PORT });
    using folder = new Folder();
    for (const args of [[], ["-"], ["--lines"], ["--empty"]]) {
      await using client = inShell(`"$0" "$@" < ${folder.path}`, ["--connect", frontend.endpoint, ...args]);
      const { code, stdout, stderr } = await client.exit;
      const sentence = "spclient: Cannot read standard input: is a directory (EISDIR)\n";
      assertEquals({ code, stdout, stderr }, { code: 1, stdout: "", stderr: sentence });
    }
    assertEquals(frontend.poll(), undefined);
  },
);

scenario("client says when its output cannot be written, with 1", [...NEEDS, "shell", "full device"], async () => {
  await using peers = await Peers.open();
  const frontend = echoing(peers);
  const connect = ["--connect", frontend.endpoint];
  for (const args of [["hello"], ["--count", "1", "--concurrency", "1"], ["--help"], ["--version"]]) {
    await using client = inShell('"$0" "$@" > /dev/full', [...connect, ...args]);
    const { code, stderr } = await client.exit;
    const sentence = "spclient: Cannot write to standard output: no space left on device (ENOSPC)\n";
    assertEquals({ code, stderr }, { code: 1, stderr: sentence });
  }
  await using client = inShell('echo line | "$0" "$@" > /dev/full', [...connect, "--lines"]);
  assertEquals((await client.exit).code, 1);
});

scenario(
  "client writes the whole reply to a nonblocking pipe",
  [...NEEDS, "shell", "python"],
  async () => {
    await using peers = await Peers.open();
    const frontend = peers.router({ bind: ANY_PORT });
    const reply = binary(300_000);
    frontend.serve(([client, delimiter, ...body]) => frontend.send(client!, delimiter!, ...body, reply));
    const connect = ["--connect", frontend.endpoint];
    const toSlowReader = `${UNBLOCKED} "$0" "$@" | { sleep 0.3; wc -c; }`;
    for (
      const [script, args, size] of [
        [toSlowReader, ["hello"], 5 + reply.length],
        [`seq 5 | ${toSlowReader}`, ["--lines"], 5 * (2 + reply.length)],
        [toSlowReader, ["--help"], helpText(CLIENT_PROGRAM).length],
      ] as const
    ) {
      await using client = inShell(script, [...connect, ...args]);
      const { stdout, stderr } = await client.exit;
      assertEquals([Number(stdout), stderr], [size, ""]);
    }
  },
);

scenario("client reads a nonblocking pipe to its end", [...NEEDS, "shell", "python"], async () => {
  await using peers = await Peers.open();
  const frontend = echoing(peers);
  const script = `{ echo one; sleep 0.3; echo two; } | ${UNBLOCKED} "$0" "$@"`;
  for (const args of [[], ["--lines"]]) {
    await using client = inShell(script, ["--connect", frontend.endpoint, ...args]);
    assertEquals(await client.exit, { code: 0, signal: null, stdout: "one\ntwo\n", stderr: "" });
  }
});

scenario("client counts when --count is given, even if there is input", NEEDS, async () => {
  await using peers = await Peers.open();
  const frontend = echoing(peers);
  await using client = startClient(frontend.endpoint, ["--count", "2"], { input: inputOf("not read") });
  const { code, stdout } = await client.exit;
  assertEquals([code, stdout, client.count("reply")], [0, "", 2]);
});

scenario("client counts when its standard input is a terminal", [...NEEDS, "terminal"], async () => {
  await using peers = await Peers.open();
  const frontend = peers.router({ bind: ANY_PORT });
  const { command, args, env, cwd } = commandLine("client", ["--connect", frontend.endpoint]);
  const [script, ...words] = inTerminal([command, ...args]);
  await using _client = new Program(script!, { args: words, cwd, env: { PATH: "/usr/bin:/bin", ...env } });
  assertEquals((await frontend.receiveText()).slice(1), ["", "1"]);
});

scenario("client ends with 3 and no output when no reply came after all tries", NEEDS, async () => {
  await using client = startClient("tcp://127.0.0.1:1", ["hello", "--timeout", "20ms", "--retries", "2"]);
  const { code, stdout } = await client.exit;
  assertEquals([code, stdout], [3, ""]);
  assertEquals(client.lines.map(({ level, event, tries }) => [level, event, tries]), [
    ["warning", "no reply, trying again", 1],
    ["error", "request failed", undefined],
  ]);
});

scenario("client ends on a signal while it waits for the reply", NEEDS, async () => {
  await using peers = await Peers.open();
  const frontend = peers.router({ bind: ANY_PORT });
  await using client = startClient(frontend.endpoint, ["hello", "--timeout", "1h"]);
  await frontend.receive();
  client.kill("SIGINT");
  assertEquals(await client.exit, { code: 130, signal: "SIGINT", stdout: "", stderr: "" });
});

scenario("client ends in silence when nobody reads its output", NEEDS, async () => {
  await using peers = await Peers.open();
  const frontend = peers.router({ bind: ANY_PORT });
  await using client = inShell('{ "$0" "$@"; echo "code $?" >&2; } | { exec <&-; echo gone >&2; }', [
    ...["--connect", frontend.endpoint, "hello", "--timeout", "1h"],
  ]);
  const [identity] = await frontend.receiveText();
  await client.text("stderr", /gone/);
  frontend.send(identity!, "", "reply");
  assertMatch((await client.exit).stderr, /^gone\ncode 0\n$/);
});

/** Runs a command with the pipes at its standard input and output not in blocking mode. */
const UNBLOCKED = `${PYTHON} -c 'import os, sys
for fd in 0, 1: os.set_blocking(fd, False)
os.execv(sys.argv[1], sys.argv[1:])'`;

/** Starts the client as part of a shell's command, in which `"$0" "$@"` stands for it. */
function inShell(script: string, args: readonly string[]): Program {
  const { command, args: words, ...rest } = commandLine("client", args);
  return new Program("/bin/sh", { ...rest, args: ["-c", script, command, ...words] });
}
