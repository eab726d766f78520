import { assertEquals } from "@std/assert";
import { BytesOption, IntOption, SocketType } from "../../lib/zmq/constants.ts";
import { Context } from "../../lib/zmq/context.ts";
import { loadLibrary } from "../../lib/zmq/library.ts";
import { EMPTY_FRAME, MessagePool, NO_FRAME } from "../../lib/zmq/message_pool.ts";
import { interrupting, misreporting } from "../harness/interrupting_library.ts";
import { Peers, toBytes, toText } from "../harness/peers.ts";
import { scenario } from "../harness/scenario.ts";
import { SocketPair } from "../harness/socket_pair.ts";

scenario("MessagePool forwards frames of every size unchanged when they go by handle", ["ffi"], async () => {
  const { symbols } = await loadLibrary();
  using source = await SocketPair.open(SocketType.PAIR, SocketType.PAIR);
  using target = await SocketPair.open(SocketType.PAIR, SocketType.PAIR);
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

for (const [why, wrap] of [["signals interrupt", interrupting], ["an unknown error stops", misreporting]] as const) {
  scenario(`Socket and MessagePool lose nothing when ${why} every other call`, ["ffi"], async () => {
    const library = wrap(await loadLibrary());
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
}

for (const kind of ["dealer", "req"] as const) {
  scenario(`MessagePool.sendNothing() ends a message of which a peer receives nothing (${kind})`, ["ffi"], async () => {
    await using peers = await Peers.open();
    const router = peers.router({ bind: "tcp://127.0.0.1:*" });
    const peer = peers[kind]({ connect: router.endpoint, identity: "me" });
    peer.send("request");
    await router.receive();
    const pool = new MessagePool((await loadLibrary()).symbols);
    const { pointer } = router.socket;
    assertEquals(pool.sendIdentity(pointer, "me"), "sent");
    pool.sendNothing(pointer);
    router.send(...kind === "req" ? ["me", "", "reply"] : ["me", "reply"]);
    assertEquals(await peer.receiveText(), ["reply"]);
  });
}

scenario("MessagePool has nothing in use when what it received was released", ["ffi"], async () => {
  const { symbols } = await loadLibrary();
  using pair = await SocketPair.open(SocketType.PAIR, SocketType.PAIR);
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
    using pair = await SocketPair.open(SocketType.ROUTER, SocketType.DEALER, identity);
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

scenario("MessagePool reuses a frame that was released with content, small or large", ["ffi"], async () => {
  const { symbols } = await loadLibrary();
  using source = await SocketPair.open(SocketType.PAIR, SocketType.PAIR);
  using target = await SocketPair.open(SocketType.PAIR, SocketType.PAIR);
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
