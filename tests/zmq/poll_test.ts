import { assertEquals } from "@std/assert";
import { SocketType } from "../../lib/zmq/constants.ts";
import { loadLibrary } from "../../lib/zmq/library.ts";
import { BlockingPoll } from "../../lib/zmq/poll.ts";
import { toBytes } from "../harness/peers.ts";
import { scenario } from "../harness/scenario.ts";
import { SocketPair } from "../harness/socket_pair.ts";

scenario("BlockingPoll tells which of its descriptors has news, of those that it watches", ["ffi"], async () => {
  const library = await loadLibrary();
  using one = await SocketPair.open(SocketType.PAIR, SocketType.PAIR);
  using two = await SocketPair.open(SocketType.PAIR, SocketType.PAIR);
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

scenario("BlockingPoll waits for another descriptor, or for none, when it is set", ["ffi"], async () => {
  const library = await loadLibrary();
  using one = await SocketPair.open(SocketType.PAIR, SocketType.PAIR);
  using two = await SocketPair.open(SocketType.PAIR, SocketType.PAIR);
  assertEquals([one.bound.receive(), two.bound.receive()], [undefined, undefined]);
  const poll = new BlockingPoll(library, [one.bound.fd, -1]);
  two.connected.send([toBytes("a")]);
  poll.wait(0);
  assertEquals([poll.readable(0), poll.readable(1)], [false, false]);
  poll.setDescriptor(1, two.bound.fd);
  poll.wait(10_000);
  assertEquals([poll.readable(0), poll.readable(1)], [false, true]);
  poll.setDescriptor(1, -1);
  poll.wait(0);
  assertEquals(poll.readable(1), false);
});
