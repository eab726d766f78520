import { assertEquals, assertThrows } from "@std/assert";
import { ZmqError } from "../../lib/zmq/error.ts";
import { loadLibrary } from "../../lib/zmq/library.ts";
import { connectError, listenOn } from "../../lib/zmq/unix_socket.ts";
import { Folder } from "../harness/folder.ts";
import { scenario } from "../harness/scenario.ts";

scenario("connectError() distinguishes whether somebody listens or not", ["ffi", "files"], async () => {
  const { symbols } = await loadLibrary();
  using folder = new Folder();
  const path = folder.file("s");
  assertEquals(connectError(symbols, path), "ENOENT");
  const fd = listenOn(symbols, path, 1, "Cannot listen");
  // Also when more wait than it has room for.
  for (let count = 0; count < 5; count++) assertEquals(connectError(symbols, path), undefined);
  symbols.close(fd);
  assertEquals(connectError(symbols, path), "ECONNREFUSED");
  assertEquals(connectError(symbols, "x".repeat(200)), "ENAMETOOLONG");
});

scenario("listenOn() accepts the longest path, and says why it refuses a longer one", ["ffi", "files"], async () => {
  const { symbols } = await loadLibrary();
  using folder = new Folder();
  const longest = folder.file("x".repeat(103 - folder.path.length - 1));
  assertEquals(longest.length, 103);
  const fd = listenOn(symbols, longest, 1, "Cannot listen");
  const file = folder.file("file");
  await Deno.writeTextFile(file, "");
  for (
    const [path, message] of [
      [longest, "Cannot listen: address already in use (EADDRINUSE)"],
      [file, "Cannot listen: address already in use (EADDRINUSE)"],
      [folder.file("none/s"), "Cannot listen: the folder of this path does not exist (ENOENT)"],
      [`${file}/s`, "Cannot listen: not a directory (ENOTDIR)"],
      [folder.file("x".repeat(108)), /^Cannot listen: the path is longer than \d+ bytes \(ENAMETOOLONG\)$/],
    ] as const
  ) {
    const error = assertThrows(() => listenOn(symbols, path, 1, "Cannot listen"), ZmqError);
    if (typeof message === "string") assertEquals(error.message, message);
    else assertEquals(message.test(error.message), true);
  }
  symbols.close(fd);
});
