/** README.md is short, and its commands do what it says of them. */

import { assert, assertEquals, assertLessOrEqual, assertMatch, assertStringIncludes } from "@std/assert";
import config from "../../deno.json" with { type: "json" };
import { inTerminal, ROOT } from "../harness/capabilities.ts";
import { DocumentedHost } from "../harness/documented_commands.ts";
import { Document } from "../harness/documents.ts";
import { PrivateNetwork } from "../harness/private_network.ts";
import { scenario } from "../harness/scenario.ts";
import { ADDRESS_OF_ONE, TestHosts } from "../harness/test_hosts.ts";

const MAX_LINES = 120;
const NEEDS = ["programs", "files", "private networks"] as const;

async function readme(): Promise<string> {
  return await Deno.readTextFile(new URL("README.md", ROOT));
}

/** The commands of a section, block by block. */
async function commandsOf(heading: string): Promise<string[][]> {
  const section = (await readme()).split(/^## /m).find((text) => text.startsWith(`${heading}\n`));
  assert(section !== undefined, `README.md has no section "${heading}"`);
  return new Document("README.md", section).blocks.map(({ text }) => text.split("\n"));
}

/** The same command with a terminal, as a reader has it. */
function onTerminal(command: string): string {
  return inTerminal(command.split(" ")).map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(" ");
}

scenario("README.md has at most 120 lines, and names the version", ["files"], async () => {
  const text = await readme();
  assertLessOrEqual(text.trimEnd().split("\n").length, MAX_LINES);
  assertStringIncludes(text, `\nVersion ${config.version}.`);
  for (const [, version] of text.matchAll(/simple-pirate-(\d[\d.]*\d)/g)) assertEquals(version, config.version);
});

scenario("README.md's three terminals work at first", [...NEEDS, "terminal"], async () => {
  const [[queueCommand, workerCommand, clientCommand]] = await commandsOf("Three terminals") as [
    [string, string, string],
  ];
  await using network = await PrivateNetwork.make();
  network.name(["127.0.0.1", "localhost"]);
  using host = new DocumentedHost(network);
  await using _queue = host.start(queueCommand);
  await using worker = host.start(workerCommand);
  await using client = host.start(onTerminal(clientCommand));
  await client.text("stdout", /reply sequence=3/);
  await worker.event("worker ready");
  assertEquals(worker.count("simulated crash"), 0);
});

scenario("README.md's worker for real work answers", NEEDS, async () => {
  const [[queueCommand], [workerCommand, clientCommand]] = await commandsOf("Three terminals") as [
    [string],
    [string, string],
  ];
  await using network = await PrivateNetwork.make();
  network.name(["127.0.0.1", "localhost"]);
  using host = new DocumentedHost(network);
  await using _queue = host.start(queueCommand);
  await using _worker = host.start(workerCommand);
  const { stdout } = await host.run(clientCommand);
  assertMatch(stdout, /^HELLO\n?$/);
});

scenario("README.md's two machines: a worker with its key is let in, and nobody without", NEEDS, async () => {
  const [[keyCommand, queueCommand], [workerCommand]] = await commandsOf("Two machines") as [
    [string, string],
    [string],
  ];
  await using hosts = await TestHosts.make();
  hosts.two.name([ADDRESS_OF_ONE, "queue.example"]);
  using one = new DocumentedHost(hosts.one);
  using two = new DocumentedHost(hosts.two);
  const { stdout } = await one.run(keyCommand);
  assertEquals(stdout, "./keys/thumb1.key\n");
  await Deno.rename(one.file("keys/thumb1.key"), two.file("thumb1.key"));
  await using queue = one.start(queueCommand);
  await queue.event("listening");
  await using worker = two.start(workerCommand);
  await worker.event("worker ready");
  // "A client works the same way, with the role client."
  await one.run(keyCommand.replace("worker thumb1", "client ops"));
  const ask = `deno task client --connect tcp://${ADDRESS_OF_ONE}:5555 --timeout 20s --retries 1`;
  assertEquals((await one.run(`${ask} --key ./keys/ops.key hello`)).stdout, "hello");
  await using stranger = two.start(workerCommand.replace("--key thumb1.key ", ""));
  assertEquals((await stranger.event("cannot connect")).code, "NOT_ZMTP");
  assertEquals(stranger.count("worker ready"), 0);
});
