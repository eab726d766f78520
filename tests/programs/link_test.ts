import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { delay } from "../../lib/delay.ts";
import { MAX_FRAMES, PacketWriter } from "../../lib/queue/link/payload.ts";
import { toBytes } from "../harness/peers.ts";
import { makeCertificates } from "../harness/certificates.ts";
import { Folder } from "../harness/folder.ts";
import { NatsServer } from "../harness/nats_server.ts";
import { Peers } from "../harness/peers.ts";
import { checkAccounts, figuresOf, startLinked } from "../harness/linked_queues.ts";
import { type QueueProgram, start, startQueue } from "../harness/programs.ts";
import { scenario } from "../harness/scenario.ts";

const NEEDS = ["nats", "programs", "ffi"] as const;

scenario(
  "linked queues lend their workers: one without workers has its requests answered by those of another",
  NEEDS,
  async () => {
    await using stack = new AsyncDisposableStack();
    const nats = stack.use(await NatsServer.start());
    const [a, b] = await startLinked(stack, 2, ["--nats", nats.url]) as [QueueProgram, QueueProgram];
    const peers = stack.use(await Peers.open());
    for (let i = 0; i < 3; i++) peers.echoWorker(b.backend);
    const clients = Array.from({ length: 5 }, () => peers.req({ connect: a.frontend }));
    for (let round = 0; round < 20; round++) {
      clients.forEach((client, index) => client.send(`${index} in round ${round}`));
      for (const [index, client] of clients.entries()) {
        assertEquals(await client.receiveText(), [`${index} in round ${round}`]);
      }
    }
    const [ofA, ofB] = [await figuresOf(a), await figuresOf(b)];
    checkAccounts(ofA);
    checkAccounts(ofB);
    assertEquals([ofA.answered, ofA.borrowedAnswered, ofB.lentAnswered, ofB.accepted], [100, 100, 100, 0]);
  },
);

scenario("spqueue status, /status.json and /metrics show the link", NEEDS, async () => {
  await using stack = new AsyncDisposableStack();
  const nats = stack.use(await NatsServer.start());
  const args = ["--nats", nats.url, "--http", "127.0.0.1:0"];
  const [a, b] = await startLinked(stack, 2, args) as [QueueProgram, QueueProgram];
  const peers = stack.use(await Peers.open());
  peers.echoWorker(b.backend);
  const client = peers.req({ connect: a.frontend });
  client.send("borrow");
  await client.receiveText();
  // With it, the status is renewed.
  a.kill("SIGUSR1");
  await a.event("status");
  const [http] = (await a.event("listening")).http as string[];
  await using status = start("queue", ["status", http!]);
  const { stdout } = await status.exit;
  assertStringIncludes(stdout, `\nlink      connected to 127.0.0.1:${nats.port}, 1 other queue, 0 borrowed, 0 lent\n`);
  const { link } = await (await fetch(`http://${http}/status.json`)).json();
  assertEquals([link.connected, link.queues[0].address], [true, b.frontend]);
  assertEquals(link.counters.borrowedAnswered, 1);
  const metrics = await (await fetch(`http://${http}/metrics`)).text();
  assertStringIncludes(metrics, "\nspq_link_connected 1\n");
  assertStringIncludes(metrics, '\nspq_link_requests_total{what="borrowed_answered"} 1\n');
});

scenario("linked queues send bodies larger than a NATS message in parts, both ways", NEEDS, async () => {
  await using stack = new AsyncDisposableStack();
  const nats = stack.use(await NatsServer.start());
  const [a, b] = await startLinked(stack, 2, ["--nats", nats.url]) as [QueueProgram, QueueProgram];
  const peers = stack.use(await Peers.open());
  peers.echoWorker(b.backend);
  const client = peers.req({ connect: a.frontend });
  for (const size of [0, 1, 1024 ** 2 - 50, 1024 ** 2, 3_333_333]) {
    const body = new Uint8Array(size).map((_, index) => index * 7 + (index >> 8));
    client.send("first", body, "");
    const [first, reply, last] = await client.receive();
    assertEquals([first, last], [toBytes("first"), toBytes("")]);
    assert(reply!.length === size && reply!.every((byte, index) => byte === body[index]), `${size} bytes`);
  }
});

