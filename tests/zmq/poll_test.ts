import { assertEquals } from "@std/assert";
import { SocketType } from "../../lib/zmq/constants.ts";
import { openWait } from "../../lib/zmq/epoll.ts";
import { type Library, loadLibrary } from "../../lib/zmq/library.ts";
import { BlockingPoll, type BlockingWait } from "../../lib/zmq/poll.ts";
import { toBytes } from "../harness/peers.ts";
import { scenario } from "../harness/scenario.ts";
import { SocketPair } from "../harness/socket_pair.ts";

const KINDS: Record<string, (library: Library, fds: readonly number[]) => BlockingWait> = {
  BlockingPoll: (library, fds) => new BlockingPoll(library, fds),
  openWait,
};

function readyOnes(wait: BlockingWait, count: number): number[] {
  return Array.from({ length: count }, (_, position) => wait.ready(position)).sort();
}

for (const [name, open] of Object.entries(KINDS)) {
  scenario(`${name} tells which of its descriptors has news, of those that it watches`, ["ffi"], async () => {
    const library = await loadLibrary();
    using one = await SocketPair.open(SocketType.PAIR, SocketType.PAIR);
    using two = await SocketPair.open(SocketType.PAIR, SocketType.PAIR);
    using wait = open(library, [one.bound.fd, two.bound.fd]);
    // A receive that finds nothing takes the news of the connection.
    assertEquals([one.bound.receive(), two.bound.receive()], [undefined, undefined]);
    assertEquals(wait.wait(0), 0);
    assertEquals([wait.readable(0), wait.readable(1)], [false, false]);
    two.connected.send([toBytes("a")]);
    assertEquals(readyOnes(wait, wait.wait(10_000)), [1]);
    assertEquals([wait.readable(0), wait.readable(1)], [false, true]);
    one.connected.send([toBytes("b")]);
    wait.watch(1, false);
    assertEquals(readyOnes(wait, wait.wait(10_000)), [0]);
    assertEquals([wait.readable(0), wait.readable(1)], [true, false]);
    wait.watch(1, true);
    assertEquals(readyOnes(wait, wait.wait(10_000)), [0, 1]);
  });

  scenario(`${name} waits for another descriptor, or for none, when it is set`, ["ffi"], async () => {
    const library = await loadLibrary();
    using one = await SocketPair.open(SocketType.PAIR, SocketType.PAIR);
    using two = await SocketPair.open(SocketType.PAIR, SocketType.PAIR);
    assertEquals([one.bound.receive(), two.bound.receive()], [undefined, undefined]);
    using wait = open(library, [one.bound.fd, -1]);
    two.connected.send([toBytes("a")]);
    assertEquals(wait.wait(0), 0);
    wait.setDescriptor(1, two.bound.fd);
    assertEquals(readyOnes(wait, wait.wait(10_000)), [1]);
    wait.setDescriptor(1, -1);
    assertEquals(wait.wait(0), 0);
    assertEquals(wait.readable(1), false);
  });
}
