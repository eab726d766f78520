import { assert, assertEquals, assertGreaterOrEqual } from "@std/assert";
import { PYTHON } from "../harness/capabilities.ts";
import { Folder } from "../harness/folder.ts";
import { Program } from "../harness/program.ts";
import { commandLine, startClient, startQueue, startWorker } from "../harness/programs.ts";
import { scenario } from "../harness/scenario.ts";

const NEEDS = ["programs", "ffi", "shell"] as const;

/** Standard errors that cannot be written, or only for a while: lines of Python that make one of it. */
const BAD_STREAMS: Readonly<Record<string, string>> = {
  "the disk is full": "stream = os.open('/dev/full', os.O_WRONLY)",
  "nobody reads its pipe": "unread, stream = os.pipe(); os.set_inheritable(unread, True)",
  "nobody reads its pipe, which is not in blocking mode":
    "unread, stream = os.pipe(); os.set_inheritable(unread, True); os.set_blocking(stream, False)",
  "its pipe has no reader": "unread, stream = os.pipe(); os.close(unread)",
  "nobody reads its terminal": "unread, stream = pty.openpty(); os.set_inheritable(unread, True)",
  "its terminal is gone": "unread, stream = pty.openpty(); os.close(unread)",
};

/** Each writes a line of the log; together more than a pipe takes, and than a terminal does. */
const PIPE_JOBS = 1000;
const TERMINAL_JOBS = 8000;

for (const [reason, python] of Object.entries(BAD_STREAMS)) {
  scenario(`worker does its jobs, and ends, when ${reason}`, [...NEEDS, "python"], async () => {
    const jobs = reason.includes("terminal") ? TERMINAL_JOBS : PIPE_JOBS;
    await using queue = await startQueue();
    const { command, args, ...rest } = commandLine("worker", [
      ...["--connect", queue.backend, "--no-faults", "--work", "0", "--concurrency", "4", "--log-level", "debug"],
    ]);
    const script = `import os, pty, sys; ${python}; os.dup2(stream, 2); os.execv(sys.argv[1], sys.argv[1:])`;
    await using worker = new Program(PYTHON, { ...rest, args: ["-c", script, command, ...args] });
    await using client = startClient(queue.frontend, ["--count", `${jobs}`, "--concurrency", "16", "--json"]);
    const { code, stdout } = await client.exit;
    const { requests, failed, retries } = JSON.parse(stdout);
    assertEquals({ code, requests, failed, retries }, { code: 0, requests: jobs, failed: 0, retries: 0 });
    worker.kill();
    assertEquals((await worker.exit).code, 0);
  });
}

scenario("client finishes a load test when nobody reads its terminal, or the terminal is gone", [
  ...NEEDS,
  "python",
], async () => {
  await using queue = await startQueue();
  await using _worker = startWorker(queue.backend, ["--no-faults", "--work", "0", "--log-level", "error"]);
  const { command, args, ...rest } = commandLine("client", [
    ...["--connect", queue.frontend, "--duration", "1s", "--concurrency", "2", "--json"],
  ]);
  for (const atStart of ["", "termios.tcflow(stream, termios.TCOOFF)"]) {
    // The bar is drawn for a while, and then the terminal goes, or stops.
    const script = `import os, pty, sys, termios, time
unread, stream = pty.openpty()
${atStart}
child = os.fork()
if child == 0:
  os.close(unread)
  os.dup2(stream, 2)
  os.execv(sys.argv[1], sys.argv[1:])
os.close(stream)
time.sleep(0.6)
${atStart === "" ? "os.close(unread)" : ""}
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))`;
    await using client = new Program(PYTHON, { ...rest, args: ["-c", script, command, ...args] });
    const { code, stdout, stderr } = await client.exit;
    assertEquals({ code, stderr, failed: JSON.parse(stdout).failed }, { code: 0, stderr: "", failed: 0 });
  }
});

scenario("queue serves and drains when the disk is full for its log", [...NEEDS, "full device", "files"], async () => {
  using folder = new Folder();
  const { frontends: [frontend], backends: [backend] } = folder.endpoints;
  const { command, args, ...rest } = commandLine("queue", ["--frontend", frontend!, "--backend", backend!]);
  await using queue = new Program("/bin/sh", {
    ...rest,
    args: ["-c", 'exec "$0" "$@" 2> /dev/full', command, ...args],
  });
  // A READY at the frontend is something that the queue logs.
  await using ready = startClient(frontend!, ["\x01", "--timeout", "1s", "--retries", "1"]);
  assertEquals((await ready.exit).code, 3);
  assert(queue.isRunning);
  queue.kill();
  assertEquals((await queue.exit).code, 0);
  assertEquals(folder.names, []);
});

scenario("worker says how many lines of its log were lost, and leaves no partial line", [
  ...NEEDS,
  "files",
], async () => {
  using folder = new Folder();
  const pipe = folder.file("log");
  await using queue = await startQueue();
  const { command, args, ...rest } = commandLine("worker", [
    ...["--connect", queue.backend, "--no-faults", "--work", "0", "--log-format", "json", "--log-level", "debug"],
  ]);
  const script = `mkfifo ${pipe} && exec "$0" "$@" 2> ${pipe}`;
  await using worker = new Program("/bin/sh", { ...rest, args: ["-c", script, command, ...args] });
  // The reader has the pipe open, and does not read.
  using log = await openWhenThere(pipe);
  const request = async (count: number) => {
    await using client = startClient(queue.frontend, ["--count", `${count}`, "--log-level", "error"]);
    assertEquals((await client.exit).code, 0);
  };
  await request(1000);
  const reading = new Response(log.readable).text();
  await request(10);
  worker.kill();
  const lines = (await reading).trimEnd().split("\n").map((line) => JSON.parse(line) as Record<string, unknown>);
  const lost = lines.filter(({ event }) => event === "log lines lost").reduce(
    (sum, { lines }) => sum + Number(lines),
    0,
  );
  assertGreaterOrEqual(lost, 1);
  assertEquals(lines.filter(({ event }) => event === "job answered").length + lost, 1010);
});

/** Opens a pipe for reading, as soon as the program that makes it has made it. */
async function openWhenThere(path: string): Promise<Deno.FsFile> {
  for (;;) {
    try {
      return await Deno.open(path);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
