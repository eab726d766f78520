import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { SocketType } from "../../lib/zmq/constants.ts";
import { Context } from "../../lib/zmq/context.ts";
import { encodeText } from "../../lib/zmq/c_text.ts";
import { errnoNumber, ZmqError } from "../../lib/zmq/error.ts";
import { IpcFile, isIpcTaken, listenIpc } from "../../lib/zmq/ipc_file.ts";
import { loadLibrary } from "../../lib/zmq/library.ts";
import type { Symbols } from "../../lib/zmq/symbols.ts";
import { connectError, listenOn } from "../../lib/zmq/unix_socket.ts";
import { Folder } from "../harness/folder.ts";
import { Peers } from "../harness/peers.ts";
import { scenario } from "../harness/scenario.ts";

const ACTION = "Cannot bind frontend";
const BACKLOG = 16;

/** Listens and gives the file, without which nothing can be tested here. */
function listen(symbols: Symbols, path: string): { fd: number; file: IpcFile } {
  const { fd, file } = listenIpc(symbols, path, BACKLOG, ACTION);
  assert(file !== undefined);
  return { fd, file };
}

/** Leaves a socket on which nobody listens, as a killed process does. */
function abandon(symbols: Symbols, path: string): void {
  symbols.close(listenOn(symbols, path, BACKLOG, ACTION));
}

/** Binds a datagram socket. */
function bindDatagram(symbols: Symbols, path: string): number {
  const fd = symbols.socket(1, 2, 0);
  const bytes = encodeText(path);
  const address = new Uint8Array(2 + bytes.length);
  address.set(Deno.build.os === "darwin" ? [address.length, 1] : [1, 0]);
  address.set(bytes, 2);
  assertEquals(symbols.bind(fd, address, address.length), 0);
  return fd;
}

scenario("listenIpc() leaves alone anything but a socket on which nobody listens", ["ffi", "files"], async () => {
  const { symbols } = await loadLibrary();
  using folder = new Folder();
  const path = (name: string) => folder.file(name);
  await Deno.writeTextFile(path("file"), "precious");
  await Deno.mkdir(path("folder"));
  await Deno.symlink(path("nowhere"), path("symlink"));
  using _ = Deno.listen({ transport: "unix", path: path("listening") });
  const datagram = bindDatagram(symbols, path("datagram"));
  const before = folder.names.map((name) => [name, Deno.lstatSync(path(name)).ino]);
  const notASocket = "a file that is not a socket is there; choose another path, or remove the file";
  for (
    const [name, reason] of [
      ["file", notASocket],
      ["folder", notASocket],
      ["symlink", notASocket],
      ["listening", "somebody listens there"],
      ["datagram", "a socket of another type is there"],
    ] as const
  ) {
    const error = assertThrows(() => listenIpc(symbols, path(name), BACKLOG, ACTION), ZmqError);
    assertEquals([error.message, error.code], [`${ACTION}: ${reason} (EADDRINUSE)`, "EADDRINUSE"]);
  }
  assertEquals(folder.names.map((name) => [name, Deno.lstatSync(path(name)).ino]), before);
  assertEquals(await Deno.readTextFile(path("file")), "precious");
  symbols.close(datagram);
});

scenario(
  "listenIpc() leaves alone a socket on which it may not check whether somebody listens",
  ["ffi", "files"],
  async () => {
    const { symbols } = await loadLibrary();
    using folder = new Folder();
    const path = folder.file("s");
    abandon(symbols, path);
    let isRefused = false;
    const refusing = {
      ...symbols,
      connect: () => {
        isRefused = true;
        return -1;
      },
      zmq_errno: () => {
        if (!isRefused) return symbols.zmq_errno();
        isRefused = false;
        return errnoNumber("EACCES");
      },
    } as Symbols;
    const error = assertThrows(() => listenIpc(refusing, path, BACKLOG, ACTION), ZmqError);
    assertEquals(
      error.message,
      `${ACTION}: a socket is there, and it is unknown whether somebody listens on it (EACCES)`,
    );
    assertEquals(folder.names, ["s"]);
  },
);

