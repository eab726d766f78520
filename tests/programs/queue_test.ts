import { assertEquals, assertMatch } from "@std/assert";
import type { Queue } from "../../queue.ts";
import { SYSTEM_LIBZMQ } from "../harness/capabilities.ts";
import { Folder } from "../harness/folder.ts";
import { statisticsWith } from "../harness/local_queue.ts";
import { type Peer, Peers, toBytes } from "../harness/peers.ts";
import { startClient, startQueue, startWorker } from "../harness/programs.ts";
import { greeting, RawPeer, readyCommand, wireFrame } from "../harness/raw_peer.ts";
import { RecordingLog } from "../harness/recording_log.ts";
import { scenario } from "../harness/scenario.ts";
import { onTransports } from "../harness/transports.ts";

const IN_PROCESSES = ["programs", "ffi"] as const;
const IN_THREAD = ["queue thread"] as const;
/** From `sched.h`. */
const SCHED_BATCH = 3;

/** The scheduling policies of a process's threads by their names. */
async function threadPolicies(pid: number): Promise<Map<string, number>> {
  const { stdout } = await new Deno.Command("sh", { args: ["-c", `cat /proc/${pid}/task/*/stat`] }).output();
  return new Map(
    new TextDecoder().decode(stdout).trim().split("\n").map((line) => {
      // proc_pid_stat(5): the name is the second field, in parentheses; the scheduling policy is the 41st.
      const [, name, rest] = /\((.*)\) (.*)$/.exec(line)!;
      return [name!, Number(rest!.split(" ")[41 - 3])];
    }),
  );
}

onTransports(
  "queue sends each reply to the client that asked when workers answer crosswise",
  IN_PROCESSES,
  async ({ startQueue }) => {
    await using queue = await startQueue();
    await using peers = await Peers.open();
    const clients = Array.from({ length: 5 }, () => peers.req({ connect: queue.frontend }));
    const workers = Array.from({ length: 5 }, () => peers.worker(queue.backend));
    for (const [index, client] of clients.entries()) client.send(`request ${index}`);
    const requests = await Promise.all(workers.map((worker) => worker.receiveText()));
    for (const [index, worker] of [...workers.entries()].reverse()) {
      const [client, delimiter, body] = requests[index]!;
      worker.send(client!, delimiter!, `${body} answered`);
    }
    for (const [index, client] of clients.entries()) {
      assertEquals(await client.receiveText(), [`request ${index} answered`]);
    }
  },
);

onTransports(
  "queue gives the next request to the worker that has been idle longest",
  IN_PROCESSES,
  async ({ startQueue }) => {
    await using queue = await startQueue();
    await using peers = await Peers.open();
    const client = peers.dealer({ connect: queue.frontend });
    const workers = new Map<string, Peer>();
    const jobs = new Map<string, string[]>();
    // Each takes a request before the next one comes, so that the order in which they became known is certain.
    for (const name of ["A", "B", "C"]) {
      const worker = peers.worker(queue.backend, { identity: name });
      workers.set(name, worker);
      client.send("", `first for ${name}`);
      jobs.set(name, await worker.receiveText());
    }
    for (const name of ["B", "A", "C"]) {
      workers.get(name)!.send(...jobs.get(name)!);
      assertEquals(await client.receiveText(), ["", `first for ${name}`]);
    }
    for (const name of ["B", "A", "C"]) {
      client.send("", `second for ${name}`);
      const [, , body] = await workers.get(name)!.receiveText();
      assertEquals(body, `second for ${name}`);
    }
  },
);

