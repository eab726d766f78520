import { assert, assertEquals, assertLess, assertMatch, assertRejects, assertThrows } from "@std/assert";
import { BytesOption, IntOption, MonitorEvent, SocketType } from "../../lib/zmq/constants.ts";
import { errnoName, errnoNumber, ZmqError } from "../../lib/zmq/error.ts";
import { encodeText } from "../../lib/zmq/c_text.ts";
import { Context } from "../../lib/zmq/context.ts";
import { openZmqHandles } from "../../lib/zmq/handles.ts";
import { LibraryError, loadLibrary, packageLibrary } from "../../lib/zmq/library.ts";
import { EMPTY_FRAME, MessagePool, NO_FRAME } from "../../lib/zmq/message_pool.ts";
import { BlockingPoll } from "../../lib/zmq/poll.ts";
import { Monitor } from "../../lib/zmq/monitor.ts";
import type { Socket } from "../../lib/zmq/socket.ts";
import type { Frames } from "../../lib/lru.ts";
import { Waiter } from "../../lib/zmq/waiter.ts";
import { Folder } from "../harness/folder.ts";
import { interrupting } from "../harness/interrupting_library.ts";
import { Peers, toBytes, toText } from "../harness/peers.ts";
import { scenario } from "../harness/scenario.ts";

/** Two connected sockets in a context of their own. */
class Pair implements Disposable {
  readonly context: Context;
  readonly bound: Socket;
  readonly connected: Socket;

  constructor(context: Context, boundType: SocketType, connectedType: SocketType, identity = "") {
    this.context = context;
    this.bound = context.socket(boundType, 0);
    this.connected = context.socket(connectedType, 0);
    if (identity !== "") this.connected.setBytes(BytesOption.ROUTING_ID, toBytes(identity));
    // Without I/O threads in between, a message that was sent can be received at once.
    this.connected.connect(this.bound.bind(`inproc://${crypto.randomUUID()}`));
  }

  static async open(boundType: SocketType, connectedType: SocketType, identity?: string): Promise<Pair> {
    return new Pair(Context.open(await loadLibrary()), boundType, connectedType, identity);
  }

  [Symbol.dispose](): void {
    this.connected.close();
    this.bound.close();
    this.context.close();
  }
}

scenario("loadLibrary() finds a libzmq with the draft API when no other is named", ["ffi"], async () => {
  const library = await loadLibrary();
  assertEquals([library.version, library.hasDraftApi], ["4.3.5", true]);
  assertEquals(await loadLibrary(), library);
});

scenario("packageLibrary() names a file for every supported platform", ["ffi"], async () => {
  for (
    const [os, arch, libc, file] of [
      ["linux", "x86_64", "glibc", /linux\/x64\/.*glibc.*127.*\.node$/],
      ["linux", "aarch64", "glibc", /linux\/arm64\/.*glibc.*127.*\.node$/],
      ["linux", "x86_64", "musl", /linux\/x64\/.*musl.*\.node$/],
      ["darwin", "aarch64", "libc", /darwin\/arm64\/.*\.node$/],
      ["darwin", "x86_64", "libc", /darwin\/x64\/.*\.node$/],
    ] as const
  ) {
    const url = await packageLibrary({ os, arch, libc });
    assertMatch(url.pathname, file);
  }
});

scenario(
  "packageLibrary() names the platform and the variable when the package has nothing for it",
  ["ffi"],
  async () => {
    const error = await assertRejects(
      () => packageLibrary({ os: "plan9", arch: "mips", libc: "libc" }),
      LibraryError,
      "Cannot find libzmq for plan9 mips",
    );
    assertMatch(error.message, /set SPQ_LIBZMQ to the file of a libzmq$/);
  },
);

Deno.test("encodeText() refuses a NUL character when one is inside", () => {
  assertThrows(() => encodeText("a\0b"), RangeError, "it contains a NUL character");
  assertEquals(encodeText("ab"), Uint8Array.of(97, 98, 0));
});

Deno.test("errnoName() names libzmq's own numbers and numbers those it does not know", () => {
  assertEquals(errnoName(156384712 + 51), "EFSM");
  assertEquals(errnoName(4), "EINTR");
  assertEquals(errnoName(9999), "E9999");
});

Deno.test("errnoNumber() is the number that errnoName() names, and refuses a name that is none", () => {
  for (const name of ["EAGAIN", "EINTR", "EHOSTUNREACH", "ETERM"]) assertEquals(errnoName(errnoNumber(name)), name);
  assertThrows(() => errnoNumber("ENOTHING"), RangeError, 'the error "ENOTHING"');
});