scenario(
  "listenIpc() replaces a socket on which nobody listens, hidden or not",
  ["ffi", "files"],
  async () => {
    const { symbols } = await loadLibrary();
    using folder = new Folder();
    const path = folder.file("s");
    for (const leftovers of [["s"], [".s.spq"], ["s", ".s.spq"]]) {
      for (const name of leftovers) abandon(symbols, folder.file(name));
      const { fd, file } = listen(symbols, path);
      assertEquals([folder.names, connectError(symbols, path)], [["s"], undefined]);
      file.remove();
      symbols.close(fd);
      assertEquals(folder.names, []);
    }
  },
);

scenario("listenIpc() puts back a socket on which somebody listens by then", ["ffi", "files"], async () => {
  const { symbols } = await loadLibrary();
  using folder = new Folder();
  const path = folder.file("s");
  abandon(symbols, path);
  let successor = -1;
  const racing = {
    ...symbols,
    // Right before the file is moved, another program takes the path.
    syscall_renameat2: (...args: Parameters<NonNullable<Symbols["syscall_renameat2"]>>) => {
      if (successor < 0) {
        Deno.removeSync(path);
        successor = listenOn(symbols, path, BACKLOG, ACTION);
      }
      return symbols.syscall_renameat2!(...args);
    },
  } as Symbols;
  assertThrows(() => listenIpc(racing, path, BACKLOG, ACTION), ZmqError, "somebody listens there");
  assertEquals([folder.names, connectError(symbols, path)], [["s"], undefined]);
  symbols.close(successor);
});

scenario(
  "IpcFile.remove() removes the very file that was bound, hidden or not, and no other",
  ["ffi", "files"],
  async () => {
    const { symbols } = await loadLibrary();
    using folder = new Folder();
    const path = folder.file("s");
    const old = listen(symbols, path);
    // A cleaner has removed the file, and a new queue has the path.
    await Deno.remove(path);
    const next = listen(symbols, path);
    old.file.remove();
    assertEquals([folder.names, connectError(symbols, path)], [["s"], undefined]);
    next.file.hide();
    assertEquals(folder.names, [".s.spq"]);
    old.file.remove();
    assertEquals(folder.names, [".s.spq"]);
    // As the main thread does it for the relay's.
    new IpcFile(symbols, structuredClone(next.file.facts)).remove();
    next.file.remove();
    assertEquals(folder.names, []);
    for (const { fd } of [old, next]) symbols.close(fd);
  },
);

scenario("IpcFile.hide() keeps newcomers out and others in, and a starting queue off", ["ffi", "files"], async () => {
  const { symbols } = await loadLibrary();
  using folder = new Folder();
  const path = folder.file("s");
  await using peers = await Peers.open();
  const server = peers.router({ bind: `ipc://${path}` });
  const [file] = server.socket.ipcFiles;
  const early = peers.dealer({ connect: server.endpoint, identity: "early" });
  early.send("1");
  assertEquals(await server.receiveText(), ["early", "1"]);
  assertEquals(file!.hide(), undefined);
  const late = peers.dealer({ connect: server.endpoint, identity: "late" });
  late.send("2");
  early.send("3");
  assertEquals(await server.receiveText(), ["early", "3"]);
  assertEquals([connectError(symbols, path), folder.names], ["ENOENT", [".s.spq"]]);
  const error = assertThrows(() => listenIpc(symbols, path, BACKLOG, ACTION), ZmqError);
  assertEquals(error.message, `${ACTION}: a queue that has reached its descriptor limit listens there (EADDRINUSE)`);
  assertEquals(folder.names, [".s.spq"]);
  assertEquals([file!.show(), file!.show(), folder.names], [undefined, "ENOENT", ["s"]]);
  assertEquals(await server.receiveText(), ["late", "2"]);
});

scenario("IpcFile.hide() and show() overwrite nothing", ["ffi", "files"], async () => {
  const { symbols } = await loadLibrary();
  using folder = new Folder();
  const path = folder.file("s");
  await Deno.writeTextFile(folder.file(".s.spq"), "mine");
  const { fd, file } = listen(symbols, path);
  assertEquals([file.hide(), folder.names], ["EEXIST", [".s.spq", "s"]]);
  await Deno.remove(folder.file(".s.spq"));
  assertEquals(file.hide(), undefined);
  await Deno.writeTextFile(path, "yours");
  assertEquals([file.show(), file.hide()], ["EEXIST", "ENOENT"]);
  assertEquals(await Deno.readTextFile(path), "yours");
  file.remove();
  assertEquals(folder.names, ["s"]);
  symbols.close(fd);
});