for (
  const [dialect, ready] of [
    ["the byte 1", ["", "\x01"]],
    ["the text READY", ["", "READY"]],
    ["the byte 1 behind two empty frames", ["", "", "\x01"]],
    ["the text READY behind two empty frames", ["", "", "READY"]],
  ] as const
) {
  onTransports(
    `queue gives work to a worker that sends READY as ${dialect}`,
    IN_PROCESSES,
    async ({ startQueue }) => {
      await using queue = await startQueue();
      await using peers = await Peers.open();
      const worker = peers.dealer({ connect: queue.backend });
      const client = peers.dealer({ connect: queue.frontend, identity: "me" });
      worker.send(...ready);
      client.send("", "hello");
      assertEquals(await worker.receiveText(), ["", "me", "", "hello"]);
      worker.send("", "me", "", "hello yourself");
      assertEquals(await client.receiveText(), ["", "hello yourself"]);
      // Nothing of it was taken for anything else.
      queue.kill();
      await queue.exit;
      const { ready: readyMessages, answered, lateReplies, malformedMessages } = await queue.event("ended");
      assertEquals(
        { readyMessages, answered, lateReplies, malformedMessages },
        { readyMessages: 1, answered: 1, lateReplies: 0, malformedMessages: 0 },
      );
    },
  );
}

onTransports("queue lists a worker once when it sends READY twice", IN_THREAD, async ({ startLocalQueue }) => {
  await using queue = await startLocalQueue();
  await using peers = await Peers.open();
  const eager = peers.dealer({ connect: queue.backend[0]! });
  eager.send("", "\x01");
  eager.send("", "READY");
  const { idleWorkers } = await statisticsWith(queue, { ready: 2, repeatedReady: 1 });
  assertEquals(idleWorkers, 1);
  const client = peers.dealer({ connect: queue.frontend[0]! });
  client.send("", "first");
  client.send("", "second");
  const [, identity, , body] = await eager.receiveText();
  assertEquals(body, "first");
  const { waiting, inFlight } = await statisticsWith(queue, { accepted: 2 });
  assertEquals([waiting, inFlight], [1, 1]);
  eager.send("", identity!, "", "done");
  eager.serve((message) => eager.send(...message));
  assertEquals(await client.receiveText(), ["", "done"]);
  assertEquals(await client.receiveText(), ["", "second"]);
});

onTransports(
  "queue recognises a reply whose body is READY and whose client's identity is 01",
  IN_PROCESSES,
  async ({ startQueue }) => {
    await using queue = await startQueue();
    await using peers = await Peers.open();
    const worker = peers.worker(queue.backend);
    const client = peers.req({ connect: queue.frontend, identity: "\x01" });
    for (const body of ["READY", "\x01"]) {
      client.send("say it");
      const [identity, delimiter] = await worker.receiveText();
      worker.send(identity!, delimiter!, body);
      assertEquals(await client.receiveText(), [body]);
    }
  },
);

onTransports("queue keeps a request until a worker is there", IN_THREAD, async ({ startLocalQueue }) => {
  await using queue = await startLocalQueue();
  await using peers = await Peers.open();
  const client = peers.req({ connect: queue.frontend[0]! });
  client.send("patience");
  await statisticsWith(queue, { waiting: 1 });
  peers.echoWorker(queue.backend[0]!);
  assertEquals(await client.receiveText(), ["patience"]);
});

onTransports("queue forgets a worker that was killed while idle", IN_PROCESSES, async ({ startQueue }) => {
  await using queue = await startQueue();
  await using peers = await Peers.open();
  await using doomed = startWorker(queue.backend, ["--work", "0", "--no-faults"]);
  const client = peers.req({ connect: queue.frontend });
  client.send("one");
  assertEquals(await client.receiveText(), ["one"]);
  doomed.kill("SIGKILL");
  await doomed.exit;
  peers.echoWorker(queue.backend);
  client.send("two");
  assertEquals(await client.receiveText(), ["two"]);
  queue.kill();
  await queue.exit;
  const { accepted, answered, redeliveries } = await queue.event("ended");
  assertEquals({ accepted, answered, redeliveries }, { accepted: 2, answered: 2, redeliveries: 0 });
});

