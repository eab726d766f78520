/**
 * Names and addresses of queues, each in a network of its own.
 *
 * @module
 */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { BINARIES, ROOT } from "../harness/capabilities.ts";
import { Folder } from "../harness/folder.ts";
import { LiveInput } from "../harness/input.ts";
import { PrivateNetwork } from "../harness/private_network.ts";
import { commandLine } from "../harness/programs.ts";
import { scenario } from "../harness/scenario.ts";

const NEEDS = ["programs", "files", "private networks"] as const;
/** A name server that takes every question and answers none. */
const SILENT_NAME_SERVER =
  'import socket, time; s = socket.socket(type=socket.SOCK_DGRAM); s.bind(("127.0.0.1", 53)); ' +
  'print("deaf", flush=True); time.sleep(600)';
const ECHO = ["--no-faults", "--work", "0"];
/** Of the resolver: it asks twice, and waits this long each time. */
const SLOW_LOOKUP = "options timeout:30";
/** Longer than a program takes to start and to end on a slow machine, and shorter than a look-up that it would wait for. */
const SLACK_MS = 20_000;

/** A network whose name server answers nothing. */
async function silentNetwork(): Promise<AsyncDisposable & { readonly network: PrivateNetwork }> {
  const network = await PrivateNetwork.make([`echo '${SLOW_LOOKUP}' >> /etc/resolv.conf`]);
  const server = network.run("python3", { args: ["-c", SILENT_NAME_SERVER] });
  await server.text("stdout", /deaf/);
  return {
    network,
    [Symbol.asyncDispose]: async () => {
      await server[Symbol.asyncDispose]();
      await network[Symbol.asyncDispose]();
    },
  };
}

scenario("worker and client look up a queue's name again when its connection has ended", [
  ...NEEDS,
  "long run",
], async () => {
  await using network = await PrivateNetwork.make();
  network.name(["127.0.0.2", "queue.example"]);
  const first = await network.startQueue("tcp://127.0.0.2:5555", "tcp://127.0.0.2:5556");
  await using worker = network.start("worker", ["--connect", "tcp://queue.example:5556", ...ECHO]);
  const input = new LiveInput();
  await using client = network.start(
    "client",
    ["--connect", "tcp://queue.example:5555", "--lines", "--timeout", "1m"],
    {
      input: input.readable,
    },
  );
  await input.write("one\n");
  await client.text("stdout", /one\n/);
  await first[Symbol.asyncDispose]();
  network.name(["127.0.0.3", "queue.example"]);
  await using _second = await network.startQueue("tcp://127.0.0.3:5555", "tcp://127.0.0.3:5556");
  await worker.events("worker ready", 2);
  await input.write("two\n");
  await client.text("stdout", /two\n/);
  await input.end();
  const { code, stderr } = await client.exit;
  assertEquals([code, stderr], [0, ""]);
});

scenario("worker and client use a name that has an IPv6 address only", NEEDS, async () => {
  await using network = await PrivateNetwork.make();
  network.name(["::1", "six.example"]);
  await using _queue = await network.startQueue("tcp://[::1]:5555", "tcp://[::1]:5556");
  await using worker = network.start("worker", ["--connect", "tcp://six.example:5556", ...ECHO]);
  await worker.event("worker ready");
  await using client = network.start("client", ["--connect", "tcp://six.example:5555", "hello"]);
  const { code, stdout } = await client.exit;
  assertEquals([code, stdout], [0, "hello"]);
});

scenario("client tries a name's next address while the first one does not answer", NEEDS, async () => {
  // Nobody has the address, so nobody answers for it.
  await using network = await PrivateNetwork.make([
    "ip link add wire type veth peer name end",
    "ip link set wire up",
    "ip link set end up",
    "ip address add 2001:db8::1/64 dev wire nodad",
  ]);
  await using _queue = await network.startQueue("tcp://127.0.0.1:5555", "tcp://127.0.0.1:5556");
  // The resolver puts a global IPv6 address before IPv4.
  network.name(
    ["127.0.0.1", "queue.example"],
    ["2001:db8::9", "queue.example"],
    ["2001:db8::9", "silent.example"],
  );
  await using worker = network.start("worker", ["--connect", "tcp://queue.example:5556", ...ECHO]);
  await worker.event("worker ready");
  await using client = network.start("client", ["--connect", "tcp://queue.example:5555", "--retries", "1", "hello"]);
  const { code, stdout } = await client.exit;
  assertEquals([code, stdout], [0, "hello"]);
  const silent = ["--connect", "tcp://silent.example:5555", "--retries", "2", "--timeout", "500ms", "hello"];
  await using waiting = network.start("client", silent);
  const exit = await waiting.exit;
  assertEquals(exit.code, 3);
  assertStringIncludes(exit.stderr, "[2001:db8::9]:5555 does not answer");
});

