import { assert, assertEquals, assertMatch } from "@std/assert";
import { parseArgv } from "../../lib/worker/exec/argv.ts";
import type { Role } from "../../tools/task_flags.ts";
import {
  ARM64_BINARIES,
  ARM64_EMULATOR,
  inTerminal,
  ROOT,
  SYSTEM_LIBZMQ,
  unprivileged,
} from "../harness/capabilities.ts";
import { Folder } from "../harness/folder.ts";
import { Program } from "../harness/program.ts";
import { ANY_PORT, commandLine, QueueProgram, startClient, startQueue, startWorker } from "../harness/programs.ts";
import { scenario } from "../harness/scenario.ts";

const FAULTLESS = ["--work", "0", "--no-faults"];

scenario("binaries serve a request with an empty environment and in another folder", ["binaries"], async () => {
  const { env, cwd } = commandLine("queue", []);
  assertEquals({ env, cwd }, { env: {}, cwd: "/" });
  await using queue = await startQueue();
  await using worker = startWorker(queue.backend, FAULTLESS);
  await using client = startClient(queue.frontend, ["--count", "1"]);
  assertEquals((await client.exit).code, 0);
  worker.kill();
  queue.kill();
  for (const program of [worker, queue]) {
    const { code, stdout } = await program.exit;
    assertEquals({ code, stdout }, { code: 0, stdout: "" });
  }
  assertEquals((await queue.event("ended")).answered, 1);
});

scenario("binaries never ask for a permission when a person could answer", ["binaries", "terminal"], async () => {
  await using stack = new AsyncDisposableStack();
  const startInTerminal = (role: Role, args: readonly string[]): Program => {
    const { command, args: words, cwd } = commandLine(role, args);
    const [script, ...all] = inTerminal([command, ...words]);
    return stack.use(new Program(script!, { args: all, cwd, env: { PATH: "/usr/bin:/bin" } }));
  };
  const queue = startInTerminal("queue", ["--frontend", ANY_PORT, "--backend", ANY_PORT]);
  const [, frontend, backend] = await queue.text("stdout", /frontend=(tcp:\S+) backend=(tcp:\S+)/);
  const worker = startInTerminal("worker", ["--connect", backend!, ...FAULTLESS]);
  const client = startInTerminal("client", ["--connect", frontend!, "--count", "1"]);
  const { code, stdout } = await client.exit;
  assertEquals(code, 0);
  assertMatch(stdout, /done answered=1/);
  for (const { stdout } of [queue, worker, client]) assert(!/permission|prompt|allow/i.test(stdout), stdout);
});

scenario("binaries need no TMPDIR, and leave nothing there", ["binaries", "files", "unprivileged"], async () => {
  using folder = new Folder();
  const file = folder.file("file");
  await Deno.writeTextFile(file, "");
  await Deno.chmod(folder.path, 0o555);
  // The last is where Deno would not let a program read a file of its own.
  for (const TMPDIR of [folder.path, file, `${folder.path}/missing`, "/dev/shm"]) {
    await using stack = new AsyncDisposableStack();
    const startUnprivileged = (role: Role, args: readonly string[]) => {
      const { command, args: all, cwd } = commandLine(role, args);
      const [wrapper, ...words] = unprivileged([command, ...all]);
      const options = { args: words, cwd, env: { PATH: "/usr/bin:/bin", TMPDIR } };
      return role === "queue" ? new QueueProgram(wrapper!, options) : new Program(wrapper!, options);
    };
    const queue = stack.use(
      startUnprivileged("queue", ["--frontend", ANY_PORT, "--backend", ANY_PORT]) as QueueProgram,
    );
    await queue.listening();
    stack.use(startUnprivileged("worker", ["--connect", queue.backend, ...FAULTLESS]));
    const client = stack.use(startUnprivileged("client", ["--connect", queue.frontend, "--count", "1"]));
    assertEquals((await client.exit).code, 0, TMPDIR);
  }
  assertEquals(folder.names, ["file"]);
});

