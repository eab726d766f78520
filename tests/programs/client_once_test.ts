import { assertEquals, assertMatch } from "@std/assert";
import { inTerminal } from "../harness/capabilities.ts";
import { Folder } from "../harness/folder.ts";
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
function binary(length: number): Uint8Array {
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

scenario("client sends what comes through a pipe, whatever it is, and however much", NEEDS, async () => {
  await using queue = await startQueue();
  await using _worker = startWorker(queue.backend, ["--no-faults", "--work", "0"]);
  for (const body of [binary(1024 * 1024), toBytes("a\nb\n"), toBytes("")]) {
    await using client = startClient(queue.frontend, [], { input: inputOf(body) });
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
  // Without "-", /dev/null is no input.
  await using other = startClient(frontend.endpoint, ["-"]);
  assertEquals(await other.exit, { code: 0, signal: null, stdout: "", stderr: "" });
});

scenario("client counts when there is input but a count, too", NEEDS, async () => {
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
    ["error", "server seems to be offline, abandoning", undefined],
  ]);
});

scenario("client is ended by a signal while it waits for the reply", NEEDS, async () => {
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

/** Starts the client as part of a shell's command, in which `"$0" "$@"` stands for it. */
function inShell(script: string, args: readonly string[]): Program {
  const { command, args: words, ...rest } = commandLine("client", args);
  return new Program("/bin/sh", { ...rest, args: ["-c", script, command, ...words] });
}