scenario("client ends within its tries when the name server does not answer, and says so", [
  ...NEEDS,
  "python",
], async () => {
  await using silent = await silentNetwork();
  const args = ["--connect", "tcp://queue.example:5555", "--retries", "2", "--timeout", "500ms", "hello"];
  const start = performance.now();
  await using client = silent.network.start("client", args);
  const { code, stderr } = await client.exit;
  const elapsedMs = performance.now() - start;
  assertEquals(code, 3);
  assertStringIncludes(stderr, 'the name \\"queue.example\\" does not resolve: the name server has not answered yet');
  assert(elapsedMs < 2 * 500 + SLACK_MS, `It took ${elapsedMs} ms`);
});

scenario("worker and client use the other queue when the name server does not answer for one", [
  ...NEEDS,
  "python",
], async () => {
  await using silent = await silentNetwork();
  const { network } = silent;
  await using _queue = await network.startQueue("tcp://127.0.0.1:5555", "tcp://127.0.0.1:5556");
  const backends = ["--connect", "tcp://queue.example:5556", "--connect", "tcp://127.0.0.1:5556"];
  await using worker = network.start("worker", [...backends, ...ECHO]);
  await worker.event("worker ready", { endpoint: "tcp://127.0.0.1:5556" });
  const frontends = ["--connect", "tcp://queue.example:5555", "--connect", "tcp://127.0.0.1:5555"];
  await using client = network.start("client", [...frontends, "--timeout", "500ms", "hello"]);
  assertEquals((await client.exit).stdout, "hello");
  // The look-up is still under way.
  const start = performance.now();
  worker.kill();
  assertEquals((await worker.exit).code, 0);
  const elapsedMs = performance.now() - start;
  assert(elapsedMs < SLACK_MS, `It took ${elapsedMs} ms`);
});

scenario("a program that uses LazyPirate ends although its name look-up is still running", [
  ...NEEDS,
  "python",
], async () => {
  // Binaries run no program but their own.
  if (BINARIES !== undefined) return;
  await using silent = await silentNetwork();
  using folder = new Folder();
  const program = folder.file("program.ts");
  await Deno.writeTextFile(
    program,
    `import { LazyPirate } from "${new URL("client.ts", ROOT)}";
    {
      await using client = new LazyPirate({ connect: "tcp://queue.example:5555", timeout: 200, retries: 1 });
      const error = await client.request([new Uint8Array(1)]).catch((error) => error);
      console.log(error.reason);
    }`,
  );
  const start = performance.now();
  const { command, args, env } = commandLine("client", []);
  const flags = args.slice(0, args.indexOf("client.ts"));
  const config = decodeURIComponent(new URL("deno.json", ROOT).pathname);
  await using run = silent.network.run(command, { args: [...flags, "--config", config, program], env });
  const { code, stdout } = await run.exit;
  const elapsedMs = performance.now() - start;
  assertEquals([code, stdout], [0, "NAME_SERVER_SILENT\n"]);
  assert(elapsedMs < 200 + SLACK_MS, `It took ${elapsedMs} ms`);
});

scenario("the programs take link-local addresses whose zone is any name of an interface", NEEDS, async () => {
  for (const name of ["br-1a2b", "9z_.x"]) {
    await using network = await PrivateNetwork.make([
      `ip link add ${name} type veth peer name end`,
      `ip link set ${name} up`,
      "ip link set end up",
      `ip address add fe80::5/64 dev ${name} nodad`,
    ]);
    const [frontend, backend] = [`tcp://[fe80::5%${name}]:5555`, `tcp://[fe80::5%${name}]:5556`];
    await using _queue = await network.startQueue(frontend, backend);
    await using worker = network.start("worker", ["--connect", backend, ...ECHO]);
    await worker.event("worker ready", { endpoint: backend });
    await using client = network.start("client", ["--connect", frontend, "hello"]);
    assertEquals((await client.exit).stdout, "hello");
  }
});
