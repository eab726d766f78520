import { assertEquals, assertMatch } from "@std/assert";
import { startQueue as startLocalQueue } from "../../queue.ts";
import { unprivileged } from "../harness/capabilities.ts";
import { Folder } from "../harness/folder.ts";
import { Peers } from "../harness/peers.ts";
import { Program } from "../harness/program.ts";
import { ANY_PORT, commandLine, start, startQueue } from "../harness/programs.ts";
import { scenario } from "../harness/scenario.ts";

const NEEDS = ["programs", "files"] as const;

/** The arguments of a queue whose frontend has a path. */
function queueAt(path: string): readonly string[] {
  return ["--frontend", `ipc://${path}`, "--backend", ANY_PORT];
}

scenario(
  "queue leaves a file alone that is at its endpoint's path but is not a socket, and says so",
  NEEDS,
  async () => {
    using folder = new Folder();
    const path = folder.file("data.txt");
    await Deno.writeTextFile(path, "precious");
    await using queue = start("queue", queueAt(path));
    const { code, stderr } = await queue.exit;
    assertEquals(code, 1);
    assertMatch(stderr, /Cannot bind frontend to "ipc:.*": a file that is not a socket is there; choose another path/);
    assertEquals([folder.names, await Deno.readTextFile(path)], [["data.txt"], "precious"]);
  },
);

scenario(
  "queue leaves the path to a queue to which it may not connect, and says so",
  [...NEEDS, "unprivileged"],
  async () => {
    using folder = new Folder();
    const path = folder.file("f");
    await using first = await startQueue([], { frontends: [`ipc://${path}`] });
    await Deno.chmod(path, 0o000);
    const before = (await Deno.lstat(path)).ino;
    const { command, args, ...rest } = commandLine("queue", queueAt(path));
    const [setpriv, ...words] = unprivileged([command, ...args]);
    await using second = new Program(setpriv!, { args: words, ...rest });
    const { code, stderr } = await second.exit;
    assertEquals(code, 1);
    assertMatch(stderr, /Cannot bind frontend to "ipc:.*": a socket is there, and it is unknown whether .* \(EACCES\)/);
    assertEquals((await Deno.lstat(path)).ino, before);
    first.kill("SIGTERM");
    assertEquals((await first.exit).code, 0);
  },
);

scenario(
  "queue leaves the path, when it ends, to another queue that has taken it meanwhile",
  [...NEEDS, "ffi"],
  async () => {
    using folder = new Folder();
    const path = folder.file("f");
    await using old = await startQueue([], { frontends: [`ipc://${path}`] });
    await Deno.remove(path);
    await using next = await startQueue([], { frontends: [`ipc://${path}`] });
    old.kill("SIGTERM");
    assertEquals((await old.exit).code, 0);
    await using peers = await Peers.open();
    peers.echoWorker(next.backend);
    const client = peers.req({ connect: next.frontend });
    client.send("after");
    assertEquals(await client.receiveText(), ["after"]);
  },
);

scenario("Queue.abort() removes its files, whatever its thread is doing", ["queue thread", "files"], async () => {
  using folder = new Folder();
  const queue = await startLocalQueue({ frontend: `ipc://${folder.file("f")}`, backend: `ipc://${folder.file("b")}` });
  assertEquals(folder.names, ["b", "f"]);
  const ended = queue.abort();
  assertEquals(folder.names, []);
  await ended;
});
