import { assertEquals, assertGreaterOrEqual, assertLess, assertMatch } from "@std/assert";
import { inputOf, LiveInput } from "../harness/input.ts";
import { Peers, toBytes } from "../harness/peers.ts";
import { Program } from "../harness/program.ts";
import { ANY_PORT, commandLine, startClient, startQueue, startWorker } from "../harness/programs.ts";
import { scenario } from "../harness/scenario.ts";

const NEEDS = ["programs", "ffi"] as const;

scenario(
  "client --lines answers 10,000 lines in order with 32 at once",
  [...NEEDS, "long run"],
  async () => {
    await using queue = await startQueue();
    await using workers = new AsyncDisposableStack();
    // Of different speed, so that replies come out of order.
    for (const work of ["0", "0", "1ms", "2ms", "5ms"]) {
      workers.use(startWorker(queue.backend, ["--no-faults", "--work", work, "--log-level", "warning"]));
    }
    const lines = Array.from({ length: 10_000 }, (_, index) => `line ${index}\n`).join("");
    await using client = startClient(queue.frontend, ["--lines", "--concurrency", "32"], { input: inputOf(lines) });
    const { code, stdout, stderr } = await client.exit;
    assertEquals({ code, stderr }, { code: 0, stderr: "" });
    assertEquals(stdout, lines);
  },
);

scenario("client --lines adds no line feed to a reply that ends with one", NEEDS, async () => {
  await using peers = await Peers.open();
  const frontend = peers.router({ bind: ANY_PORT });
  frontend.serve(([client, delimiter, body]) => frontend.send(client!, delimiter!, body!, "\n"));
  await using client = startClient(frontend.endpoint, ["--lines"], { input: inputOf("a\n\nb") });
  assertEquals(await client.exit, { code: 0, signal: null, stdout: "a\n\nb\n", stderr: "" });
});

scenario("client --lines sends each line without its line feed, and ends each reply with one", NEEDS, async () => {
  await using peers = await Peers.open();
  const frontend = peers.router({ bind: ANY_PORT });
  frontend.serve(([identity, delimiter, body]) => frontend.send(identity!, delimiter!, "<", body!, ">"));
  for (
    const [input, output] of [
      ["a\nb\n", "<a>\n<b>\n"],
      ["a\n\nlast", "<a>\n<>\n<last>\n"],
      ["\0\xff\r\n", "<\0\xff\r>\n"],
      ["", ""],
    ] as const
  ) {
    await using client = startClient(frontend.endpoint, ["--lines"], { input: inputOf(toBytes(input)) });
    const { code, stderr } = await client.exit;
    assertEquals({ code, stderr }, { code: 0, stderr: "" });
    assertEquals(client.output, toBytes(output));
  }
});

scenario(
  "client --lines has no more requests in progress than allowed, and writes the replies in order",
  NEEDS,
  async () => {
    await using peers = await Peers.open();
    const frontend = peers.router({ bind: ANY_PORT });
    await using client = startClient(frontend.endpoint, ["--lines", "--concurrency", "3", "--timeout", "1h"], {
      input: inputOf("1\n2\n3\n4\n5\n"),
    });
    const asked = new Map<string, string>();
    const receive = async () => {
      const [identity, , body] = await frontend.receiveText();
      asked.set(body!, identity!);
    };
    const answer = (body: string) => frontend.send(asked.get(body)!, "", `reply ${body}`);
    for (let count = 0; count < 3; count++) await receive();
    assertEquals([...asked.keys()].sort(), ["1", "2", "3"]);
    // The second has its reply, which waits for the first and takes up room.
    answer("2");
    answer("1");
    for (let count = 0; count < 2; count++) await receive();
    await client.text("stdout", /^reply 1\nreply 2\n$/);
    for (const body of ["5", "4", "3"]) answer(body);
    const { code, stdout } = await client.exit;
    assertEquals([code, stdout], [0, "reply 1\nreply 2\nreply 3\nreply 4\nreply 5\n"]);
  },
);

scenario("client --lines answers a line before the next one has come", NEEDS, async () => {
  await using peers = await Peers.open();
  const frontend = peers.router({ bind: ANY_PORT });
  frontend.serve((message) => frontend.send(...message));
  const input = new LiveInput();
  await using client = startClient(frontend.endpoint, ["--lines", "--concurrency", "8"], { input: input.readable });
  await input.write("first\nsec");
  await client.text("stdout", /^first\n$/);
  await input.write("ond\n");
  await client.text("stdout", /^first\nsecond\n$/);
  await input.end();
  assertEquals((await client.exit).code, 0);
});