onTransports(
  "queue gives a request to the next worker when its worker was killed",
  IN_PROCESSES,
  async ({ startQueue }) => {
    await using queue = await startQueue();
    await using peers = await Peers.open();
    await using doomed = startWorker(queue.backend, [
      ...["--healthy-jobs", "0", "--crash-odds", "0", "--overload-odds", "1", "--overload", "1h"],
    ]);
    const client = peers.req({ connect: queue.frontend, identity: "me" });
    client.send("precious");
    await doomed.event("simulated CPU overload");
    doomed.kill("SIGKILL");
    await doomed.exit;
    const heir = peers.worker(queue.backend);
    assertEquals(await heir.receiveText(), ["me", "", "precious"]);
    heir.send("me", "", "saved");
    assertEquals(await client.receiveText(), ["saved"]);
  },
);

onTransports(
  "queue gives a request to the next worker when its worker exceeds the job timeout",
  IN_PROCESSES,
  async ({ startQueue }) => {
    // Long enough for the second worker on a busy machine.
    await using queue = await startQueue(["--job-timeout", "2s"]);
    await using peers = await Peers.open();
    const client = peers.req({ connect: queue.frontend, identity: "me" });
    client.send("slow");
    const hung = peers.worker(queue.backend, { identity: "hung" });
    assertEquals(await hung.receiveText(), ["me", "", "slow"]);
    const heir = peers.worker(queue.backend, { identity: "heir" });
    assertEquals(await heir.receiveText(), ["me", "", "slow"]);
    heir.send("me", "", "in time");
    assertEquals(await client.receiveText(), ["in time"]);
    assertEquals((await queue.event("job timeout")).worker, "hung");
  },
);

onTransports(
  "queue reads on at its bound when the only request is exhausted, and nothing else happens",
  IN_THREAD,
  async ({ startLocalQueue }) => {
    await using queue = await startLocalQueue({ maxBacklog: 1, jobTimeout: 500, redeliveries: 0 });
    await using peers = await Peers.open();
    const hung = peers.worker(queue.backend[0]!);
    peers.dealer({ connect: queue.frontend[0]!, identity: "first" }).send("", "slow");
    assertEquals(await hung.receiveText(), ["first", "", "slow"]);
    const heir = peers.worker(queue.backend[0]!);
    await statisticsWith(queue, { idleWorkers: 1 });
    peers.dealer({ connect: queue.frontend[0]!, identity: "second" }).send("", "held back");
    assertEquals(await heir.receiveText(), ["second", "", "held back"]);
  },
);

onTransports("queue drops the waiting request when its client leaves", IN_THREAD, async ({ startLocalQueue }) => {
  await using queue = await startLocalQueue();
  await using peers = await Peers.open();
  const leaver = peers.req({ connect: queue.frontend[0]! });
  leaver.send("no longer wanted");
  await statisticsWith(queue, { waiting: 1 });
  await leaver.close();
  await statisticsWith(queue, { waiting: 0, clientLeft: 1 });
  const worker = peers.worker(queue.backend[0]!);
  const client = peers.req({ connect: queue.frontend[0]!, identity: "me" });
  client.send("wanted");
  assertEquals(await worker.receiveText(), ["me", "", "wanted"]);
});

onTransports(
  "queue drops a late reply when another client has taken over its client's identity",
  IN_THREAD,
  async ({ startLocalQueue }) => {
    await using queue = await startLocalQueue();
    await using peers = await Peers.open();
    const worker = peers.worker(queue.backend[0]!);
    peers.req({ connect: queue.frontend[0]!, identity: "me" }).send("old");
    assertEquals(await worker.receiveText(), ["me", "", "old"]);
    const client = peers.req({ connect: queue.frontend[0]!, identity: "me" });
    client.send("new");
    await statisticsWith(queue, { accepted: 2, departures: 1 });
    worker.send("me", "", "old reply");
    assertEquals(await worker.receiveText(), ["me", "", "new"]);
    worker.send("me", "", "new reply");
    assertEquals(await client.receiveText(), ["new reply"]);
  },
);

