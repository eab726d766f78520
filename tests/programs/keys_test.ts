import { assertEquals, assertLess, assertMatch, assertStringIncludes } from "@std/assert";
import { parseCertificate } from "../../lib/access/certificate.ts";
import type { Role } from "../../tools/task_flags.ts";
import { Folder } from "../harness/folder.ts";
import { type Exit, Program } from "../harness/program.ts";
import { commandLine, type QueueProgram, start, startQueue, startWorker } from "../harness/programs.ts";
import { scenario } from "../harness/scenario.ts";

const NEEDS = ["programs", "files"] as const;
const FAULTLESS = ["--work", "0", "--no-faults"];

async function run(role: Role, ...args: string[]): Promise<Exit> {
  await using program = start(role, args);
  return await program.exit;
}

async function modeOf(path: string): Promise<number> {
  return ((await Deno.stat(path)).mode ?? 0) & 0o777;
}

scenario("spqueue key add makes the folder and a key, prints its path, and never overwrites", NEEDS, async () => {
  using folder = new Folder();
  const keys = folder.file("keys");
  const added = await run("queue", "key", "add", "worker", "thumb1", "--keys", keys);
  assertEquals([added.code, added.stdout], [0, `${keys}/thumb1.key\n`]);
  assertMatch(added.stderr, /delete it here: whoever has it is let in\.\n$/);
  assertEquals([await modeOf(keys), await modeOf(`${keys}/thumb1.key`)], [0o700, 0o600]);
  const again = await run("queue", "key", "add", "client", "thumb1", "--keys", keys);
  assertEquals([again.code, again.stdout], [1, ""]);
  assertStringIncludes(again.stderr, 'Cannot add key "thumb1": the name "thumb1" is in');
  const { publicKey, secretKey } = parseCertificate(await Deno.readTextFile(`${keys}/thumb1.key`));
  const listed = await run("queue", "key", "list", "--keys", keys);
  assertEquals(listed.stdout, `worker ${publicKey} thumb1\n`);
  for (const exit of [added, again, listed]) assertEquals((exit.stdout + exit.stderr).includes(secretKey!), false);
  assertEquals((await run("queue", "key", "remove", "thumb1", "--keys", keys)).code, 0);
  assertEquals((await run("queue", "key", "list", "--keys", keys)).stdout, "");
});

scenario("spqueue key add leaves nothing in the way when the disk was full", [...NEEDS, "namespaces"], async () => {
  // There is room for the list alone, the queue's key as well, or the new key as well but not for the new list.
  for (const pages of [1, 2, 3]) {
    using folder = new Folder();
    const { command, args, ...rest } = commandLine("queue", ["key", "add", "worker", "a", "--keys", folder.path]);
    const script = `mount -t tmpfs -o size=$(($(getconf PAGESIZE) * ${pages})) tmpfs ${folder.path}; "$0" "$@"; ` +
      `echo $?; mount -o remount,size=64k ${folder.path}; "$0" "$@"`;
    await using program = new Program("unshare", { ...rest, args: ["-m", "sh", "-c", script, command, ...args] });
    const { code, stdout, stderr } = await program.exit;
    assertEquals([code, stdout], [0, `1\n${folder.path}/a.key\n`], stderr);
    assertMatch(stderr, /^spqueue key add: Cannot write .*: no space left on device\n/);
  }
});

scenario("spqueue key show prints the key that spworker key new and spclient --new-key need", NEEDS, async () => {
  using folder = new Folder();
  const keys = folder.file("keys");
  const made = await run("queue", "key", "new", "--keys", keys);
  const { stdout } = await run("queue", "key", "show", "--keys", keys);
  assertEquals(made, { ...made, code: 0, stdout });
  const queue = stdout.trim();
  const [workerFile, clientFile] = [folder.file("w.key"), folder.file("ops.key")];
  const worker = await run("worker", "key", "new", "thumb1", "--queue", queue, "--file", workerFile);
  const client = await run("client", "--new-key", clientFile, "--queue", queue);
  for (
    const [exit, file, role, name] of [[worker, workerFile, "worker", "thumb1"], [
      client,
      clientFile,
      "client",
      "ops",
    ]] as const
  ) {
    const { publicKey, queueKey } = parseCertificate(await Deno.readTextFile(file));
    assertEquals(exit, { ...exit, code: 0, stdout: `${role} ${publicKey} ${name}\n`, stderr: "" });
    assertEquals([queueKey, await modeOf(file)], [queue, 0o600]);
    const added = await run("queue", "key", "add", role, name, "--public-key", publicKey, "--keys", keys);
    assertEquals(added, { ...added, code: 0, stdout: `${keys}/permitted\n`, stderr: "" });
  }
  const again = await run("client", "--new-key", clientFile, "--queue", queue);
  assertEquals([again.code, again.stdout], [1, ""]);
  assertStringIncludes(again.stderr, "key files are never overwritten");
});

scenario("spqueue key says what is wrong with its command line with 2 and a sentence", ["programs"], async () => {
  const cases: [args: string[], sentence: string][] = [
    [["key"], 'spqueue: Command "key" is incomplete: the commands are key add, key list'],
    [["key", "ad"], 'spqueue: Unknown command "key ad", did you mean "key add"?'],
    [["key", "add", "worker"], "spqueue key add: Argument NAME is missing: call it as spqueue key add ROLE NAME."],
    [["key", "add", "boss", "x", "--keys", "/x"], 'Argument ROLE cannot be "boss": a role is client, worker, or'],
    [["key", "add", "worker", "-x", "--keys", "/x"], 'Unknown option "-x"'],
    [["key", "list"], "spqueue key list: Option --keys is missing"],
    [
      ["key", "add", "worker", "x", "--public-key", "short"],
      'Option --public-key cannot be "short": a public key has 40',
    ],
  ];
  const exits = await Promise.all(cases.map(([args]) => run("queue", ...args)));
  for (const [index, [, sentence]] of cases.entries()) {
    assertEquals([exits[index]!.code, exits[index]!.stdout], [2, ""]);
    assertStringIncludes(exits[index]!.stderr, sentence);
  }
});