scenario(
  "client --lines ends with 3 and names the line without a reply, after writing all replies before it",
  NEEDS,
  async () => {
    await using peers = await Peers.open();
    const frontend = peers.router({ bind: ANY_PORT });
    frontend.serve((message) => {
      if (new TextDecoder().decode(message.at(-1)) !== "3") frontend.send(...message);
    });
    await using client = startClient(
      frontend.endpoint,
      ["--lines", "--concurrency", "4", "--timeout", "1s", "--retries", "2"],
      { input: inputOf("1\n2\n3\n4\n5\n6\n7\n8\n") },
    );
    const { code, stdout } = await client.exit;
    assertEquals([code, stdout], [3, "1\n2\n"]);
    const reason = `No reply from "${frontend.endpoint}" after 2 tries of 1000 ms: ` +
      "connected, but no reply came: there is no worker, the job takes longer, or it fails";
    assertEquals(client.lines.map(({ time: _, ...rest }) => rest), [
      { level: "warning", event: "no reply, trying again", line: 3, tries: 1 },
      { level: "error", event: "line failed", line: 3, reason },
    ]);
  },
);

scenario(
  "client --lines --keep-going writes an empty line for each one without a reply, and lists them at the end",
  NEEDS,
  async () => {
    await using peers = await Peers.open();
    const frontend = peers.router({ bind: ANY_PORT });
    frontend.serve((message) => {
      if (!["3", "4", "7"].includes(new TextDecoder().decode(message.at(-1)))) frontend.send(...message);
    });
    await using client = startClient(
      frontend.endpoint,
      ["--lines", "--keep-going", "--concurrency", "4", "--timeout", "1s", "--retries", "2", "--log-level", "error"],
      { input: inputOf("1\n2\n3\n4\n5\n6\n7\n8\n") },
    );
    const { code, stdout } = await client.exit;
    assertEquals([code, stdout], [3, "1\n2\n\n\n5\n6\n\n8\n"]);
    assertEquals(client.lines.map(({ event, line, failed, of, lines }) => [event, line ?? lines, failed, of]), [
      ["line failed", 3, undefined, undefined],
      ["line failed", 4, undefined, undefined],
      ["line failed", 7, undefined, undefined],
      ["lines without a reply", "3-4, 7", 3, 8],
    ]);
    await using untroubled = startClient(frontend.endpoint, ["--lines", "--keep-going"], { input: inputOf("1\n2\n") });
    assertEquals(await untroubled.exit, { code: 0, signal: null, stdout: "1\n2\n", stderr: "" });
  },
);

scenario("client --lines ends in silence when nobody reads its output any more", NEEDS, async () => {
  await using peers = await Peers.open();
  const frontend = peers.router({ bind: ANY_PORT });
  frontend.serve((message) => frontend.send(...message));
  const { command, args, ...rest } = commandLine("client", ["--connect", frontend.endpoint, "--lines"]);
  // The input has no end: the client ends since its reader has.
  const script = 'yes line | { "$0" "$@"; echo "code $?" >&2; } | head -n 1';
  await using shell = new Program("/bin/sh", { ...rest, args: ["-c", script, command, ...args] });
  const { stdout, stderr } = await shell.exit;
  assertEquals(stdout, "line\n");
  // What `yes` says of its own pipe is its own matter.
  assertMatch(stderr, /^(yes: .*\n)?code 0\n(yes: .*\n)?$/);
});

scenario("client --lines reads no more input than it has room for", NEEDS, async () => {
  await using peers = await Peers.open();
  const frontend = peers.router({ bind: ANY_PORT });
  let read = 0;
  const endless = new ReadableStream<Uint8Array>({
    pull: (controller) => {
      read++;
      controller.enqueue(new Uint8Array(64 * 1024).fill("\n".charCodeAt(0)));
    },
  }, { highWaterMark: 0 });
  await using client = startClient(frontend.endpoint, ["--lines", "--concurrency", "4", "--timeout", "1h"], {
    input: endless,
  });
  for (let count = 0; count < 4; count++) await frontend.receive();
  // One piece that the client has, and what the pipe and the writer hold.
  const held = read;
  assertGreaterOrEqual(held, 1);
  assertLess(held, 8);
  assertEquals(frontend.poll(), undefined);
  client.kill("SIGTERM");
  assertEquals((await client.exit).signal, "SIGTERM");
  assertLess(read, 8);
});
