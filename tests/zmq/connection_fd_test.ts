import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { connectionFd, endConnection, isConnectedTo, isOpen, shutDownFrom } from "../../lib/zmq/connection_fd.ts";
import { loadLibrary } from "../../lib/zmq/library.ts";
import { dialFd } from "../harness/dial.ts";
import { scenario } from "../harness/scenario.ts";

const AF_UNIX = 1;
const SOCK_STREAM = 1;

scenario("isOpen() is false for a socket that was closed, also when another has its descriptor", [
  "ffi",
  "own process",
], async () => {
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

scenario("shutDownFrom() ends a connection if its other side has the port", ["ffi"], async () => {
  const { symbols } = await loadLibrary();
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  const fd = dialFd(symbols, port);
  using accepted = await listener.accept();
  assertEquals([isConnectedTo(symbols, fd, port), isConnectedTo(symbols, fd, port + 1)], [true, false]);
  shutDownFrom(symbols, fd, port + 1);
  await accepted.write(Uint8Array.of(1));
  const ended = accepted.read(new Uint8Array(1));
  shutDownFrom(symbols, fd, port);
  assertEquals(await ended, null);
  symbols.close(fd);
  assertEquals(isConnectedTo(symbols, -1, port), false);
});