scenario("openZmqHandles() tells where when something is open", ["ffi"], async () => {
  const pair = await Pair.open(SocketType.PAIR, SocketType.PAIR);
  const places = openZmqHandles();
  assertEquals(places.length, 3);
  for (const place of places) assertMatch(place, /socket_test\.ts/);
  pair.connected.close();
  assertEquals(openZmqHandles().length, 2);
  pair[Symbol.dispose]();
  assertEquals(openZmqHandles(), []);
});

scenario("Socket.receive() gives the frames as sent when they are odd", ["ffi"], async () => {
  using pair = await Pair.open(SocketType.PAIR, SocketType.PAIR);
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
  using pair = await Pair.open(SocketType.ROUTER, SocketType.REQ);
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

scenario("Socket.bind() and connect() name the endpoint when it is none", ["ffi"], async () => {
  using context = Context.open(await loadLibrary());
  using socket = context.socket(SocketType.ROUTER, 0);
  for (const use of [() => socket.bind("nonsense"), () => socket.connect("nonsense")]) {
    const error = assertThrows(use, ZmqError, '"nonsense"');
    assertEquals(error.code, "EINVAL");
  }
});

scenario("Socket throws a sentence when it is used after close(), which may be called twice", ["ffi"], async () => {
  const pair = await Pair.open(SocketType.PAIR, SocketType.PAIR);
  pair[Symbol.dispose]();
  pair[Symbol.dispose]();
  const sentence = "Cannot use a libzmq socket after it was closed";
  assertThrows(() => pair.bound.receive(), Error, sentence);
  assertThrows(() => pair.bound.send([toBytes("a")]), Error, sentence);
  assertThrows(() => pair.bound.fd, Error, sentence);
  assertThrows(() => pair.context.socket(SocketType.PAIR, 0), Error, "Cannot use a libzmq context after it was closed");
});

scenario("Socket.readable tells whether there is a message", ["ffi"], async () => {
  using pair = await Pair.open(SocketType.PAIR, SocketType.PAIR);
  assertEquals(pair.bound.readable, false);
  pair.connected.send([toBytes("a")]);
  assertEquals(pair.bound.readable, true);
  pair.bound.receive();
  assertEquals(pair.bound.readable, false);
});

scenario("Socket.isSettled says that the descriptor will tell of the next message", ["ffi"], async () => {
  const library = await loadLibrary();
  for (const type of [SocketType.PAIR, SocketType.DEALER]) {
    using pair = await Pair.open(type, type);
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

scenario("Socket.isSettled is true of a REQ that has sent, even when a reply too many was there", ["ffi"], async () => {
  const library = await loadLibrary();
  using pair = await Pair.open(SocketType.ROUTER, SocketType.REQ, "me");
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
});

scenario("Monitor reports when a connection has ended", ["ffi"], async () => {
  const library = await loadLibrary();
  using context = Context.open(library);
  using router = context.socket(SocketType.ROUTER, 0);
  using monitor = new Monitor(context, router, [MonitorEvent.DISCONNECTED]);
  await using waiter = new Waiter(library, context);
  const endpoint = router.bind("tcp://127.0.0.1:*");
  {
    using dealer = context.socket(SocketType.DEALER, 0);
    dealer.connect(endpoint);
    dealer.send([toBytes("hello")]);
    await waiter.wait([router], 10_000);
    assertEquals(monitor.receive(), undefined);
  }
  await waiter.wait([monitor], 10_000);
  const event = monitor.receive();
  assertEquals([event?.event, event?.endpoint], [MonitorEvent.DISCONNECTED, endpoint]);
});

scenario("Monitor.close() lets connections end when nobody reads the monitor any more", ["ffi"], async () => {
  const library = await loadLibrary();
  using context = Context.open(library);
  using router = context.socket(SocketType.ROUTER, 0);
  const monitor = new Monitor(context, router, [MonitorEvent.DISCONNECTED]);
  await using waiter = new Waiter(library, context);
  const endpoint = router.bind("tcp://127.0.0.1:*");
  const greet = async () => {
    using dealer = context.socket(SocketType.DEALER, 0);
    dealer.connect(endpoint);
    dealer.send([toBytes("hello")]);
    await waiter.wait([router], 10_000);
    assertEquals(toText(router.receive()!).at(-1), "hello");
  };
  await greet();
  await waiter.wait([monitor], 10_000);
  monitor.close();
  // The I/O thread goes on after the end of each connection; it may be some ends before it notices that nobody reads.
  for (let count = 0; count < 100; count++) await greet();
});

scenario("Context.borrow() makes sockets in another's context, and leaves it open when closed", ["ffi"], async () => {
  const library = await loadLibrary();
  using context = Context.open(library);
  using owner = context.socket(SocketType.PAIR, 0);
  owner.bind("inproc://borrowed");
  {
    using borrowed = Context.borrow(library, context.address);
    using guest = borrowed.socket(SocketType.PAIR, 0);
    guest.connect("inproc://borrowed");
    guest.send([toBytes("a")]);
    assertEquals(toText(owner.receive()!), ["a"]);
  }
  using another = context.socket(SocketType.PAIR, 0);
  assertEquals(another.readable, false);
});

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
  "Socket.bind() refuses a path on which somebody listens, and replaces what nobody does",
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
    assertEquals(successor.bind(endpoint), endpoint);
  },
);

for (const [title, options] of [["", {}], [", blocking the thread for short waits", { blockMs: 2 }]] as const) {
  scenario(`Waiter.wait() ends when a message comes, and at once when there is one${title}`, ["ffi"], async () => {
    const library = await loadLibrary();
    using pair = await Pair.open(SocketType.PAIR, SocketType.PAIR);
    await using waiter = new Waiter(library, pair.context, options);
    const waiting = waiter.wait([pair.bound], -1);
    pair.connected.send([toBytes("a")]);
    await waiting;
    await waiter.wait([pair.bound], -1);
    assertEquals(toText(pair.bound.receive()!), ["a"]);
  });

  scenario(`Waiter.wait() ends when its time is over, and no earlier${title}`, ["ffi"], async () => {
    const library = await loadLibrary();
    using pair = await Pair.open(SocketType.PAIR, SocketType.PAIR);
    await using waiter = new Waiter(library, pair.context, options);
    const before = performance.now();
    await waiter.wait([pair.bound], 30);
    assertLess(29.9, performance.now() - before);
    assertEquals(pair.bound.readable, false);
  });

  scenario(
    `Waiter.wait() ends when its signal is aborted, and at once when it was before${title}`,
    ["ffi"],
    async () => {
      const library = await loadLibrary();
      using pair = await Pair.open(SocketType.PAIR, SocketType.PAIR);
      await using waiter = new Waiter(library, pair.context, options);
      const end = new AbortController();
      const waiting = waiter.wait([pair.bound], -1, end.signal);
      // On another turn, when the native call is under way.
      setTimeout(() => end.abort());
      await waiting;
      await waiter.wait([pair.bound], -1, end.signal);
      assertEquals(pair.bound.readable, false);
    },
  );

  scenario(
    `Waiter.wait() ends for whom there is news when many wait, also for those who came later${title}`,
    ["ffi"],
    async () => {
      const library = await loadLibrary();
      using one = await Pair.open(SocketType.PAIR, SocketType.PAIR);
      using two = await Pair.open(SocketType.PAIR, SocketType.PAIR);
      await using waiter = new Waiter(library, one.context, options);
      const ended: string[] = [];
      const first = waiter.wait([one.bound], -1).then(() => ended.push("first"));
      await new Promise((resolve) => setTimeout(resolve));
      const second = waiter.wait([two.bound], -1).then(() => ended.push("second"));
      two.connected.send([toBytes("a")]);
      await second;
      assertEquals(ended, ["second"]);
      const timed = waiter.wait([], 1).then(() => ended.push("timed"));
      await timed;
      one.connected.send([toBytes("b")]);
      await first;
      assertEquals(ended, ["second", "timed", "first"]);
    },
  );

  scenario(`Waiter.wait() finds out about each of its sockets that has a message${title}`, ["ffi"], async () => {
    const library = await loadLibrary();
    using one = await Pair.open(SocketType.PAIR, SocketType.PAIR);
    using two = await Pair.open(SocketType.PAIR, SocketType.PAIR);
    await using waiter = new Waiter(library, one.context, options);
    const waiting = waiter.wait([one.bound, two.bound], -1);
    assertEquals([one.bound.isSettled, two.bound.isSettled], [true, true]);
    one.connected.send([toBytes("a")]);
    two.connected.send([toBytes("b")]);
    await waiting;
    assertEquals([one.bound.isSettled, two.bound.isSettled], [false, false]);
  });

  scenario(`Waiter ends all waits when it is closed${title}`, ["ffi"], async () => {
    const library = await loadLibrary();
    using pair = await Pair.open(SocketType.PAIR, SocketType.PAIR);
    const waiter = new Waiter(library, pair.context, options);
    const waits = [waiter.wait([pair.bound], -1), waiter.wait([], -1)];
    await waiter[Symbol.asyncDispose]();
    await Promise.all(waits);
  });
}

scenario("BlockingPoll tells which of its descriptors has news, of those that it watches", ["ffi"], async () => {
  const library = await loadLibrary();
  using one = await Pair.open(SocketType.PAIR, SocketType.PAIR);
  using two = await Pair.open(SocketType.PAIR, SocketType.PAIR);
  const poll = new BlockingPoll(library, [one.bound.fd, two.bound.fd]);
  // A receive that finds nothing takes the news of the connection.
  assertEquals([one.bound.receive(), two.bound.receive()], [undefined, undefined]);
  poll.wait(0);
  assertEquals([poll.readable(0), poll.readable(1)], [false, false]);
  two.connected.send([toBytes("a")]);
  poll.wait(10_000);
  assertEquals([poll.readable(0), poll.readable(1)], [false, true]);
  one.connected.send([toBytes("b")]);
  poll.watch(1, false);
  poll.wait(10_000);
  assertEquals([poll.readable(0), poll.readable(1)], [true, false]);
});

scenario("MessagePool forwards frames of every size unchanged when they go by handle", ["ffi"], async () => {
  const { symbols } = await loadLibrary();
  using source = await Pair.open(SocketType.PAIR, SocketType.PAIR);
  using target = await Pair.open(SocketType.PAIR, SocketType.PAIR);
  const pool = new MessagePool(symbols);
  // 29 to 33: a frame lies inside its zmq_msg_t up to a size, and outside beyond it.
  const message = [0, 1, 5, 29, 30, 31, 32, 33, 34, 63, 64, 65, 5000].map((size) =>
    crypto.getRandomValues(new Uint8Array(size))
  );
  source.connected.send(message);
  const frames: number[] = [];
  do frames.push(pool.receiveFrame(source.bound.pointer)); while (pool.more);
  assertEquals(pool.receiveFrame(source.bound.pointer), NO_FRAME);
  assertEquals(frames[0], EMPTY_FRAME);
  assertEquals(frames.map((frame) => pool.size(frame)), message.map((frame) => frame.length));
  assertEquals(frames.map((frame) => pool.bytes(frame)), message);
  assertEquals(frames.slice(1).map((frame) => pool.byteAt(frame, 0)), message.slice(1).map((frame) => frame[0]!));
  assertEquals(frames.map((frame) => pool.text(frame)), toText(message));
  assertEquals(pool.inUse, message.length - 1);
  const last = frames.length - 1;
  // Shared twice, then given away: three times the same message.
  for (let round = 0; round < 3; round++) {
    for (const [index, frame] of frames.entries()) {
      if (round < 2) pool.sendShared(target.connected.pointer, frame, index < last);
      else pool.sendOwned(target.connected.pointer, frame, index < last);
    }
    assertEquals(target.bound.receive(), message);
  }
  assertEquals(pool.inUse, 0);
});

scenario("Socket and MessagePool lose nothing when signals interrupt every other call", ["ffi"], async () => {
  const library = interrupting(await loadLibrary());
  using context = Context.open(library);
  using router = context.socket(SocketType.ROUTER, 0);
  using dealer = context.socket(SocketType.DEALER, 0);
  dealer.setBytes(BytesOption.ROUTING_ID, toBytes("me"));
  dealer.connect(router.bind("inproc://interrupted"));
  const message = ["", "a", "b".repeat(100), ""];
  const pool = new MessagePool(library.symbols);
  for (let round = 0; round < 20; round++) {
    dealer.send(message.map(toBytes));
    assertEquals(router.readable, true);
    const frames: number[] = [];
    assertEquals(pool.receiveIdentity(router.pointer), "me");
    do frames.push(pool.receiveFrame(router.pointer)); while (pool.more);
    assertEquals(frames.map((frame) => pool.text(frame)), message);
    assertEquals(pool.receiveIdentity(router.pointer), undefined);
    pool.sendIdentity(router.pointer, "me");
    pool.sendText(router.pointer, "hop", true);
    pool.sendShared(router.pointer, frames[1]!, true);
    for (const [index, frame] of frames.entries()) pool.sendOwned(router.pointer, frame, index < frames.length - 1);
    assertEquals(toText(dealer.receive()!), ["hop", "a", ...message]);
    assertEquals([dealer.receive(), pool.inUse], [undefined, 0]);
  }
});

scenario("MessagePool has nothing in use when what it received was released", ["ffi"], async () => {
  const { symbols } = await loadLibrary();
  using pair = await Pair.open(SocketType.PAIR, SocketType.PAIR);
  const pool = new MessagePool(symbols);
  // More frames than the pool grows by at once.
  const message = Array.from({ length: 3000 }, (_, index) => new Uint8Array([index, 1, 2]));
  pair.connected.send(message);
  const frames: number[] = [];
  do frames.push(pool.receiveFrame(pair.bound.pointer)); while (pool.more);
  assertEquals(frames.map((frame) => pool.bytes(frame)), message);
  assertEquals(pool.inUse, 3000);
  for (const frame of frames) pool.release(frame);
  pool.release(EMPTY_FRAME);
  assertEquals(pool.inUse, 0);
});

scenario("MessagePool sends to an identity of any bytes, and says when there is no such peer", ["ffi"], async () => {
  const { symbols } = await loadLibrary();
  for (const identity of ["\x01", "12345", "\0\xff\x80", "x".repeat(255)]) {
    if (identity.startsWith("\0")) continue;
    using pair = await Pair.open(SocketType.ROUTER, SocketType.DEALER, identity);
    const pool = new MessagePool(symbols);
    const router = pair.bound.pointer;
    pair.bound.setInt(IntOption.ROUTER_MANDATORY, 1);
    pair.connected.send([toBytes("hello")]);
    assertEquals(pool.receiveIdentity(router), identity);
    pool.release(pool.receiveFrame(router));
    assertEquals(pool.receiveIdentity(router), undefined);
    assertEquals(pool.sendIdentity(router, identity), "sent");
    pool.sendText(router, "back", false);
    assertEquals(toText(pair.connected.receive()!), ["back"]);
    assertEquals(pool.sendIdentity(router, "nobody"), "unreachable");
  }
});

scenario("MessagePool says that it would block when a peer does not read", ["ffi"], async () => {
  const { symbols } = await loadLibrary();
  using context = Context.open(await loadLibrary());
  using router = context.socket(SocketType.ROUTER, 0);
  using dealer = context.socket(SocketType.DEALER, 0);
  router.setInt(IntOption.ROUTER_MANDATORY, 1);
  router.setInt(IntOption.SNDHWM, 1);
  dealer.setInt(IntOption.RCVHWM, 1);
  dealer.setBytes(BytesOption.ROUTING_ID, toBytes("deaf"));
  dealer.connect(router.bind("inproc://deaf"));
  dealer.send([toBytes("hello")]);
  router.receive();
  const pool = new MessagePool(symbols);
  const outcomes: string[] = [];
  for (let count = 0; count < 3; count++) {
    const outcome = pool.sendIdentity(router.pointer, "deaf");
    if (outcome === "sent") pool.sendText(router.pointer, "x", false);
    outcomes.push(outcome);
  }
  assertEquals(outcomes, ["sent", "sent", "would block"]);
});

scenario("MessagePool gives a frame anew when it was released with content, small or large", ["ffi"], async () => {
  const { symbols } = await loadLibrary();
  using source = await Pair.open(SocketType.PAIR, SocketType.PAIR);
  using target = await Pair.open(SocketType.PAIR, SocketType.PAIR);
  const pool = new MessagePool(symbols);
  // Around the size up to which libzmq is left to drop the content, and that up to which it lies in the zmq_msg_t.
  const sizes = [1, 33, 34, 64, 65, 60_000];
  for (const before of sizes) {
    for (const after of [0, ...sizes]) {
      const [old, next] = [before, after].map((size) => crypto.getRandomValues(new Uint8Array(size)));
      source.connected.send([old!]);
      const released = pool.receiveFrame(source.bound.pointer);
      pool.release(released);
      source.connected.send([next!]);
      const frame = pool.receiveFrame(source.bound.pointer);
      // The same zmq_msg_t, unless an empty frame needs none.
      assertEquals(frame, after === 0 ? EMPTY_FRAME : released);
      assertEquals([pool.size(frame), pool.bytes(frame)], [after, next]);
      pool.sendOwned(target.connected.pointer, frame, false);
      assertEquals(target.bound.receive(), [next]);
    }
  }
  assertEquals(pool.inUse, 0);
});
