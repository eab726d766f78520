import { assertEquals, assertLess } from "@std/assert";
import { SocketType } from "../../lib/zmq/constants.ts";
import { loadLibrary } from "../../lib/zmq/library.ts";
import { Waiter } from "../../lib/zmq/waiter.ts";
import { toBytes, toText } from "../harness/peers.ts";
import { scenario } from "../harness/scenario.ts";
import { SocketPair } from "../harness/socket_pair.ts";

for (const [title, options] of [["", {}], [", blocking the thread for short waits", { blockMs: 2 }]] as const) {
  scenario(`Waiter.wait() ends when a message comes, and at once when there is one${title}`, ["ffi"], async () => {
    const library = await loadLibrary();
    using pair = await SocketPair.open(SocketType.PAIR, SocketType.PAIR);
    await using waiter = new Waiter(library, pair.context, options);
    const waiting = waiter.wait([pair.bound], -1);
    pair.connected.send([toBytes("a")]);
    await waiting;
    await waiter.wait([pair.bound], -1);
    assertEquals(toText(pair.bound.receive()!), ["a"]);
  });

  scenario(`Waiter.wait() ends when its time is over, and no earlier${title}`, ["ffi"], async () => {
    const library = await loadLibrary();
    using pair = await SocketPair.open(SocketType.PAIR, SocketType.PAIR);
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
      using pair = await SocketPair.open(SocketType.PAIR, SocketType.PAIR);
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
      using one = await SocketPair.open(SocketType.PAIR, SocketType.PAIR);
      using two = await SocketPair.open(SocketType.PAIR, SocketType.PAIR);
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
    using one = await SocketPair.open(SocketType.PAIR, SocketType.PAIR);
    using two = await SocketPair.open(SocketType.PAIR, SocketType.PAIR);
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
    using pair = await SocketPair.open(SocketType.PAIR, SocketType.PAIR);
    const waiter = new Waiter(library, pair.context, options);
    const waits = [waiter.wait([pair.bound], -1), waiter.wait([], -1)];
    await waiter[Symbol.asyncDispose]();
    await Promise.all(waits);
  });
}