scenario("IpcFile.replace() leads the path to another socket with the same mode", ["ffi", "files"], async () => {
  const { symbols } = await loadLibrary();
  using folder = new Folder();
  const path = folder.file("s");
  const { fd, file } = listen(symbols, path);
  await Deno.chmod(path, 0o642);
  const before = file.facts;
  const next = file.replace(BACKLOG, () => false);
  assert(typeof next !== "string");
  assertEquals([folder.names, next.endpoint, next.file], [["s"], `ipc://${folder.file(".s.0")}`, undefined]);
  assertEquals((await Deno.lstat(path)).mode! & 0o7777, 0o642);
  assert(file.facts.identity !== before.identity);
  // The path leads to the other one alone.
  symbols.close(fd);
  assertEquals(connectError(symbols, path), undefined);
  symbols.close(next.fd);
  assertEquals(connectError(symbols, path), "ECONNREFUSED");
  // What is removed is the file that is there now.
  new IpcFile(symbols, before).remove();
  assertEquals(folder.names, ["s"]);
  file.remove();
  assertEquals(folder.names, []);
});

scenario(
  "IpcFile.replace() returns no endpoint that is still used, or whose file was left behind",
  ["ffi", "files"],
  async () => {
    const { symbols } = await loadLibrary();
    using folder = new Folder();
    const { fd, file } = listen(symbols, folder.file("s"));
    const endpoint = (suffix: string) => `ipc://${folder.file(`.s.${suffix}`)}`;
    abandon(symbols, folder.file(".s.2"));
    const used = [endpoint("0"), endpoint("1")];
    const next = file.replace(BACKLOG, (endpoint) => used.includes(endpoint));
    assert(typeof next !== "string");
    assertEquals(next.endpoint, endpoint("3"));
    file.remove();
    for (const each of [fd, next.fd]) symbols.close(each);
  },
);

scenario("IpcFile.replace() leaves alone a path that belongs to another socket by then", ["ffi", "files"], async () => {
  const { symbols } = await loadLibrary();
  using folder = new Folder();
  const path = folder.file("s");
  const { fd, file } = listen(symbols, path);
  await Deno.remove(path);
  assertEquals(file.replace(BACKLOG, () => false), "ENOENT");
  await Deno.writeTextFile(path, "yours");
  assertEquals([file.replace(BACKLOG, () => false), folder.names], ["ENOENT", ["s"]]);
  assertEquals(await Deno.readTextFile(path), "yours");
  symbols.close(fd);
});

scenario(
  "IpcFile.replace() puts back a file that another program has just put there",
  ["ffi", "files"],
  async () => {
    const { symbols } = await loadLibrary();
    using folder = new Folder();
    const path = folder.file("s");
    let isReplaced = false;
    const racing = {
      ...symbols,
      syscall_renameat2: (...args: Parameters<NonNullable<Symbols["syscall_renameat2"]>>) => {
        if (!isReplaced) {
          Deno.removeSync(path);
          Deno.writeTextFileSync(path, "yours");
          isReplaced = true;
        }
        return symbols.syscall_renameat2!(...args);
      },
    } as Symbols;
    const { fd, file } = listen(racing, path);
    assertEquals([file.replace(BACKLOG, () => false), folder.names], ["ENOENT", ["s"]]);
    assertEquals(await Deno.readTextFile(path), "yours");
    symbols.close(fd);
  },
);

scenario("Socket.bind() makes a folder for ipc://*, and close() removes it", ["ffi", "files"], async () => {
  await using peers = await Peers.open();
  const server = peers.router({ bind: "ipc://*" });
  const [, path] = /^ipc:\/\/(.+)\/socket$/.exec(server.endpoint)!;
  assertMatch(path!, /\/spq-\w{6}$/);
  const client = peers.dealer({ connect: server.endpoint, identity: "me" });
  client.send("hello");
  assertEquals(await server.receiveText(), ["me", "hello"]);
  server.socket.close();
  await assertGone(path!);
});

