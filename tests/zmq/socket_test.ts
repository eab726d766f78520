import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { delay } from "../../lib/delay.ts";
import type { Frames } from "../../lib/lru.ts";
import { IntOption, SocketType } from "../../lib/zmq/constants.ts";
import { Context } from "../../lib/zmq/context.ts";
import { ZmqError } from "../../lib/zmq/error.ts";
import { loadLibrary } from "../../lib/zmq/library.ts";
import { BlockingPoll } from "../../lib/zmq/poll.ts";
import { Folder } from "../harness/folder.ts";
import { Peers, toBytes, toText } from "../harness/peers.ts";
import { scenario } from "../harness/scenario.ts";
import { SocketPair } from "../harness/socket_pair.ts";

scenario("Socket.receive() gives the frames as sent when they are odd", ["ffi"], async () => {
  using pair = await SocketPair.open(SocketType.PAIR, SocketType.PAIR);
  const messages: Frames[] = [
    [new Uint8Array()],
    [new Uint8Array(), new Uint8Array(), new Uint8Array()],
    [Uint8Array.of(0), Uint8Array.of(0, 255, 0)],
    Array.from({ length: 1000 }, (_, index) => new Uint8Array(index % 70).fill(index)),
    [crypto.getRandomValues(new Uint8Array(60_000))],
  ];
  for (const message of messages) {
    assert(pair.connected.send(message));
    assertEquals(pair.bound.receive(), message);
  }
  assertEquals(pair.bound.receive(), undefined);
});

scenario("Socket.receive() gives back the same 64 MiB when they came over TCP", ["ffi"], async () => {
  await using peers = await Peers.open();
  const server = peers.router({ bind: "tcp://127.0.0.1:*" });
  const client = peers.req({ connect: server.endpoint });
  const body = new Uint8Array(64 * 1024 * 1024);
  for (let at = 0; at < body.length; at += 65536) crypto.getRandomValues(body.subarray(at, at + 65536));
  client.send(body);
  server.send(...await server.receive());
  const [reply] = await client.receive();
  assertEquals(await crypto.subtle.digest("SHA-256", reply!), await crypto.subtle.digest("SHA-256", body));
});

scenario("Socket.send() returns false when it would have to wait", ["ffi"], async () => {
  using context = Context.open(await loadLibrary());
  using lonely = context.socket(SocketType.DEALER, 0);
  assertEquals(lonely.send([toBytes("a")]), false);
});

scenario("Socket.send() throws EHOSTUNREACH when a mandatory ROUTER has no such peer", ["ffi"], async () => {
  using context = Context.open(await loadLibrary());
  using router = context.socket(SocketType.ROUTER, 0);
  router.setInt(IntOption.ROUTER_MANDATORY, 1);
  const error = assertThrows(() => router.send([toBytes("nobody"), toBytes("a")]), ZmqError);
  assertEquals(error.code, "EHOSTUNREACH");
});

scenario("Socket.receive() throws EFSM when a REQ has not sent", ["ffi"], async () => {
  using pair = await SocketPair.open(SocketType.ROUTER, SocketType.REQ);
  const error = assertThrows(() => pair.connected.receive(), ZmqError);
  assertEquals(error.code, "EFSM");
});

scenario("Socket.bind() returns the real port, and names the endpoint when it is taken", ["ffi"], async () => {
  using context = Context.open(await loadLibrary());
  using first = context.socket(SocketType.ROUTER, 0);
  using second = context.socket(SocketType.ROUTER, 0);
  const endpoint = first.bind("tcp://127.0.0.1:*");
  assertMatch(endpoint, /^tcp:\/\/127\.0\.0\.1:[1-9]\d+$/);
  const error = assertThrows(() => second.bind(endpoint, "backend"), ZmqError);
  assertEquals(error.code, "EADDRINUSE");
  assertEquals(error.message, `Cannot bind backend to "${endpoint}": address already in use (EADDRINUSE)`);
});

scenario("Socket.bind() and connect() name the endpoint when it is invalid", ["ffi"], async () => {
  using context = Context.open(await loadLibrary());
  using socket = context.socket(SocketType.ROUTER, 0);
  for (const use of [() => socket.bind("nonsense"), () => socket.connect("nonsense")]) {
    const error = assertThrows(use, ZmqError, '"nonsense"');
    assertEquals(error.code, "EINVAL");
  }
});