onTransports(
  "queue passes all frames unchanged when a client is behind another ROUTER",
  IN_PROCESSES,
  async ({ startQueue }) => {
    await using queue = await startQueue();
    await using peers = await Peers.open();
    const hopFrontend = peers.router({ bind: "tcp://127.0.0.1:*" });
    const hopBackend = peers.dealer({ connect: queue.frontend, identity: "hop" });
    hopFrontend.serve((message) => hopBackend.send(...message));
    hopBackend.serve((message) => hopFrontend.send(...message));
    const client = peers.req({ connect: hopFrontend.endpoint, identity: "me" });
    const worker = peers.worker(queue.backend);
    client.send("", "a", "", "b");
    assertEquals(await worker.receiveText(), ["hop", "me", "", "", "a", "", "b"]);
    worker.send("hop", "me", "", "reply", "");
    assertEquals(await client.receiveText(), ["reply", ""]);
  },
);

scenario("queue serves every endpoint when it has several, including ipc", [...IN_PROCESSES, "files"], async () => {
  using folder = new Folder();
  const any = "tcp://127.0.0.1:*";
  await using queue = await startQueue([], {
    frontends: [any, `ipc://${folder.file("front")}`, any],
    backends: [`ipc://${folder.file("back")}`, any],
  });
  await using peers = await Peers.open();
  assertEquals([queue.frontends.length, queue.backends.length], [3, 2]);
  for (const backend of queue.backends) {
    const worker = peers.echoWorker(backend);
    for (const frontend of queue.frontends) {
      const client = peers.req({ connect: frontend });
      client.send(frontend);
      assertEquals(await client.receiveText(), [frontend]);
    }
    await worker.close();
  }
});

scenario("queue serves over IPv6 as well as IPv4", [...IN_PROCESSES, "ipv6"], async () => {
  await using queue = await startQueue([], {
    frontends: ["tcp://[::1]:*", "tcp://127.0.0.1:*"],
    backends: ["tcp://127.0.0.1:*", "tcp://[::1]:*"],
  });
  assertMatch(queue.frontend, /^tcp:\/\/\[::1\]:\d+$/);
  await using worker = startWorker(queue.backends[1]!, ["--work", "0", "--no-faults"]);
  await worker.event("worker ready");
  for (const frontend of queue.frontends) {
    await using client = startClient(frontend, ["--count", "1"]);
    assertEquals((await client.exit).code, 0);
  }
});

scenario("queue warns when other hosts can reach it, and names the endpoints", IN_PROCESSES, async () => {
  await using queue = await startQueue([], { backends: ["tcp://*:*"] });
  const warning = await queue.event("reachable from other machines without access control");
  assertEquals([warning.level, warning.endpoints], ["warning", queue.backends]);
  assertMatch(queue.backend, /^tcp:\/\/0\.0\.0\.0:\d+$/);
});

scenario("queue does not warn when only this host can reach it", [...IN_PROCESSES, "files"], async () => {
  using folder = new Folder();
  await using queue = await startQueue([], { backends: [`ipc://${folder.file("back")}`, "tcp://127.0.0.1:*"] });
  assertEquals(queue.lines.map(({ event }) => event), ["listening"]);
});

onTransports("queue continues when workers send nonsense, and logs it", IN_THREAD, async ({ startLocalQueue }) => {
  const log = new RecordingLog();
  await using queue = await startLocalQueue({ log });
  await using peers = await Peers.open();
  const fool = peers.dealer({ connect: queue.backend[0]!, identity: "fool" });
  fool.send("", "");
  fool.send("ready?");
  fool.send("", "nobody", "", "a reply to nobody");
  await statisticsWith(queue, { malformedMessages: 2, lateReplies: 1 });
  peers.echoWorker(queue.backend[0]!);
  const client = peers.req({ connect: queue.frontend[0]! });
  client.send("and now?");
  // The fool's reply made it a worker, as every reply does.
  assertEquals((await fool.receiveText()).at(-1), "and now?");
  await fool.close();
  assertEquals(await client.receiveText(), ["and now?"]);
  assertEquals(log.events.slice(0, 2), ["malformed message", "late reply"]);
  assertEquals(log.entries[0]!.fields, { worker: "fool" });
});