scenario("binaries serve a request when the root is read-only and nothing in TMPDIR may be executed", [
  "binaries",
  "namespaces",
], async () => {
  const mounts = "mount -o remount,bind,ro / && mount -t tmpfs -o noexec,mode=1777 tmpfs /tmp";
  const startReadOnly = (role: Role, args: readonly string[]) => {
    const { command, args: all } = commandLine(role, args);
    const script = `${mounts} && exec "$@"`;
    const options = {
      args: ["-m", "sh", "-c", script, "sh", command, ...all],
      cwd: "/",
      env: { PATH: "/usr/bin:/bin" },
    };
    return role === "queue" ? new QueueProgram("unshare", options) : new Program("unshare", options);
  };
  await using queue = startReadOnly("queue", ["--frontend", ANY_PORT, "--backend", ANY_PORT]) as QueueProgram;
  await queue.listening();
  await using _worker = startReadOnly("worker", ["--connect", queue.backend, ...FAULTLESS]);
  await using client = startReadOnly("client", ["--connect", queue.frontend, "--count", "1"]);
  assertEquals((await client.exit).code, 0);
});

scenario("binaries use another libzmq when SPQ_LIBZMQ names one", [
  "binaries",
  "system libzmq",
], async () => {
  const env = { SPQ_LIBZMQ: SYSTEM_LIBZMQ };
  await using queue = await startQueue([], { env });
  await using _worker = startWorker(queue.backend, FAULTLESS, { env });
  await using client = startClient(queue.frontend, ["--count", "1"], { env });
  assertEquals((await client.exit).code, 0);
});

scenario("examples/README.md shows how a worker in TypeScript becomes a single binary", [
  "binaries",
  "files",
], async () => {
  using folder = new Folder();
  const text = await Deno.readTextFile(new URL("examples/README.md", ROOT));
  const [deno, ...args] = parseArgv(/^ {4}(deno compile .*)$/m.exec(text)![1]!, "none");
  assertEquals(deno, "deno");
  const output = args.indexOf("--output") + 1;
  const binary = args[output] = folder.file(args[output]!);
  // Deno 2.6.10 needs it, as in tools/compile.ts.
  const env = { ...Deno.env.toObject(), RUST_MIN_STACK: `${32 * 1024 ** 2}` };
  await using compiler = new Program(Deno.execPath(), { args, cwd: ROOT, env });
  const compiled = await compiler.exit;
  assertEquals(compiled.code, 0, compiled.stderr);
  await using queue = await startQueue();
  await using worker = new Program(binary, { args: [queue.backend], env: {}, cwd: "/" });
  await worker.event("worker ready");
  await using client = startClient(queue.frontend, ["Where is my parcel?"]);
  const { code, stdout } = await client.exit;
  assertEquals({ code, stdout }, { code: 0, stdout: "delivery" });
  worker.kill();
  assertEquals((await worker.exit).code, 0);
});

scenario("arm64 binaries start, serve a request and end", ["binaries", "arm64 binaries"], async () => {
  const [emulator, ...flags] = ARM64_EMULATOR;
  const options = (role: Role, args: readonly string[]) => ({
    // The emulator is found by it; the binary gets an empty environment.
    args: [...flags, "-U", "PATH", `${ARM64_BINARIES}sp${role}`, ...args],
    cwd: "/",
    env: { PATH: "/usr/bin:/bin" },
  });
  await using queue = new QueueProgram(emulator!, options("queue", ["--frontend", ANY_PORT, "--backend", ANY_PORT]));
  await queue.listening();
  await using worker = new Program(emulator!, options("worker", ["--connect", queue.backend, ...FAULTLESS]));
  await using client = new Program(
    emulator!,
    options("client", ["--connect", queue.frontend, "--count", "1", "--timeout", "20s"]),
  );
  assertEquals((await client.exit).code, 0);
  assertEquals((await client.event("done")).answered, 1);
  worker.kill();
  queue.kill();
  assertEquals([(await worker.exit).code, (await queue.exit).code], [0, 0]);
  assertEquals((await queue.event("ended")).answered, 1);
});