scenario("Socket throws a sentence when it is used after close(), which may be called twice", ["ffi"], async () => {
  const pair = await SocketPair.open(SocketType.PAIR, SocketType.PAIR);
  pair[Symbol.dispose]();
  pair[Symbol.dispose]();
  const sentence = "Cannot use a libzmq socket after it was closed";
  assertThrows(() => pair.bound.receive(), Error, sentence);
  assertThrows(() => pair.bound.send([toBytes("a")]), Error, sentence);
  assertThrows(() => pair.bound.fd, Error, sentence);
  assertThrows(() => pair.context.socket(SocketType.PAIR, 0), Error, "Cannot use a libzmq context after it was closed");
});

scenario("Socket.readable tells whether there is a message", ["ffi"], async () => {
  using pair = await SocketPair.open(SocketType.PAIR, SocketType.PAIR);
  assertEquals(pair.bound.readable, false);
  pair.connected.send([toBytes("a")]);
  assertEquals(pair.bound.readable, true);
  pair.bound.receive();
  assertEquals(pair.bound.readable, false);
});

scenario("Socket.isSettled says that the descriptor will tell of the next message", ["ffi"], async () => {
  const library = await loadLibrary();
  for (const type of [SocketType.PAIR, SocketType.DEALER]) {
    using pair = await SocketPair.open(type, type);
    assertEquals([pair.bound.isSettled, pair.bound.readable, pair.bound.isSettled], [false, false, true]);
    const poll = new BlockingPoll(library, [pair.bound.fd]);
    poll.wait(0);
    assertEquals(poll.readable(0), false);
    pair.connected.send([toBytes("a")]);
    poll.wait(10_000);
    assertEquals([poll.readable(0), pair.bound.readable, pair.bound.isSettled], [true, true, false]);
    pair.bound.receive();
    assertEquals([pair.bound.isSettled, pair.bound.receive(), pair.bound.isSettled], [false, undefined, true]);
    pair.bound.send([toBytes("a")]);
    assertEquals(pair.bound.isSettled, false);
  }
});

scenario(
  "Socket.isSettled is true for a REQ that has sent, even if a superfluous reply was there",
  ["ffi"],
  async () => {
    const library = await loadLibrary();
    using pair = await SocketPair.open(SocketType.ROUTER, SocketType.REQ, "me");
    const poll = new BlockingPoll(library, [pair.connected.fd]);
    for (let round = 0; round < 100; round++) {
      pair.connected.send([toBytes(`${round}`)]);
      assertEquals(pair.connected.isSettled, true);
      const request = pair.bound.receive()!;
      // A queue that answers twice: the second is there, known or not, when the next request is sent.
      for (let count = 0; count < 1 + round % 2; count++) pair.bound.send(request);
      poll.wait(10_000);
      while (!pair.connected.readable) poll.wait(10_000);
      assertEquals(toText(pair.connected.receive()!), [`${round}`]);
      if (round % 4 === 1) assertEquals(pair.connected.readable, false);
    }
  },
);

scenario("Socket.bind() takes a path when the transport is ipc", ["ffi", "files"], async () => {
  using folder = new Folder();
  await using peers = await Peers.open();
  const server = peers.router({ bind: `ipc://${folder.file("s")}` });
  assertEquals(server.endpoint, `ipc://${folder.file("s")}`);
  const client = peers.dealer({ connect: server.endpoint, identity: "me" });
  client.send("", "hello");
  assertEquals(await server.receiveText(), ["me", "", "hello"]);
});

scenario(
  "Socket.bind() refuses a path on which somebody listens, and replaces an abandoned socket",
  ["ffi", "files"],
  async () => {
    using folder = new Folder();
    const endpoint = `ipc://${folder.file("s")}`;
    using context = Context.open(await loadLibrary());
    using successor = context.socket(SocketType.ROUTER, 0);
    {
      using first = context.socket(SocketType.ROUTER, 0);
      first.bind(endpoint);
      const error = assertThrows(() => successor.bind(endpoint, "frontend"), ZmqError);
      assertEquals(error.message, `Cannot bind frontend to "${endpoint}": somebody listens there (EADDRINUSE)`);
      assertEquals(folder.names, ["s"]);
    }
    assertEquals(folder.names, []);
    // The file of a listener that has ended without removing it.
    using listener = Deno.listen({ transport: "unix", path: folder.file("old") });
    await Deno.rename(folder.file("old"), folder.file("s"));
    assertThrows(() => successor.bind(endpoint), ZmqError);
    listener.close();
    // Between its fork and its exec, a program that another test starts has the listener, too.
    while (await accepts(folder.file("s"))) await delay(1);
    assertEquals(successor.bind(endpoint), endpoint);
  },
);

async function accepts(path: string): Promise<boolean> {
  try {
    (await Deno.connect({ transport: "unix", path })).close();
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.ConnectionRefused) return false;
    throw error;
  }
}
