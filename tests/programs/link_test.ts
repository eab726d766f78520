import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { delay } from "../../lib/delay.ts";
import { toBytes } from "../harness/peers.ts";
import { NatsServer } from "../harness/nats_server.ts";
import { Peers } from "../harness/peers.ts";
import { type QueueProgram, start, startQueue } from "../harness/programs.ts";
import { scenario } from "../harness/scenario.ts";

const NEEDS = ["nats", "programs", "ffi"] as const;

/** Starts queues, and waits until each knows all others. */
async function startLinked(
  stack: AsyncDisposableStack,
  count: number,
  args: readonly string[],
): Promise<QueueProgram[]> {
  const queues = await Promise.all(Array.from({ length: count }, () => startQueue(args)));
  for (const queue of queues) stack.use(queue);
  for (const queue of queues) await queue.events("linked queue joined", count - 1);
  return queues;
}

/** Ends a queue, and returns its last figures. */
async function figuresOf(queue: QueueProgram): Promise<Record<string, number>> {
  queue.kill("SIGTERM");
  assertEquals((await queue.exit).code, 0, queue.stderr);
  return await queue.event("ended") as unknown as Record<string, number>;
}

/** Checks both accounts of a queue that has ended. */
function checkAccounts(figures: Record<string, number>): void {
  const { accepted, answered, clientLeft, clientBlocked, exhausted, leftAtDrain } = figures;
  assertEquals(accepted, answered! + clientLeft! + clientBlocked! + exhausted! + leftAtDrain!, "Requests");
  const { lent, lentAnswered, lentRefused, lentExcused, lentLost } = figures;
  assertEquals(lent, lentAnswered! + lentRefused! + lentExcused! + lentLost!, "Loans");
  const { borrowed, borrowedAnswered, borrowedRefused, borrowedExcused, borrowedLost, borrowedForgotten } = figures;
  const ended = borrowedAnswered! + borrowedRefused! + borrowedExcused! + borrowedLost! + borrowedForgotten!;
  assertEquals(borrowed, ended, "Attempts");
}

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
  assertEquals(queue.count("link not connected"), 1);
  stack.use(await NatsServer.start([], gone.port));
  assertEquals((await queue.event("link connected")).server, `127.0.0.1:${gone.port}`);
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