scenario("spqueue does not start with keys that others can read", NEEDS, async () => {
  using folder = new Folder();
  await run("queue", "key", "new", "--keys", folder.path);
  await Deno.chmod(folder.file("queue.key"), 0o644);
  const { code, stdout, stderr } = await run("queue", "--keys", folder.path, "--frontend", "tcp://127.0.0.1:*");
  assertEquals([code, stdout], [1, ""]);
  assertMatch(
    stderr,
    /^spqueue: Cannot use key file "[^"]*queue\.key": everybody .* \(mode 0644\); run "chmod 600 [^\n]*\n$/,
  );
});

scenario(
  "spqueue ends when SPQ_KEYS names no keys, and serves with SPQ_OPEN, but says that it is open",
  NEEDS,
  async () => {
    using folder = new Folder();
    const missing = folder.file("keys");
    await using refused = start("queue", [], { env: { SPQ_KEYS: missing } });
    const { code, stdout, stderr } = await refused.exit;
    assertEquals([code, stdout], [1, ""]);
    assertMatch(
      stderr,
      /^spqueue: There are no keys in "[^"]*", which SPQ_KEYS names: mount or make them .*SPQ_OPEN=1[^\n]*\n$/,
    );
    const http = `unix:${folder.file("http")}`;
    const env = { SPQ_KEYS: missing, SPQ_OPEN: "1" };
    await using queue = await startQueue(["--http", http], { env, frontends: ["tcp://*:*"] });
    const warning = await queue.event("reachable from other machines without access control");
    assertEquals([warning.level, warning.endpoints], ["warning", queue.frontends]);
    const status = await run("queue", "status", "--json", http);
    const { settings, access } = JSON.parse(status.stdout);
    assertEquals(settings.find(({ name }: { name: string }) => name === "keys"), {
      name: "keys",
      value: null,
      from: "SPQ_OPEN",
    });
    assertEquals(access.open, { frontend: true, backend: false });
    await run("queue", "key", "new", "--keys", missing);
    await using both = start("queue", [], { env });
    assertEquals((await both.exit).code, 2);
  },
);

/** A queue with keys for `w` and `c`, listening on tcp. */
async function startKeyedQueue(keys: string): Promise<QueueProgram> {
  await run("queue", "key", "add", "worker", "w", "--keys", keys);
  await run("queue", "key", "add", "client", "c", "--keys", keys);
  return await startQueue(["--keys", keys]);
}

scenario("worker and client get in with their keys, as access.md's first story says", NEEDS, async () => {
  using folder = new Folder();
  const keys = folder.file("keys");
  await using queue = await startKeyedQueue(keys);
  await using worker = startWorker(queue.backend, [...FAULTLESS, "--key", `${keys}/w.key`]);
  await worker.event("worker ready");
  const { code, stdout, stderr } = await run("client", "--connect", queue.frontend, "--key", `${keys}/c.key`, "hello");
  assertEquals([code, stdout], [0, "hello"], stderr);
});

scenario("worker and client say why they do not get in, and get in when they may", [...NEEDS, "long run"], async () => {
  using folder = new Folder();
  const [keys, others] = [folder.file("keys"), folder.file("others")];
  await using queue = await startKeyedQueue(keys);
  await run("queue", "key", "add", "worker", "stranger", "--keys", others);
  const ask = (...args: string[]) =>
    run("client", "--connect", queue.frontend, "--retries", "1", "--timeout", "4s", ...args, "hello");
  await using withoutKey = startWorker(queue.backend, FAULTLESS);
  const [noKey, wrongQueue, otherRole, unreadable] = await Promise.all([
    withoutKey.event("cannot connect"),
    ask("--key", `${others}/stranger.key`),
    ask("--key", `${keys}/w.key`),
    ask("--key", `${keys}/missing.key`),
  ]);
  assertMatch(String(noKey.reason), /does the queue ask for a key\?$/);
  assertEquals([wrongQueue.code, otherRole.code, unreadable.code], [3, 3, 1]);
  assertStringIncludes(wrongQueue.stderr, "is not the queue that the key file names");
  assertStringIncludes(
    otherRole.stderr,
    "refuses this key or address: it is not permitted, or this is the other role's port",
  );
  assertStringIncludes(unreadable.stderr, `Cannot read key file "${keys}/missing.key": there is no such file`);
  // A worker whose key is permitted later gets in by itself.
  const { stdout } = await run("queue", "key", "show", "--keys", keys);
  const file = folder.file("late.key");
  const line = await run("worker", "key", "new", "late", "--queue", stdout.trim(), "--file", file);
  await using worker = startWorker(queue.backend, [...FAULTLESS, "--key", file]);
  const refused = await worker.event("cannot connect");
  assertEquals(refused.code, "NOT_PERMITTED");
  const startMs = performance.now();
  await Deno.writeTextFile(`${keys}/permitted`, line.stdout, { append: true });
  await worker.event("worker ready");
  // Three times what is promised.
  assertLess(performance.now() - startMs, 15_000);
});
