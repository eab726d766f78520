/** The container images' files: what they set exists, and what reads them accepts them. */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { parseCommandLine } from "../../lib/cli/parse.ts";
import { VARIABLES } from "../../lib/cli/variables.ts";
import { QUEUE_PROGRAM } from "../../lib/queue/options.ts";
import { STATUS } from "../../lib/queue/commands/status_options.ts";
import { ROOT } from "../harness/capabilities.ts";
import { scenario } from "../harness/scenario.ts";

const FOLDER = new URL("packaging/container/", ROOT);

/** The variables that a Dockerfile sets. */
function variablesOf(text: string): Readonly<Record<string, string>> {
  const [, block = ""] = /^ENV ((?:.*\\\n)*.*)$/m.exec(text) ?? [];
  return Object.fromEntries(Array.from(block.matchAll(/(\w+)=(\S+)/g), ([, name, value]) => [name!, value!]));
}

scenario("the images run without root, as their programs, with variables that exist", ["files"], async () => {
  for (const role of ["queue", "worker"] as const) {
    const text = await Deno.readTextFile(new URL(`${role}.Dockerfile`, FOLDER));
    assertStringIncludes(text, "\nUSER 65532:65532\n");
    assertStringIncludes(text, `\nENTRYPOINT ["sp${role}"]\n`);
    for (const name of Object.keys(variablesOf(text))) assert(name === "PATH" || VARIABLES.includes(name), name);
  }
});

scenario(
  "the queue's image listens everywhere, asks for keys, and can be asked for its health",
  ["files"],
  async () => {
    const text = await Deno.readTextFile(new URL("queue.Dockerfile", FOLDER));
    const variables = variablesOf(text);
    const { options } = parseCommandLine(QUEUE_PROGRAM, [], (name) => variables[name]);
    assertEquals(
      [options.frontend, options.backend, options.keys, options.http, options.open],
      [["tcp://*:5555"], ["tcp://*:5556"], "/keys", ["127.0.0.1:5557"], false],
    );
    const [, check] = /^HEALTHCHECK .*CMD (\[.*\])$/m.exec(text)!;
    const [program, command, ...args] = JSON.parse(check!) as string[];
    assertEquals([program, command], ["spqueue", "status"]);
    const status = parseCommandLine(STATUS, args, (name) => variables[name]).options;
    assertEquals([status.alive, status.http], [true, ["127.0.0.1:5557"]]);
  },
);

async function compose(
  env: Readonly<Record<string, string>>,
): Promise<{ code: number; stdout: string; stderr: string }> {
  const args = ["--file", new URL("compose.yaml", FOLDER).pathname, "config"];
  const command = new Deno.Command("docker-compose", { args, env, clearEnv: true });
  const { code, stdout, stderr } = await command.output();
  return { code, stdout: new TextDecoder().decode(stdout), stderr: new TextDecoder().decode(stderr) };
}

scenario("docker-compose accepts the compose file, with the user that is given and without one", [
  "programs",
  "files",
  "docker-compose",
], async () => {
  const path = Deno.env.get("PATH") ?? "/usr/bin:/bin";
  for (const [env, user] of [[{}, "1000:1000"], [{ OWNER: "1234:5678" }, "1234:5678"]] as const) {
    const { code, stdout, stderr } = await compose({ PATH: path, ...env });
    assertEquals(code, 0, stderr);
    for (const name of stdout.match(/\bSPQ_\w+/g)!) assert(VARIABLES.includes(name), name);
    assertEquals(Array.from(stdout.matchAll(/ user: (\S+)/g), ([, given]) => given), Array(4).fill(user));
  }
});

scenario("promtool accepts the compose file's Prometheus configuration", ["programs", "prometheus"], async () => {
  const args = ["check", "config", "--syntax-only", new URL("prometheus.yml", FOLDER).pathname];
  const { success, stderr } = await new Deno.Command("promtool", { args }).output();
  assert(success, new TextDecoder().decode(stderr));
});
