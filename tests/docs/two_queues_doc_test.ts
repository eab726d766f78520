/** The two queues of docs/two_queues.md take over from each other. */

import { assertEquals } from "@std/assert";
import { documentedCommands, DocumentedHost } from "../harness/documented_commands.ts";
import { scenario } from "../harness/scenario.ts";
import { TestHosts } from "../harness/test_hosts.ts";

const CLIENTS = 3;
const UNDER_LOAD = "--count 0 --timeout 800ms --retries 5 --log-format json";

scenario("docs/two_queues.md shows two queues with the same keys that answer every request when one is killed", [
  "programs",
  "files",
  "private networks",
  "long run",
], async () => {
  await using stack = new AsyncDisposableStack();
  const hosts = stack.use(await TestHosts.make());
  const [one, two] = [stack.use(new DocumentedHost(hosts.one)), stack.use(new DocumentedHost(hosts.two))];
  const commands = await documentedCommands("docs/two_queues.md", "Both use the same", "The variables");
  const [addWorker, addClient, startQueue, startWorker, startClient, ...more] = commands;
  assertEquals(more, []);
  for (const [command, name] of [[addWorker, "thumb1"], [addClient, "ops"]]) {
    await one.run(command!);
    // Workers and clients are on the host two here.
    await Deno.rename(one.file(`keys/${name}.key`), two.file(`${name}.key`));
  }
  // As scp does.
  await one.run(`cp -rp keys ${two.path}`);
  const startOn = async (host: DocumentedHost) => {
    const queue = stack.use(host.start(startQueue!));
    await queue.event("listening");
    return queue;
  };
  const first = await startOn(one);
  const second = await startOn(two);
  await Deno.writeTextFile(two.file("work"), "#!/bin/sh\nexec cat\n", { mode: 0o755 });
  const worker = stack.use(two.start(startWorker!));
  await worker.events("worker ready", 2);
  const clients = Array.from(
    { length: CLIENTS },
    () => stack.use(two.start(startClient!.replace("'hello'", UNDER_LOAD))),
  );
  const answered = async () => {
    await Promise.all(clients.map((client) => client.events("reply", client.count("reply") + 20)));
  };
  await answered();
  first.kill("SIGKILL");
  await answered();
  const again = await startOn(one);
  await worker.events("worker ready", 3);
  second.kill("SIGKILL");
  await answered();
  for (const client of clients) client.kill("SIGTERM");
  for (const client of clients) {
    const { code, stderr } = await client.exit;
    assertEquals([code, client.count("request failed"), client.count("malformed reply")], [0, 0, 0], stderr);
  }
  again.kill("SIGTERM");
  await again.exit;
});
