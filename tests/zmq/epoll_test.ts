import { assertEquals } from "@std/assert";
import { SocketType } from "../../lib/zmq/constants.ts";
import { openWait } from "../../lib/zmq/epoll.ts";
import { loadLibrary } from "../../lib/zmq/library.ts";
import { BlockingPoll } from "../../lib/zmq/poll.ts";
import { toBytes } from "../harness/peers.ts";
import { scenario } from "../harness/scenario.ts";
import { SocketPair } from "../harness/socket_pair.ts";

const IS_LINUX = Deno.build.os === "linux";
const AF_UNIX = 1;
const SOCK_DGRAM = 2;

scenario("openWait waits with poll where epoll is not available", ["ffi"], async () => {
  const { symbols } = await loadLibrary();
  using full = openWait({ symbols: { ...symbols, epoll_create1: () => -1 } }, []);
  using without = openWait({ symbols: { ...symbols, epoll_create1: null } }, []);
  using usual = openWait({ symbols }, []);
  assertEquals(full instanceof BlockingPoll, true);
  assertEquals(without instanceof BlockingPoll, true);
  assertEquals(usual instanceof BlockingPoll, !IS_LINUX);
});

scenario("openWait's wait takes another descriptor in place of one that was closed", ["ffi"], async () => {
  const library = await loadLibrary();
  using pair = await SocketPair.open(SocketType.PAIR, SocketType.PAIR);
  assertEquals(pair.bound.receive(), undefined);
  const fd = library.symbols.socket(AF_UNIX, SOCK_DGRAM, 0);
  using wait = openWait(library, [fd]);
  assertEquals(wait.wait(0), 0);
  library.symbols.close(fd);
  wait.setDescriptor(0, pair.bound.fd);
  assertEquals(wait.wait(0), 0);
  pair.connected.send([toBytes("a")]);
  assertEquals([wait.wait(10_000), wait.ready(0)], [1, 0]);
});
