import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { Folder } from "../harness/folder.ts";
import { type QueueProgram, start, startClient, startQueue } from "../harness/programs.ts";
import { scenario } from "../harness/scenario.ts";

const NEEDS = ["programs"] as const;

async function startHttpQueue(...args: string[]): Promise<{ queue: QueueProgram; http: string }> {
  const queue = await startQueue(["--http", "127.0.0.1:0", "--http-actions", ...args]);
  const { http } = await queue.event("listening");
  return { queue, http: (http as string[])[0]! };
}

/** Longer than it takes to be connected on a slow machine; otherwise the client says that it was not. */
const UNTIL_CONNECTED = "1s";

/** The reason that a client logs which asks the queue. */
async function reasonOf(
  queue: QueueProgram,
  explain: string,
  args: readonly string[],
  timeout = "100ms",
): Promise<string> {
  const tries = ["--timeout", timeout, "--retries", "1", "--explain", explain];
  await using client = startClient(queue.frontend, [...tries, ...args]);
  const { code, stderr } = await client.exit;
  assertEquals(code, 3);
  return JSON.parse(stderr.trim().split("\n").at(-1)!).reason;
}

scenario("spclient --explain adds what the queue says, and that it is paused, by whom and why", NEEDS, async () => {
  const { queue, http } = await startHttpQueue();
  await using _ = queue;
  assertMatch(
    await reasonOf(queue, `http://${http}`, ["hello"], UNTIL_CONNECTED),
    /^No reply from .*: connected, but no reply came: .*\. The queue at "127\.0\.0\.1:\d+" says: no workers for \d/,
  );
  await using pause = start("queue", ["pause", "--reason", "new disks", http]);
  assertEquals((await pause.exit).code, 0);
  // Whether the request still waits when the queue is asked is a matter of time.
  assertMatch(await reasonOf(queue, http, ["hello"]), / says: paused by \S+@\S+ since \S+: new disks; \S/);
  assertMatch(await reasonOf(queue, http, ["--count", "1"]), / says: paused by /);
  assertMatch(
    await reasonOf(queue, http, ["--rate", "10", "--duration", "200ms"]),
    /^The queue at .* says: paused by /,
  );
});

scenario("spclient --explain says that the queue cannot be asked, and otherwise ends the same way", NEEDS, async () => {
  const { queue } = await startHttpQueue();
  await using _ = queue;
  assertStringIncludes(
    await reasonOf(queue, "unix:/nonexistent/http.sock", ["hello"], UNTIL_CONNECTED),
    `no reply came: there is no worker, the job takes longer, or it fails. Cannot reach a queue's HTTP at "unix:`,
  );
});

scenario("spclient --explain brings the token of a file, and says when it is missing or wrong", [
  ...NEEDS,
  "files",
], async () => {
  using folder = new Folder();
  const [right, wrong] = [folder.file("right"), folder.file("wrong")];
  await Deno.writeTextFile(right, "a-token-that-nobody-guesses", { mode: 0o600 });
  await Deno.writeTextFile(wrong, "a-token-that-is-another-one", { mode: 0o600 });
  const { queue, http } = await startHttpQueue("--http-token-file", right);
  await using _ = queue;
  assertMatch(await reasonOf(queue, http, ["--http-token-file", right, "hello"]), / says: no workers for /);
  const other = await reasonOf(queue, http, ["--http-token-file", wrong, "hello"]);
  assertMatch(other, /The queue at ".*" does not accept the token in --http-token-file$/);
  assertEquals(other.includes("a-token"), false);
  assertMatch(await reasonOf(queue, http, ["hello"]), /The queue at ".*" requires a token; name its file /);
});

scenario("spclient refuses a wrong --explain and a token file that cannot be used before it asks anything", [
  ...NEEDS,
  "files",
], async () => {
  using folder = new Folder();
  const open = folder.file("open");
  await Deno.writeTextFile(open, "a-token-that-everybody-reads", { mode: 0o644 });
  const wrong = [
    [["--explain", "https://127.0.0.1:5557"], 2, "it must be plain HTTP"],
    [["--explain", "http://127.0.0.1:5557/status.json"], 2, 'it must end after the port, without "/status.json"'],
    [["--explain", "5557"], 2, "an address looks like"],
    [["--explain", "127.0.0.1:1", "--http-token-file", "/nonexistent/token"], 1, "Cannot read token file"],
    [
      ["--explain", "127.0.0.1:1", "--http-token-file", open],
      1,
      'everybody on this machine can read it (mode 0644); run "chmod 600 ',
    ],
  ] as const;
  for (const [args, code, why] of wrong) {
    await using client = startClient("tcp://127.0.0.1:1", [...args, "hello"]);
    const exit = await client.exit;
    assertEquals(exit.code, code);
    assertStringIncludes(exit.stderr, why);
  }
});