scenario("linked queues lose no request when workers, a lender and the NATS server are killed", NEEDS, async () => {
  await using stack = new AsyncDisposableStack();
  let nats = await NatsServer.start();
  stack.defer(() => nats[Symbol.asyncDispose]());
  const args = ["--nats", nats.url];
  const [a, b, c] = await startLinked(stack, 3, args) as [QueueProgram, QueueProgram, QueueProgram];
  const peers = stack.use(await Peers.open());
  for (const queue of [b, c]) for (let i = 0; i < 2; i++) peers.echoWorker(queue.backend);
  const doomed = peers.worker(b.backend);
  const client = peers.dealer({ connect: a.frontend });
  let asked = 0;
  const ask = () => client.send("", `${asked++}`);
  const answers = new Set<string>();
  const answered = async () => {
    while (answers.size < asked) {
      const [, body] = await client.receiveText();
      assert(!answers.has(body!), `A second reply to ${body}`);
      answers.add(body!);
    }
  };
  for (let i = 0; i < 50; i++) ask();
  // It has a request of another queue when it dies.
  await doomed.receiveText();
  await doomed.close();
  await answered();
  nats.kill("SIGKILL");
  await nats.exit;
  for (let i = 0; i < 10; i++) ask();
  await a.event("link not connected");
  nats = await NatsServer.start([], nats.port);
  await answered();
  for (let i = 0; i < 50; i++) ask();
  b.kill("SIGKILL");
  for (let i = 0; i < 20; i++) {
    await delay(10);
    ask();
  }
  await answered();
  const ofA = await figuresOf(a);
  const ofC = await figuresOf(c);
  checkAccounts(ofA);
  checkAccounts(ofC);
  assertEquals([ofA.answered, answers.size], [130, 130]);
});

