/**
 * Who gets in from another host. Queues run on one host, their workers and clients on another.
 *
 * @module
 */

import { assert, assertEquals, assertLess, assertMatch, assertStringIncludes } from "@std/assert";
import { createPeerKey } from "../../lib/access/new_key.ts";
import type { PeerRole } from "../../lib/access/permitted_keys.ts";
import { KeyFolder } from "../../lib/queue/commands/key_folder.ts";
import { loadLibrary } from "../../lib/zmq/library.ts";
import { within } from "../harness/deadline.ts";
import { DocumentedHost } from "../harness/documented_commands.ts";
import { PacketCapture } from "../harness/packet_capture.ts";
import type { Program } from "../harness/program.ts";
import { scenario } from "../harness/scenario.ts";
import {
  ADDRESS_OF_ONE,
  ADDRESS_OF_TWO,
  IPV6_ADDRESS_OF_ONE,
  IPV6_ADDRESS_OF_TWO,
  TestHosts,
} from "../harness/test_hosts.ts";

const NEEDS = ["programs", "files", "ffi", "private networks"] as const;
const ENDPOINTS = "--frontend 'tcp://*:5555' --backend 'tcp://*:5556'";
const FRONTEND = `tcp://${ADDRESS_OF_ONE}:5555`;
const BACKEND = `tcp://${ADDRESS_OF_ONE}:5556`;
const ECHO = "--work 0 --no-faults";
/** A test waits three times as long as the documentation promises. */
const IN_AGAIN_WITHIN_MS = 3 * 5000;
const OUT_WITHIN_MS = 3 * 2000;

interface Shells {
  readonly hosts: TestHosts;
  readonly one: DocumentedHost;
  readonly two: DocumentedHost;
}

/** Two hosts, and a shell on each. */
async function makeShells(): Promise<Shells & AsyncDisposable> {
  await using stack = new AsyncDisposableStack();
  const hosts = stack.use(await TestHosts.make());
  const one = stack.use(new DocumentedHost(hosts.one));
  const two = stack.use(new DocumentedHost(hosts.two));
  const moved = stack.move();
  return { hosts, one, two, [Symbol.asyncDispose]: () => moved.disposeAsync() };
}

/** Makes keys on the first host, and takes them to the second one. */
async function makeKeys(
  { one, two }: Shells,
  roles: Readonly<Record<string, PeerRole>>,
  name = "keys",
): Promise<KeyFolder> {
  const folder = one.file(name);
  const keys = new KeyFolder(await loadLibrary(), folder);
  for (const [name, role] of Object.entries(roles)) {
    const path = await keys.add({ name, roles: [role], publicKey: undefined });
    await Deno.rename(path!, two.file(`${name}.key`));
  }
  return keys;
}

/** A request and its answer, or why there is none. */
async function ask(host: DocumentedHost, args: string): Promise<{ reply: string; said: string }> {
  await using client = host.start(`spclient --connect ${FRONTEND} --retries 1 ${args}`);
  const { stdout, stderr } = await client.exit;
  return { reply: stdout, said: stderr };
}

async function stop(program: Program): Promise<void> {
  program.kill();
  await program.exit;
}

function startWorker(host: DocumentedHost, args = ""): Program {
  return host.start(`spworker --connect ${BACKEND} ${ECHO} ${args}`);
}

/** A worker that keeps its first job. */
class BusyWorker implements AsyncDisposable {
  readonly program: Program;
  readonly #pipe: string;

  private constructor(program: Program, pipe: string) {
    this.program = program;
    this.#pipe = pipe;
  }

