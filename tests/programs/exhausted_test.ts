/** Requests that met their limit of redeliveries, kept in files. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { Folder } from "../harness/folder.ts";
import { Peers, toText } from "../harness/peers.ts";
import {
  ANY_PORT,
  commandLine,
  QueueProgram,
  start,
  startClient,
  startQueue,
  startWorker,
} from "../harness/programs.ts";
import { scenario } from "../harness/scenario.ts";

const NEEDS = ["programs", "ffi", "files"] as const;
/** A worker whose program sleeps, so that it can be killed with its job. */
const SLEEPS = ["--healthy-jobs", "0", "--crash-odds", "0", "--overload-odds", "1", "--overload", "1h"];

const modeOf = ({ mode }: Deno.FileInfo) => (mode! & 0o777).toString(8);

scenario("queue keeps a request whose workers were killed, and spclient repeats it from the file", NEEDS, async () => {
  using folder = new Folder();
  const kept = folder.file("kept");
  await using queue = await startQueue(["--exhausted-dir", kept, "--redeliveries", "1", "--http", "127.0.0.1:0"]);
  await using peers = await Peers.open();
  const client = peers.req({ connect: queue.frontend, identity: "me" });
  const body = new Uint8Array(100_000).map((_, index) => index * 7);
  client.send(body);
  const identities: unknown[] = [];
  for (let count = 0; count < 2; count++) {
    await using worker = startWorker(queue.backend, SLEEPS);
    await worker.event("simulated CPU overload");
    identities.push((await worker.event("worker ready")).identity);
    worker.kill("SIGKILL");
    await worker.exit;
  }
  const { file, digest, level, client: whose } = await queue.event("exhausted request kept");
  assertEquals([level, whose], ["info", "me"]);
  assertEquals((await queue.event("redelivery limit reached")).digest, digest);
  assertEquals(await Deno.readFile(`${file}`), body);
  const record = JSON.parse(await Deno.readTextFile(`${file}`.replace(/body$/, "json")));
  assertEquals([record.client, record.bytes, record.digest], ["me", body.length, digest]);
  assertEquals(record.workers.map(({ worker }: { worker: string }) => worker), identities);
  const times = [
    record.receivedAt,
    ...record.workers.flatMap((met: { sentAt: string; lostAt: string }) => [
      met.sentAt,
      met.lostAt,
    ]),
    record.exhaustedAt,
  ];
  assertEquals(times, times.toSorted());
  assert(Math.abs(Date.parse(record.exhaustedAt) - Date.now()) < 60_000);
  for await (const { name } of Deno.readDir(kept)) assertEquals(modeOf(await Deno.stat(`${kept}/${name}`)), "600");
  assertEquals(modeOf(await Deno.stat(kept)), "700");

  queue.kill("SIGUSR1");
  await queue.event("status");
  const [http] = (await queue.event("listening")).http as string[];
  const { exhausted } = await (await fetch(`http://${http}/status.json`)).json();
  assertEquals(exhausted.map((request: Record<string, unknown>) => [request.digest, request.file]), [[digest, file]]);

  // The documented way to repeat it.
  peers.echoWorker(queue.backend);
  using input = await Deno.open(`${file}`);
  await using repeating = startClient(queue.frontend, [], { input: input.readable });
  assertEquals((await repeating.exit).code, 0);
  assertEquals(repeating.output, body);
});

scenario("queue keeps the frames of a request as JSON when there are several", NEEDS, async () => {
  using folder = new Folder();
  await using queue = await startQueue(["--exhausted-dir", folder.path, "--redeliveries", "0"]);
  await using peers = await Peers.open();
  peers.dealer({ connect: queue.frontend }).send("hop", "", "resize", new Uint8Array([0xff]));
  const worker = peers.worker(queue.backend);
  await worker.receive();
  await worker.close();
  const { file } = await queue.event("exhausted request kept");
  assertMatch(`${file}`, /\.json$/);
  // Without the envelope, as a program of --frames json would have got them.
  assertEquals(JSON.parse(await Deno.readTextFile(`${file}`)).frames, ["resize", { base64: "/w==" }]);
  assertEquals(folder.names.length, 1);

  // An empty body is one frame, too.
  peers.dealer({ connect: queue.frontend, identity: "empty" }).send("", "");
  const another = peers.worker(queue.backend);
  await another.receive();
  await another.close();
  const { file: empty } = await queue.event("exhausted request kept", { client: "empty" });
  assertMatch(`${empty}`, /\.body$/);
  assertEquals((await Deno.stat(`${empty}`)).size, 0);
});