scenario("a queue that cannot reach NATS says so once, works alone, and says when it is linked", NEEDS, async () => {
  await using stack = new AsyncDisposableStack();
  const gone = await NatsServer.start();
  await gone[Symbol.asyncDispose]();
  const queue = stack.use(await startQueue(["--nats", gone.url]));
  const peers = stack.use(await Peers.open());
  peers.echoWorker(queue.backend);
  const client = peers.req({ connect: queue.frontend });
  client.send("alone");
  assertEquals(await client.receiveText(), ["alone"]);
  const { servers, effect } = await queue.event("link not connected");
  assertEquals([servers, effect], [
    [`127.0.0.1:${gone.port}`],
    "the queue works alone until a server can be reached",
  ]);
  await delay(1200);
  assertEquals(queue.stderr.match(/"reason":"connection refused/g)?.length, 1, queue.stderr);
  stack.use(await NatsServer.start([], gone.port));
  assertEquals((await queue.event("link connected")).server, `127.0.0.1:${gone.port}`);
});

/** A client of NATS that says whatever it likes. */
class RawNats implements Disposable {
  readonly #connection: Deno.Conn;

  private constructor(connection: Deno.Conn) {
    this.#connection = connection;
  }

  static async connect({ port }: NatsServer): Promise<RawNats> {
    const raw = new RawNats(await Deno.connect({ hostname: "127.0.0.1", port }));
    await raw.#write('CONNECT {"verbose":false}\r\n');
    return raw;
  }

  async publish(subject: string, payload: string | Uint8Array<ArrayBuffer>, reply = ""): Promise<void> {
    const bytes = toBytes(payload);
    await this.#write(`PUB ${subject} ${reply} ${bytes.length}\r\n`);
    await this.#write(bytes);
    await this.#write("\r\n");
  }

  [Symbol.dispose](): void {
    this.#connection.close();
  }

  async #write(text: string | Uint8Array<ArrayBuffer>): Promise<void> {
    const bytes = typeof text === "string" ? new TextEncoder().encode(text) : text;
    for (let sent = 0; sent < bytes.length;) sent += await this.#connection.write(bytes.subarray(sent));
  }
}

scenario("linked queues drop and count messages that no queue would send, and continue", NEEDS, async () => {
  await using stack = new AsyncDisposableStack();
  const nats = stack.use(await NatsServer.start());
  const [a, b] = await startLinked(stack, 2, ["--nats", nats.url]) as [QueueProgram, QueueProgram];
  const id = (await a.event("link connected")).queue as string;
  using raw = await RawNats.connect(nats);
  const hostile = new PacketWriter("0000000000000bad");
  const run = '{"kind":"run","attempt":1,"sent":1}';
  const messages: readonly (readonly [subject: string, payload: string | Uint8Array<ArrayBuffer>])[] = [
    ["want", ""],
    ["want", "want"],
    ["want", "\x01".repeat(100)],
    ...["{}", "[", "null", '{"kind":"want","wanted":-1}', '{"kind":"ready","base":1,"limit":2}'].map((json) =>
      ["want", hostile.write({ json, frames: [] }, 10_000)[0]!] as const
    ),
    [`to.${id}.run`, hostile.write({ json: run, frames: [] }, 10_000)[0]!],
    [`to.${id}.re.1`, hostile.write({ json: run, frames: [] }, 10_000)[0]!],
    [`to.${id}.other`, "?"],
    [
      `to.${id}.run`,
      hostile.write({ json: run, frames: new Array(MAX_FRAMES + 1).fill(new Uint8Array()) }, 50_000)[0]!,
    ],
  ];
  for (const [subject, payload] of messages) await raw.publish(`spq.v1.default.${subject}`, payload);
  const peers = stack.use(await Peers.open());
  peers.echoWorker(b.backend);
  const client = peers.req({ connect: a.frontend });
  client.send("still there");
  assertEquals(await client.receiveText(), ["still there"]);
  assertEquals((await figuresOf(a)).malformedLinkMessages, messages.length);
});

scenario("linked queues say when a JetStream stream answers in place of a queue", [...NEEDS, "files"], async () => {
  using folder = new Folder();
  await using stack = new AsyncDisposableStack();
  const nats = stack.use(await NatsServer.start(["-js", "-sd", folder.file("js")]));
  using raw = await RawNats.connect(nats);
  const stream = { name: "all", subjects: ["spq.>"], storage: "memory", retention: "limits", discard: "old" };
  await raw.publish("$JS.API.STREAM.CREATE.all", JSON.stringify({ ...stream, num_replicas: 1, max_msgs: 100 }), "x.y");
  const [a, b] = await startLinked(stack, 2, ["--nats", nats.url]) as [QueueProgram, QueueProgram];
  const peers = stack.use(await Peers.open());
  peers.echoWorker(b.backend);
  const client = peers.req({ connect: a.frontend });
  client.send("answered all the same");
  assertEquals(await client.receiveText(), ["answered all the same"]);
  await a.event("a JetStream stream takes in the link's messages");
});

scenario("linked queues send a request elsewhere when the queue that has it hangs", NEEDS, async () => {
  await using stack = new AsyncDisposableStack();
  const nats = stack.use(await NatsServer.start());
  const [a, b, c] = await startLinked(stack, 3, ["--nats", nats.url]) as [QueueProgram, QueueProgram, QueueProgram];
  const peers = stack.use(await Peers.open());
  const worker = peers.worker(b.backend);
  const client = peers.req({ connect: a.frontend });
  client.send("asked once");
  await worker.receiveText();
  b.kill("SIGSTOP");
  peers.echoWorker(c.backend);
  const startMs = performance.now();
  assertEquals(await client.receiveText(), ["asked once"]);
  assert(performance.now() - startMs < 9000, `${performance.now() - startMs} ms`);
  b.kill("SIGCONT");
  await a.events("linked queue joined", 3);
});

scenario(
  "a queue that drains finishes what it has lent workers for, and no request elsewhere notices",
  NEEDS,
  async () => {
    await using stack = new AsyncDisposableStack();
    const nats = stack.use(await NatsServer.start());
    const [a, b, c] = await startLinked(stack, 3, ["--nats", nats.url]) as [QueueProgram, QueueProgram, QueueProgram];
    const peers = stack.use(await Peers.open());
    const slow = peers.worker(b.backend);
    const client = peers.dealer({ connect: a.frontend });
    client.send("", "lent");
    const job = await slow.receiveText();
    peers.echoWorker(c.backend);
    b.kill("SIGTERM");
    await b.event("draining");
    for (let i = 0; i < 20; i++) client.send("", `${i}`);
    for (let i = 0; i < 20; i++) await client.receiveText();
    slow.send(...job);
    assertEquals(await client.receiveText(), ["", "lent"]);
    assertEquals((await b.exit).code, 0);
    const { lent, lentAnswered } = await b.event("ended");
    assertEquals([lent, lentAnswered], [1, 1]);
    const ofA = await figuresOf(a);
    checkAccounts(ofA);
    assertEquals([ofA.answered, ofA.redeliveries, ofA.borrowedLost], [21, 0, 0]);
  },
);

scenario(
  "a job for which a queue has lent a worker goes elsewhere when that queue's drain is over",
  NEEDS,
  async () => {
    await using stack = new AsyncDisposableStack();
    const nats = stack.use(await NatsServer.start());
    const args = ["--nats", nats.url, "--drain-timeout", "300ms"];
    const [a, b, c] = await startLinked(stack, 3, args) as [QueueProgram, QueueProgram, QueueProgram];
    const peers = stack.use(await Peers.open());
    const slow = peers.worker(b.backend);
    const client = peers.req({ connect: a.frontend });
    client.send("longer than the drain");
    await slow.receiveText();
    const ofB = await figuresOf(b);
    checkAccounts(ofB);
    assertEquals([ofB.lent, ofB.lentExcused, ofB.lentLost], [1, 1, 0]);
    peers.echoWorker(c.backend);
    assertEquals(await client.receiveText(), ["longer than the drain"]);
    const ofA = await figuresOf(a);
    checkAccounts(ofA);
    assertEquals([ofA.answered, ofA.redeliveries, ofA.orderlyExits, ofA.borrowedExcused], [1, 0, 1, 1]);
  },
);

scenario(
  "linked queues go on when a server of their NATS cluster is killed, and lose no job that runs",
  NEEDS,
  async () => {
    await using stack = new AsyncDisposableStack();
    const servers = await NatsServer.startCluster(stack);
    const urls = servers.map(({ url }) => url);
    // Each begins with a server of its own.
    const queues = await Promise.all([0, 1].map((first) => startQueue(["--nats", urls[first]!, "--nats", urls[2]!])));
    for (const queue of queues) stack.use(queue);
    const [a, b] = queues as [QueueProgram, QueueProgram];
    for (const queue of queues) await queue.event("linked queue joined");
    const peers = stack.use(await Peers.open());
    const worker = peers.worker(b.backend);
    const client = peers.req({ connect: a.frontend });
    client.send("long");
    const job = await worker.receiveText();
    for (const queue of queues) {
      const [, port] = ((await queue.event("link connected")).server as string).split(":");
      const server = servers.find((server) => `${server.port}` === port)!;
      server.kill("SIGKILL");
    }
    for (const queue of queues) await queue.events("link connected", 2);
    // Another one that is answered over the link shows that both know again what is under way.
    peers.echoWorker(b.backend);
    const probe = peers.req({ connect: a.frontend });
    probe.send("short");
    assertEquals(await probe.receiveText(), ["short"]);
    worker.send(...job);
    assertEquals(await client.receiveText(), ["long"]);
    const ofA = await figuresOf(a);
    assertEquals([ofA.answered, ofA.borrowedAnswered, ofA.redeliveries], [2, 2, 0]);
  },
);

scenario("a lent worker is back at its queue when the queue that borrowed it was killed", NEEDS, async () => {
  await using stack = new AsyncDisposableStack();
  const nats = stack.use(await NatsServer.start());
  const [a, b] = await startLinked(stack, 2, ["--nats", nats.url]) as [QueueProgram, QueueProgram];
  const peers = stack.use(await Peers.open());
  const worker = peers.worker(b.backend);
  peers.req({ connect: a.frontend }).send("of a queue that is killed");
  const job = await worker.receiveText();
  a.kill("SIGKILL");
  await a.exit;
  const client = peers.req({ connect: b.frontend });
  client.send("of its own queue");
  worker.send(...job);
  worker.send(...await worker.receiveText());
  assertEquals(await client.receiveText(), ["of its own queue"]);
  const ofB = await figuresOf(b);
  checkAccounts(ofB);
  assertEquals([ofB.accepted, ofB.answered, ofB.lent, ofB.lentAnswered, ofB.onLoan], [1, 1, 1, 1, 0]);
});

scenario(
  "a queue that was killed lends its unmodified workers again, also without clients of its own",
  NEEDS,
  async () => {
    await using stack = new AsyncDisposableStack();
    const nats = stack.use(await NatsServer.start());
    const args = ["--nats", nats.url];
    const [a, b] = await startLinked(stack, 2, args) as [QueueProgram, QueueProgram];
    const peers = stack.use(await Peers.open());
    peers.echoWorker(b.backend);
    const client = peers.req({ connect: a.frontend });
    client.send("before");
    assertEquals(await client.receiveText(), ["before"]);
    b.kill("SIGKILL");
    await b.exit;
    // Its worker connects again, and says nothing.
    const again = stack.use(await startQueue(args, { backends: [b.backend] }));
    client.send("after");
    assertEquals(await client.receiveText(), ["after"]);
    const figures = await figuresOf(again);
    checkAccounts(figures);
    assertEquals([figures.accepted, figures.ready], [0, 0]);
    assert(figures.trials! > 0 && figures.lent! > 0);
  },
);

/** What a queue needs of NATS, as docs/access.md says. */
const PERMISSIONS = {
  publish: ["spq.v1.site.want", "spq.v1.site.to.>"],
  subscribe: ["spq.v1.site.want", "spq.v1.site.to.>"],
};

/** Starts a server that asks for a user and a password, and grants permissions. */
async function startGuarded(folder: Folder, permissions: typeof PERMISSIONS): Promise<NatsServer> {
  const file = folder.file("nats.conf");
  const user = { user: "q", password: "secret", permissions };
  await Deno.writeTextFile(file, `authorization: { users: [${JSON.stringify(user)}] }`);
  return await NatsServer.start(["-c", file]);
}

scenario("linked queues need no more permissions of NATS than documented, and say which one is missing", [
  ...NEEDS,
  "files",
], async () => {
  using folder = new Folder();
  const creds = folder.file("creds");
  await Deno.writeTextFile(creds, "q:secret\n", { mode: 0o600 });
  const argsFor = (nats: NatsServer) => ["--nats", nats.url, "--nats-name", "site", "--nats-creds", creds];
  {
    await using stack = new AsyncDisposableStack();
    const nats = stack.use(await startGuarded(folder, PERMISSIONS));
    const [a, b] = await startLinked(stack, 2, argsFor(nats)) as [QueueProgram, QueueProgram];
    const peers = stack.use(await Peers.open());
    peers.echoWorker(b.backend);
    const client = peers.req({ connect: a.frontend });
    client.send("granted");
    assertEquals(await client.receiveText(), ["granted"]);
    assertEquals([a, b].map((queue) => queue.count("link refused by NATS")), [0, 0]);
  }
  for (const kind of ["publish", "subscribe"] as const) {
    for (const missing of PERMISSIONS[kind]) {
      const permissions = { ...PERMISSIONS, [kind]: PERMISSIONS[kind].filter((subject) => subject !== missing) };
      await using nats = await startGuarded(folder, permissions);
      await using queue = await startQueue(argsFor(nats));
      const { reason } = await queue.event("link refused by NATS");
      assertStringIncludes(reason as string, `NATS does not let this queue ${kind} to "${missing.replace(">", "")}`);
      assertEquals([queue.stderr.includes("secret"), queue.isRunning], [false, true]);
    }
  }
});

scenario(
  "linked queues use TLS, and accept less only when told to",
  [...NEEDS, "files", "openssl"],
  async () => {
    using folder = new Folder();
    const { ca, server } = await makeCertificates(folder);
    await using stack = new AsyncDisposableStack();
    const nats = stack.use(await NatsServer.start(["--tls", "--tlscert", server.cert, "--tlskey", server.key]));
    const url = `tls://127.0.0.1:${nats.port}`;
    const [a, b] = await startLinked(stack, 2, ["--nats", url, "--nats-ca", ca]) as [
      QueueProgram,
      QueueProgram,
    ];
    const peers = stack.use(await Peers.open());
    peers.echoWorker(b.backend);
    const client = peers.req({ connect: a.frontend });
    const body = new Uint8Array(2_000_000).fill(7);
    client.send(body);
    assertEquals((await client.receive())[0]!.length, body.length);
    await using distrustful = await startQueue(["--nats", url]);
    assertStringIncludes((await distrustful.event("link not connected")).reason as string, "certificate");
    await using plain = await NatsServer.start();
    await using strict = await startQueue(["--nats", `tls://127.0.0.1:${plain.port}`]);
    assertStringIncludes((await strict.event("link not connected")).reason as string, "does not speak TLS");
  },
);

scenario("linked queues show a certificate to servers that ask for one", [
  ...NEEDS,
  "files",
  "openssl",
  "long run",
], async () => {
  using folder = new Folder();
  const { ca, server, queue } = await makeCertificates(folder);
  await using stack = new AsyncDisposableStack();
  const config = folder.file("nats.conf");
  const tls = { cert_file: server.cert, key_file: server.key, ca_file: ca, verify: true };
  await Deno.writeTextFile(config, `tls: ${JSON.stringify(tls)}`);
  const nats = stack.use(await NatsServer.start(["-c", config]));
  const url = `tls://127.0.0.1:${nats.port}`;
  const trusting = ["--nats", url, "--nats-ca", ca];
  const args = [...trusting, "--nats-cert", queue.cert, "--nats-key", queue.key];
  const [a, b] = await startLinked(stack, 2, args) as [QueueProgram, QueueProgram];
  const peers = stack.use(await Peers.open());
  peers.echoWorker(b.backend);
  const client = peers.req({ connect: a.frontend });
  const body = new Uint8Array(3_333_333).map((_, index) => index * 7 + (index >> 8));
  client.send(body);
  const [reply] = await client.receive();
  assert(reply!.length === body.length && reply!.every((byte, index) => byte === body[index]));
  nats.kill("SIGKILL");
  await nats.exit;
  await a.event("link not connected");
  stack.use(await NatsServer.start(["-c", config], nats.port));
  for (const queue of [a, b]) await queue.events("link connected", 2);
  client.send("again");
  assertEquals(await client.receiveText(), ["again"]);
  for (const queue of [a, b]) checkAccounts(await figuresOf(queue));

  await using anonymous = await startQueue(trusting);
  const { reason } = await anonymous.event("link not connected");
  assertStringIncludes(reason as string, "the server asks for a certificate; name one with --nats-cert and --nats-key");
  // Of another authority, which the server does not know.
  using elsewhere = new Folder();
  const other = await makeCertificates(elsewhere);
  await using stranger = await startQueue([
    ...trusting,
    "--nats-cert",
    other.queue.cert,
    "--nats-key",
    other.queue.key,
  ]);
  assertStringIncludes(
    (await stranger.event("link not connected")).reason as string,
    "does not accept the certificate",
  );
  await using distrustful = await startQueue(["--nats", url, "--nats-cert", queue.cert, "--nats-key", queue.key]);
  assertMatch((await distrustful.event("link not connected")).reason as string, /certificate/);
});

scenario("a queue requires a certificate for NATS together with its key", ["programs", "files"], async () => {
  for (const [given, missing] of [["--nats-cert", "--nats-key"], ["--nats-key", "--nats-cert"]] as const) {
    await using queue = start("queue", ["--nats", "nats://127.0.0.1", `${given}=file`]);
    const { code, stderr } = await queue.exit;
    assertEquals(code, 1);
    assertStringIncludes(stderr, `name the other file with ${missing}`);
  }
});

scenario(
  "a queue takes credentials for NATS from a file, and refuses a password in an argument",
  ["programs"],
  async () => {
    await using queue = start("queue", ["--nats", "nats://user:secret@127.0.0.1:4222"]);
    const { code, stderr } = await queue.exit;
    assertEquals(code, 2);
    assertStringIncludes(stderr, "--nats-creds");
    assert(!stderr.includes("secret"), stderr);
  },
);