scenario(
  "Socket.bind() takes an abstract socket, and removes no file of its name",
  ["ffi", "files", "proc"],
  async () => {
    using folder = new Folder();
    const name = `@spq-${crypto.randomUUID()}`;
    await using peers = await Peers.open();
    const server = peers.router({ bind: `ipc://${name}` });
    assertEquals([server.endpoint, server.socket.ipcFiles], [`ipc://${name}`, []]);
    const client = peers.dealer({ connect: server.endpoint, identity: "me" });
    client.send("hello");
    assertEquals(await server.receiveText(), ["me", "hello"]);
    using context = Context.open(await loadLibrary());
    using second = context.socket(SocketType.ROUTER, 0);
    const error = assertThrows(() => second.bind(server.endpoint), ZmqError);
    assertEquals(error.message, `Cannot bind socket to "${server.endpoint}": address already in use (EADDRINUSE)`);
    const previous = Deno.cwd();
    Deno.chdir(folder.path);
    try {
      await Deno.writeTextFile("@file", "precious");
      second.bind("ipc://@file");
      second.close();
    } finally {
      Deno.chdir(previous);
    }
    assertEquals(folder.names, ["@file"]);
  },
);

scenario(
  "listenIpc() gives a path to one of two that start at the same moment",
  ["ffi", "files", "long run"],
  async () => {
    const { symbols, path: libraryPath } = await loadLibrary();
    using folder = new Folder();
    const rounds = 300;
    const turns = new Int32Array(new SharedArrayBuffer(8));
    const start = (number: number) => {
      const thread = new Worker(import.meta.resolve("./ipc_file_race.ts"), { type: "module" });
      const outcomes = new Promise<string[]>((resolve, reject) => {
        thread.onmessage = ({ data }) => resolve(data);
        thread.onerror = (event) => reject(new Error(event.message));
      });
      thread.postMessage({ libraryPath, folder: folder.path, rounds, turns, number });
      return outcomes.finally(() => thread.terminate());
    };
    for (let round = 0; round < rounds; round++) abandon(symbols, folder.file(`${round}`));
    const [one, other] = await Promise.all([start(0), start(1)]);
    for (let round = 0; round < rounds; round++) {
      assertEquals([one![round], other![round]].sort(), ["bound", "somebody listens there"], `in round ${round}`);
    }
    assertEquals(folder.names, []);
  },
);

async function assertGone(path: string): Promise<void> {
  const found = await Deno.lstat(path).catch((error) => error);
  assert(found instanceof Deno.errors.NotFound);
}

scenario("isIpcTaken() says whether somebody listens, who does not notice it", ["ffi", "files"], async () => {
  const { symbols } = await loadLibrary();
  using folder = new Folder();
  const path = folder.file("s");
  assertEquals([isIpcTaken(symbols, path), isIpcTaken(symbols, "*")], [false, false]);
  const { fd, file } = listen(symbols, path);
  assertEquals(isIpcTaken(symbols, path), true);
  // Nobody waits to be accepted.
  assertEquals(symbols.poll(new Int32Array([fd, 1]), 1n, 0), 0);
  file.hide();
  assertEquals(isIpcTaken(symbols, path), true);
  file.show();
  symbols.close(fd);
  assertEquals(isIpcTaken(symbols, path), false);
  file.remove();
  const datagram = bindDatagram(symbols, path);
  assertEquals(isIpcTaken(symbols, path), false);
  symbols.close(datagram);
  await Deno.remove(path);
  await Deno.writeTextFile(path, "precious");
  assertEquals(isIpcTaken(symbols, path), false);
});

if (Deno.build.os === "linux") {
  scenario("isIpcTaken() knows names in the abstract namespace", ["ffi"], async () => {
    const { symbols } = await loadLibrary();
    const path = `@spq-${crypto.randomUUID()}`;
    assertEquals(isIpcTaken(symbols, path), false);
    const { fd } = listenIpc(symbols, path, BACKLOG, ACTION);
    assertEquals(isIpcTaken(symbols, path), true);
    symbols.close(fd);
    assertEquals(isIpcTaken(symbols, path), false);
  });
}