scenario("queue keeps 16 MiB at a time, repeatedly, but not a request that is larger", NEEDS, async () => {
  using folder = new Folder();
  await using queue = await startQueue(["--exhausted-dir", folder.path, "--redeliveries", "0"]);
  await using peers = await Peers.open();
  const client = peers.dealer({ connect: queue.frontend });
  const exhaust = async (bytes: number) => {
    const worker = peers.worker(queue.backend);
    client.send("", new Uint8Array(bytes));
    await worker.receive();
    await worker.close();
  };
  for (let count = 1; count <= 3; count++) {
    await exhaust(9 * 1024 * 1024);
    await queue.events("exhausted request kept", count);
  }
  await exhaust(16 * 1024 * 1024 + 1);
  const { level, reason } = await queue.event("exhausted request not kept");
  assertEquals([level, reason], ["warning", "more than 16 MiB not yet written"]);
  assertEquals(folder.names.length, 6);
});

scenario("queue keeps at most ten exhausted requests a second, and counts the others", NEEDS, async () => {
  using folder = new Folder();
  await using queue = await startQueue(["--exhausted-dir", folder.path, "--redeliveries", "0"]);
  await using peers = await Peers.open();
  const client = peers.dealer({ connect: queue.frontend });
  const workers = Array.from({ length: 30 }, () => peers.worker(queue.backend));
  for (let count = 0; count < workers.length; count++) client.send("", `${count}`);
  await Promise.all(workers.map((worker) => worker.receive()));
  await Promise.all(workers.map((worker) => worker.close()));
  await queue.event("exhausted request not kept", { reason: "more than 10 within a second" });
  // They may have taken more than a second.
  await queue.events("exhausted request kept", 10);
  queue.kill();
  assertEquals((await queue.exit).code, 0);
  const { exhausted, exhaustedNotCopied } = await queue.event("ended");
  assertEquals(exhausted, 30);
  assertEquals(folder.names.filter((name) => name.endsWith(".body")).length, 30 - Number(exhaustedNotCopied));
  assert(Number(exhaustedNotCopied) > 0);
});

scenario(
  "queue goes on when exhausted requests cannot be written, and says why",
  [...NEEDS, "namespaces"],
  async () => {
    using folder = new Folder();
    const endpoints = ["--frontend", ANY_PORT, "--backend", ANY_PORT];
    const { command, args, ...rest } = commandLine("queue", [
      ...endpoints,
      ...["--exhausted-dir", folder.path, "--redeliveries", "0", "--log-format", "json"],
    ]);
    const script = `mount -t tmpfs -o size=64k tmpfs ${folder.path} && exec "$0" "$@"`;
    await using queue = new QueueProgram("unshare", { ...rest, args: ["-m", "sh", "-c", script, command, ...args] });
    await queue.listening();
    await using peers = await Peers.open();
    const client = peers.dealer({ connect: queue.frontend });
    const exhaust = async (body: Uint8Array<ArrayBuffer>) => {
      const worker = peers.worker(queue.backend);
      client.send("", body);
      await worker.receive();
      await worker.close();
    };
    await exhaust(new Uint8Array(1_000_000));
    const { level, reason } = await queue.event("exhausted request not kept");
    assertEquals(level, "error");
    assertEquals(reason, "no space left on device");
    // Nothing of it is left, so that there is room for a small one.
    await exhaust(new Uint8Array(1000));
    await queue.event("exhausted request kept");
    peers.echoWorker(queue.backend);
    client.send("", "still here");
    assertEquals(toText(await client.receive()), ["", "still here"]);
    queue.kill();
    assertEquals((await queue.exit).code, 0);
  },
);

scenario("queue ends with 1 and one sentence when exhausted requests cannot be kept", NEEDS, async () => {
  using folder = new Folder();
  await Deno.writeTextFile(folder.file("file"), "");
  await using queue = start("queue", [
    "--frontend",
    ANY_PORT,
    "--backend",
    ANY_PORT,
    "--exhausted-dir",
    folder.file("file"),
  ]);
  const { code, stderr } = await queue.exit;
  assertEquals(code, 1);
  assertMatch(stderr, /^spqueue: Cannot keep exhausted requests in ".*\/file": there is a file of that name\n$/);
});