/** Clients of a queue without workers: two give up, so that the newest is served first, then the third does. */
async function changeOrderTwice(queue: Queue, peers: Peers): Promise<void> {
  const clients = ["one", "two", "three"].map((body) => {
    const client = peers.req({ connect: queue.frontend[0]! });
    client.send(body);
    return client;
  });
  await statisticsWith(queue, { waiting: 3 });
  await Promise.all(clients.slice(0, 2).map((client) => client.close()));
  await statisticsWith(queue, { departures: 2 });
  await clients[2]!.close();
  await statisticsWith(queue, { departures: 3 });
}

onTransports(
  "queue logs the last order of service when the interval of the log line is over",
  IN_THREAD,
  async ({ startLocalQueue }) => {
    const log = new RecordingLog();
    await using queue = await startLocalQueue({ log });
    await using peers = await Peers.open();
    await changeOrderTwice(queue, peers);
    const changes = await log.entriesOf("order changed", 2);
    assertEquals(changes.map(({ order }) => order), ["newest connection first", "oldest first"]);
  },
);

onTransports("queue logs the last order of service before it ends", IN_THREAD, async ({ startLocalQueue }) => {
  const log = new RecordingLog();
  const queue = await startLocalQueue({ log });
  await using peers = await Peers.open();
  await changeOrderTwice(queue, peers);
  await queue.drain();
  assertEquals(log.entries.map(({ fields }) => fields.order), ["newest connection first", "oldest first"]);
});

onTransports(
  "queue continues when peers send something other than ZMTP, or leave in the middle",
  IN_PROCESSES,
  async ({ startQueue }) => {
    await using queue = await startQueue(["--max-message-size", "1KiB"]);
    await using peers = await Peers.open();
    peers.echoWorker(queue.backend);
    const noise = crypto.getRandomValues(new Uint8Array(5000));
    for (const endpoint of [queue.frontend, queue.backend]) {
      for (
        const words of [
          [noise],
          [toBytes("GET / HTTP/1.1\r\n\r\n"), noise],
          [greeting().subarray(0, 11)],
          [greeting(), wireFrame("\x05HELLO", "command"), noise],
          [greeting(), readyCommand("REQ", ""), wireFrame("", "more"), wireFrame("half", "more")],
          [greeting(), readyCommand("REQ", ""), Uint8Array.of(0, 200, 1, 2, 3)],
        ]
      ) {
        using raw = await RawPeer.dial(endpoint);
        for (const bytes of words) await raw.sendBytes(bytes).catch(expectReset);
      }
    }
    const client = peers.req({ connect: queue.frontend });
    client.send("still there?");
    assertEquals(await client.receiveText(), ["still there?"]);
  },
);

onTransports(
  "queue ends the connection when a frame is larger than allowed",
  IN_PROCESSES,
  async ({ startQueue }) => {
    await using queue = await startQueue(["--max-message-size", "1KiB"]);
    await using peers = await Peers.open();
    peers.echoWorker(queue.backend);
    using raw = await RawPeer.connect(queue.frontend, "REQ");
    await raw.send("", new Uint8Array(1024));
    assertEquals((await raw.receive()).map((frame) => frame.length), [0, 1024]);
    await raw.send("", new Uint8Array(1025));
    await raw.ended();
  },
);

scenario("queue reads no further than its bound when clients leave and libzmq has no draft API", [
  ...IN_PROCESSES,
  "system libzmq",
], async () => {
  const bound = 5;
  await using queue = await startQueue(
    ["--max-backlog", `${bound}`, "--max-message-size", "1KiB", "--drain-timeout", "0"],
    { env: { SPQ_LIBZMQ: SYSTEM_LIBZMQ } },
  );
  await using peers = await Peers.open();
  using clients = new DisposableStack();
  for (let count = 0; count < 4 * bound; count++) {
    const client = clients.use(await RawPeer.connect(queue.frontend, "REQ"));
    await client.send("", "request");
  }
  // Until the queue has read what it may; a status is asked for after each one.
  let read: unknown;
  for (let count = 1; read !== bound; count++) {
    queue.kill("SIGUSR1");
    read = (await queue.events("status", count)).at(-1)!.accepted;
  }
  const leaving = clients.use(await RawPeer.connect(queue.frontend, "REQ"));
  await leaving.send("", new Uint8Array(1025));
  await leaving.ended();
  // What is sent to a worker shows that the queue has had a turn since.
  const worker = peers.worker(queue.backend);
  await worker.receive();
  queue.kill();
  const { code } = await queue.exit;
  const { accepted } = await queue.event("ended");
  // 1, since the requests were not answered.
  assertEquals({ code, accepted }, { code: 1, accepted: bound });
});

