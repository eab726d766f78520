/** README.md and docs/access.md say how to let another machine in, and it gets in. */

import { assert, assertEquals } from "@std/assert";
import { documentedCommands, DocumentedHost } from "../harness/documented_commands.ts";
import { scenario } from "../harness/scenario.ts";
import { TestHosts } from "../harness/test_hosts.ts";

const NEEDS = ["programs", "files", "private networks"] as const;

/** The queue's machine and another one. */
async function makeMachines(): Promise<AsyncDisposable & { queueHost: DocumentedHost; otherHost: DocumentedHost }> {
  await using stack = new AsyncDisposableStack();
  const hosts = stack.use(await TestHosts.make("queue.example"));
  const queueHost = stack.use(new DocumentedHost(hosts.one));
  const otherHost = stack.use(new DocumentedHost(hosts.two));
  const moved = stack.move();
  return { queueHost, otherHost, [Symbol.asyncDispose]: () => moved.disposeAsync() };
}

/** Takes the key of a name along, and deletes it on the queue's machine. */
async function takeAlong(name: string, from: DocumentedHost, to: DocumentedHost): Promise<void> {
  await Deno.rename(from.file(`keys/${name}.key`), to.file(`${name}.key`));
}

const STORIES = [
  {
    file: "README.md",
    begin: "By default the queue listens on this machine only",
    end: "Nobody without a key gets in",
    reply: "hello",
  },
  { file: "docs/access.md", begin: "## Let another machine in", end: "A client works the same way", reply: "HELLO" },
];

for (const { file, begin, end, reply } of STORIES) {
  scenario(`${file} lets a worker and a client on another machine in`, NEEDS, async () => {
    await using machines = await makeMachines();
    const { queueHost, otherHost } = machines;
    const [addWorker, startQueue, startWorker, ...more] = await documentedCommands(file, begin, end);
    assertEquals(more, []);
    // "A client works the same way, with the role client".
    const asClient = (command: string) =>
      command
        .replace(/\bworker\b/, "client")
        .replace("spworker", "spclient")
        .replace("thumb1", "ops")
        .replace(":5556", ":5555")
        .replace(/ --exec .*/, "");
    await queueHost.run(addWorker!);
    await queueHost.run(asClient(addWorker!));
    await takeAlong("thumb1", queueHost, otherHost);
    await takeAlong("ops", queueHost, otherHost);
    await using queue = queueHost.start(startQueue!);
    await queue.event("listening");
    await using worker = otherHost.start(startWorker!);
    await worker.event("worker ready");
    const { stdout } = await otherHost.run(`${asClient(startWorker!)} --timeout 1m hello`);
    assertEquals(stdout, reply);
  });
}

scenario("docs/access.md keeps a secret on the worker's machine", NEEDS, async () => {
  await using machines = await makeMachines();
  const { queueHost, otherHost } = machines;
  const [, startQueue, startWorker] = await documentedCommands("docs/access.md", "## Let another machine in", "###");
  const [show, make] = await documentedCommands("docs/access.md", "### Keep the secret", "## A trusted network");
  await queueHost.run("spqueue key new --keys ./keys");
  const { stdout: queueKey } = await queueHost.run(show!);
  const { stdout: line } = await otherHost.run(make!.replace("PUBLIC-KEY", queueKey.trim()));
  await Deno.writeTextFile(queueHost.file("keys/permitted"), line, { append: true });
  await using queue = queueHost.start(startQueue!);
  await queue.event("listening");
  await using worker = otherHost.start(startWorker!);
  await worker.event("worker ready");
});

scenario("docs/access.md changes the queue's key, and every request is answered", NEEDS, async () => {
  await using machines = await makeMachines();
  const { queueHost, otherHost } = machines;
  const [addWorker, startQueue, startWorker] = await documentedCommands("docs/access.md", "## Let another", "###");
  await queueHost.run(addWorker!);
  await queueHost.run("spqueue key add client ops --keys ./keys");
  await takeAlong("thumb1", queueHost, otherHost);
  await takeAlong("ops", queueHost, otherHost);
  await using queue = queueHost.start(startQueue!);
  await using worker = otherHost.start(startWorker!);
  const ask = "--count 0 --timeout 20s --log-format json";
  await using client = otherHost.start(`spclient --key ops.key --connect tcp://queue.example:5555 ${ask}`);
  await client.events("reply", 3);

  const [makeKey, copy, startSecond, startNewWorker, startNewClient] = await documentedCommands(
    "docs/access.md",
    "### Changing the queue's key",
    "### When somebody",
  );
  const { stdout: newKey } = await queueHost.run(makeKey!);
  await queueHost.run(copy!);
  await using second = queueHost.start(startSecond!);
  for (const name of ["thumb1", "ops"]) {
    const text = await Deno.readTextFile(otherHost.file(`${name}.key`));
    const moved = text.replace(/^( *queue-key = ").*"$/m, (_, head) => `${head}${newKey.trim()}"`);
    await Deno.writeTextFile(otherHost.file(`${name}-new.key`), moved, { mode: 0o600 });
  }
  await using newWorker = otherHost.start(startNewWorker!);
  await newWorker.event("worker ready");
  client.kill("SIGTERM");
  assertEquals((await client.exit).code, 0);
  await using newClient = otherHost.start(startNewClient!.replace("'hello'", ask));
  await newClient.events("reply", 3);
  queue.kill("SIGTERM");
  await queue.exit;
  const { accepted, leftAtDrain } = await queue.event("ended");
  assertEquals(leftAtDrain, 0);
  // Its last request may have been under way when the client was stopped.
  assert([0, 1].includes(Number(accepted) - client.count("reply")));
  worker.kill("SIGTERM");
  assertEquals((await worker.exit).code, 0);
  await newClient.events("reply", newClient.count("reply") + 3);
  newClient.kill("SIGTERM");
  assertEquals((await newClient.exit).code, 0);
  assertEquals(client.count("no reply, trying again") + newClient.count("no reply, trying again"), 0);
  second.kill("SIGTERM");
  await second.exit;
});