  static async start(host: DocumentedHost, key: string): Promise<BusyWorker> {
    const pipe = `${crypto.randomUUID()}.pipe`;
    await host.run(`mkfifo ${pipe}`);
    const job = `'echo got > ${pipe}; exec sleep 600'`;
    const program = host.start(`spworker --connect ${BACKEND} --key ${key} --shell --exec ${job}`);
    try {
      await program.event("worker ready");
      return new BusyWorker(program, host.file(pipe));
    } catch (error) {
      await program[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Waits until it has its job. */
  async hasJob(): Promise<void> {
    await within(Deno.readTextFile(this.#pipe), () => "a job's start");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.program[Symbol.asyncDispose]();
  }
}

scenario("queue refuses connections from other hosts by default", NEEDS, async () => {
  await using shells = await makeShells();
  await using queue = shells.one.start("spqueue");
  const { reach, frontend } = await queue.event("listening");
  assertEquals(frontend, ["tcp://127.0.0.1:5555"]);
  assertMatch(String(reach), /^listening on this machine only/);
  await using worker = startWorker(shells.two);
  const { code, reason } = await worker.event("cannot connect");
  assertEquals([code, reason], ["REFUSED", `nothing listens at ${ADDRESS_OF_ONE}:5556 (ECONNREFUSED)`]);
  const { said } = await ask(shells.two, "--timeout 1s hello");
  assertStringIncludes(said, `nothing listens at ${ADDRESS_OF_ONE}:5555 (ECONNREFUSED)`);
});

scenario("queue with --allow lets in the ranges of each side, and no other host", [...NEEDS, "long run"], async () => {
  await using shells = await makeShells();
  const { one, two } = shells;
  const allow = `--allow ${ADDRESS_OF_TWO} --allow-workers ${ADDRESS_OF_TWO}/31 --allow-workers ${ADDRESS_OF_ONE}/32`;
  await using queue = one.start(`spqueue ${ENDPOINTS} ${allow}`);
  await queue.event("listening");
  assertEquals(queue.count("reachable from other machines without access control"), 0);
  await using there = startWorker(two);
  await using here = startWorker(one);
  await Promise.all([there, here].map((worker) => worker.event("worker ready")));
  // Within its try the queue does not yet end the connection that it leaves without an answer.
  const [permitted, refused] = await Promise.all([ask(two, "--timeout 10s hello"), ask(one, "--timeout 2500ms hello")]);
  assertEquals([permitted.reply, refused.reply], ["hello", ""]);
  assertStringIncludes(refused.said, "does the queue let this address in?");
  const { side, address, reason, toPermit } = await queue.event("peer refused");
  assertEquals([side, address, reason], ["frontend", ADDRESS_OF_ONE, "address not allowed"]);
  assertEquals(toPermit, `start the queue with --allow ${ADDRESS_OF_ONE}`);
});

scenario("queue with --allow lets in IPv4 and IPv6 hosts on one endpoint", [...NEEDS, "ipv6", "long run"], async () => {
  await using shells = await makeShells();
  const { hosts, one, two } = shells;
  await hosts.useIpv6();
  const allow = `--allow ${ADDRESS_OF_TWO}/32 --allow ${IPV6_ADDRESS_OF_TWO}/128`;
  await using queue = one.start(`spqueue --frontend 'tcp://[::]:5555' --backend 'tcp://[::]:5556' ${allow}`);
  await queue.event("listening");
  await using refused = one.start(`spworker --connect 'tcp://[${IPV6_ADDRESS_OF_ONE}]:5556' ${ECHO}`);
  const workers = [ADDRESS_OF_ONE, `[${IPV6_ADDRESS_OF_ONE}]`].map((address) =>
    two.start(`spworker --connect 'tcp://${address}:5556' ${ECHO}`)
  );
  await using stack = new AsyncDisposableStack();
  for (const worker of workers) stack.use(worker);
  await Promise.all(workers.map((worker) => worker.event("worker ready")));
  await refused.event("cannot connect");
  const { address, reason } = await queue.event("peer refused");
  assertEquals([address, reason], [IPV6_ADDRESS_OF_ONE, "address not allowed"]);
});

scenario("queue with keys lets peers in and shuts them out while it runs", [...NEEDS, "long run"], async (t) => {
  await using shells = await makeShells();
  const { one, two } = shells;
  const list = one.file("keys/permitted");
  const keys = await makeKeys(shells, { w: "worker", w2: "worker", c: "client" });
  await makeKeys(shells, { elsewhere: "worker" }, "others");
  const permitted = await Deno.readTextFile(list);
  await createPeerKey(await loadLibrary(), {
    path: two.file("late.key"),
    name: "late",
    roles: ["worker"],
    queueKey: await keys.publicKey(),
  });
  await using queue = one.start(`spqueue --keys keys ${ENDPOINTS}`);
  await queue.event("listening");
  await using worker = startWorker(two, "--key w.key");
  await using late = startWorker(two, "--key late.key");

  await t.step("peers with keys get in; the others learn why they do not, and so does the operator", async () => {
    await using keyless = startWorker(two);
    await using elsewhere = startWorker(two, "--key elsewhere.key");
    await using impostor = startWorker(two, "--key c.key");
    await worker.event("worker ready");
    const [{ reply }, { said }] = await Promise.all([
      ask(two, "--timeout 10s --key c.key hello"),
      ask(two, "--timeout 4s hello"),
    ]);
    assertEquals(reply, "hello");
    assertStringIncludes(said, "does the queue ask for a key?");
    assertMatch(String((await keyless.event("cannot connect")).reason), /does the queue ask for a key\?$/);
    // A wrong queue closes the connection at once, which takes longer while the machine is busy: then the reason is corrected.
    const { reason } = await elsewhere.event("cannot connect", { code: "WRONG_QUEUE" });
    assertStringIncludes(String(reason), "is not the queue that the key file names");
    await impostor.event("cannot connect", { code: "NOT_PERMITTED" });
    const failed = await queue.event("handshake failed", { side: "backend" });
    assertEquals(failed.address, ADDRESS_OF_TWO);
    assertMatch(String(failed.reason), /^no key, a wrong public key of the queue/);
    const { side, address } = await queue.event("peer refused", { reason: "key permitted for the other role" });
    assertEquals([side, address], ["backend", ADDRESS_OF_TWO]);
  });

  await t.step("a peer gets in after the command from the log", async () => {
    const said = await late.event("cannot connect", { code: "NOT_PERMITTED" });
    const [, publicKey] = /public key is (\S{40})$/.exec(String(said.reason))!;
    const refused = await queue.event("peer refused", { publicKey });
    assertEquals([refused.side, refused.address, refused.reason], ["backend", ADDRESS_OF_TWO, "key not permitted"]);
    // Typed in any folder.
    await one.run(`sh -c 'cd /; ${String(refused.toPermit).replace("NAME", "late").replaceAll("'", `'"'"'`)}'`);
    const startMs = performance.now();
    await late.event("worker ready");
    assertLess(performance.now() - startMs, IN_AGAIN_WITHIN_MS);
  });

  await t.step("an idle peer is shut out when its key is removed", async () => {
    const startMs = performance.now();
    await Deno.writeTextFile(list, permitted);
    await late.event("connection lost");
    assertLess(performance.now() - startMs, OUT_WITHIN_MS);
  });

  // Everybody else must be gone, so that it is known which worker gets a request.
  await Promise.all([worker, late].map((program) => stop(program)));
  const withoutW2 = permitted.replace(/^.* w2\n/m, "");
  await using busy = await BusyWorker.start(two, "w2.key");

  await t.step(
    "a busy worker is shut out when its key is removed: its connection ends, and its job goes to another worker",
    async () => {
      await using client = two.start(`spclient --connect ${FRONTEND} --timeout 1m --key c.key job`);
      await busy.hasJob();
      await using other = startWorker(two, "--key w.key");
      await other.event("worker ready");
      const startMs = performance.now();
      await Deno.writeTextFile(list, withoutW2);
      await busy.program.event("connection lost");
      assertEquals((await client.exit).stdout, "job");
      assertLess(performance.now() - startMs, OUT_WITHIN_MS);
      await busy.program.event("cannot connect", { code: "NOT_PERMITTED" });
      await stop(other);
    },
  );

  await t.step("a peer gets in again when its key is back", async () => {
    const startMs = performance.now();
    await Deno.writeTextFile(list, permitted);
    await busy.program.events("worker ready", 2);
    assertLess(performance.now() - startMs, IN_AGAIN_WITHIN_MS);
  });

  await t.step("waiting requests of a removed key are dropped", async () => {
    await using _client = two.start(`spclient --connect ${FRONTEND} --timeout 1m --key c.key waits`);
    await busy.hasJob();
    // Its request waits again, for there is no other worker.
    await Deno.writeTextFile(list, withoutW2);
    await busy.program.events("connection lost", 2);
    await Deno.writeTextFile(list, withoutW2.replace(/^.* c\n/m, ""));
    await queue.events("keys no longer permitted", 4);
    assertEquals(queue.lines.filter(({ event }) => event === "keys no longer permitted").map(({ names }) => names), [
      ["late"],
      ["w2"],
      ["w2"],
      ["c"],
    ]);
  });

  await stop(queue);
  const { clientLeft, answered, accepted } = await queue.event("ended");
  assertEquals([clientLeft, answered, accepted], [1, 2, 3]);
});

for (const [kind, isReadable] of [["open", true], ["keyed", false]] as const) {
  scenario(
    `a packet capture of ${kind === "open" ? "an open" : "a keyed"} session ${
      isReadable ? "has" : "does not have"
    } the bodies`,
    [...NEEDS, "python", "long run"],
    async () => {
      await using shells = await makeShells();
      const { hosts, one, two } = shells;
      for (const [role, name] of [["worker", "w"], ["client", "c"]]) {
        await one.run(`spqueue key add ${role} ${name} --keys keys`);
        await Deno.rename(one.file(`keys/${name}.key`), two.file(`${name}.key`));
      }
      const keyOf = (name: string) => isReadable ? "" : `--key ${name}.key`;
      const access = isReadable ? "" : "--keys keys";
      await using queue = one.start(`spqueue ${access} ${ENDPOINTS}`);
      await queue.event("listening");
      await using capture = await PacketCapture.start(hosts.one);
      await using worker = startWorker(two, keyOf("w"));
      await worker.event("worker ready");
      const body = "this is what nobody else may read";
      assertEquals((await ask(two, `--timeout 10s ${keyOf("c")} '${body}'`)).reply, body);
      const recorded = await capture.stop();
      // Both sessions begin in the clear.
      assert(recorded.includes(isReadable ? "NULL" : "CURVE"), "the sessions were recorded");
      assertEquals(recorded.includes(body), isReadable);
    },
  );
}