scenario("queue schedules its relay and libzmq as a batch", [...IN_PROCESSES, "shell", "proc"], async () => {
  await using queue = await startQueue();
  const threads = ["ZMQbg/IO/0", "ZMQbg/Reaper", "worker-1"];
  // libzmq's threads give themselves a policy, and then a name.
  let policies = new Map<string, number>();
  while (!threads.every((name) => policies.has(name))) policies = await threadPolicies(queue.pid);
  assertEquals(threads.map((name) => policies.get(name)), threads.map(() => SCHED_BATCH));
});

scenario("queue has the number of I/O threads of --io-threads", [...IN_PROCESSES, "shell", "proc"], async () => {
  for (const [args, env] of [[["--io-threads=3"], {}], [[], { SPQ_IO_THREADS: "3" }]] as const) {
    await using queue = await startQueue(args, { env });
    const threads = ["ZMQbg/IO/0", "ZMQbg/IO/1", "ZMQbg/IO/2"];
    let names: string[] = [];
    while (!threads.every((name) => names.includes(name))) names = [...(await threadPolicies(queue.pid)).keys()];
    assertEquals(names.filter((name) => name.startsWith("ZMQbg/IO/")).sort(), threads);
    await using peers = await Peers.open();
    for (let index = 0; index < 3; index++) peers.echoWorker(queue.backend);
    const clients = Array.from({ length: 6 }, () => peers.req({ connect: queue.frontend }));
    for (const [index, client] of clients.entries()) client.send(`request ${index}`);
    for (const [index, client] of clients.entries()) assertEquals(await client.receiveText(), [`request ${index}`]);
  }
});

scenario("queue has its workers back after it was killed and restarted", [...IN_PROCESSES, "files"], async () => {
  using folder = new Folder();
  await using peers = await Peers.open();
  await using first = await startQueue([], folder.endpoints);
  await using worker = startWorker(first.backend, ["--work", "0", "--no-faults"]);
  {
    await using client = startClient(first.frontend, ["--count", "1"]);
    assertEquals((await client.exit).code, 0);
  }
  first.kill("SIGKILL");
  await first.exit;
  await worker.event("connection lost");
  await using second = await startQueue([], folder.endpoints);
  const client = peers.req({ connect: second.frontend });
  client.send("back?");
  assertEquals(await client.receiveText(), ["back?"]);
  second.kill();
  await second.exit;
  const { ready, trials } = await second.event("ended");
  assertEquals({ ready, trials }, { ready: 1, trials: 0 });
});

scenario("queue tries one of the Guide's workers that was idle while the queue was restarted", [
  ...IN_PROCESSES,
  "files",
], async () => {
  using folder = new Folder();
  await using peers = await Peers.open();
  await using first = await startQueue([], folder.endpoints);
  peers.echoWorker(first.backend);
  const before = peers.req({ connect: first.frontend });
  before.send("before");
  assertEquals(await before.receiveText(), ["before"]);
  first.kill("SIGKILL");
  await first.exit;
  await using second = await startQueue([], folder.endpoints);
  const client = peers.req({ connect: second.frontend });
  client.send("after");
  assertEquals(await client.receiveText(), ["after"]);
  second.kill();
  await second.exit;
  const { ready, trials, answered } = await second.event("ended");
  assertEquals({ ready, trials, answered }, { ready: 0, trials: 1, answered: 1 });
});

/** The queue may close a connection at the first wrong byte. */
function expectReset(error: unknown): void {
  if (!(error instanceof Deno.errors.ConnectionReset || error instanceof Deno.errors.BrokenPipe)) throw error;
}
