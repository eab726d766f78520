import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { connectionFd, endConnection, isOpen } from "../../lib/zmq/connection_fd.ts";
import { loadLibrary } from "../../lib/zmq/library.ts";
import { scenario } from "../harness/scenario.ts";

const AF_UNIX = 1;
const SOCK_STREAM = 1;

scenario("isOpen() is false for a socket that was closed, also when another has its descriptor", ["ffi"], async () => {
  if (Deno.build.os !== "linux") return;
  const { symbols } = await loadLibrary();
  const fd = symbols.socket(AF_UNIX, SOCK_STREAM, 0);
  const connection = connectionFd(symbols, fd);
  assert(connection !== undefined);
  assertEquals([connection.fd, isOpen(symbols, connection)], [fd, true]);
  symbols.close(fd);
  assertEquals([isOpen(symbols, connection), connectionFd(symbols, fd)], [false, undefined]);
  // The system gives the lowest descriptor that is free.
  assertEquals(symbols.socket(AF_UNIX, SOCK_STREAM, 0), fd);
  assertNotEquals(connectionFd(symbols, fd), connection);
  assertEquals(isOpen(symbols, connection), false);
  endConnection(symbols, connection);
  symbols.close(fd);
});
