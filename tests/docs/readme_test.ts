/** README.md is short, and its commands do what it says of them. */

import { assertEquals, assertLessOrEqual, assertMatch, assertStringIncludes } from "@std/assert";
import config from "../../deno.json" with { type: "json" };
import { inTerminal, ROOT } from "../harness/capabilities.ts";
import { documentedCommands, DocumentedHost } from "../harness/documented_commands.ts";
import { PrivateNetwork } from "../harness/private_network.ts";
import { scenario } from "../harness/scenario.ts";

const MAX_LINES = 120;
const NEEDS = ["programs", "files", "private networks"] as const;

async function readme(): Promise<string> {
  return await Deno.readTextFile(new URL("README.md", ROOT));
}

/** The commands of the section with three terminals: queue, worker and client, then worker and client for real work. */
async function threeTerminals(): Promise<string[]> {
  return await documentedCommands("README.md", "## Three terminals", "## Two machines");
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

scenario("README.md's three terminals work on the first attempt", [...NEEDS, "terminal"], async () => {
  const [queueCommand, workerCommand, clientCommand] = await threeTerminals();
  await using network = await PrivateNetwork.make();
  network.name(["127.0.0.1", "localhost"]);
  using host = new DocumentedHost(network);
  await using _queue = host.start(queueCommand!);
  await using worker = host.start(workerCommand!);
  await using client = host.start(onTerminal(clientCommand!));
  await client.text("stdout", /reply sequence=3/);
  await worker.event("worker ready");
  assertEquals(worker.count("simulated crash"), 0);
});

scenario("README.md's worker for real work answers", NEEDS, async () => {
  const [queueCommand, , , workerCommand, clientCommand] = await threeTerminals();
  await using network = await PrivateNetwork.make();
  network.name(["127.0.0.1", "localhost"]);
  using host = new DocumentedHost(network);
  await using _queue = host.start(queueCommand!);
  await using _worker = host.start(workerCommand!);
  const { stdout } = await host.run(clientCommand!);
  assertMatch(stdout, /^HELLO\n?$/);
});
