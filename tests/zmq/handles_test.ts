import { assertEquals, assertMatch } from "@std/assert";
import { SocketType } from "../../lib/zmq/constants.ts";
import { openZmqHandles } from "../../lib/zmq/handles.ts";
import { scenario } from "../harness/scenario.ts";
import { SocketPair } from "../harness/socket_pair.ts";

scenario("openZmqHandles() says where each open handle was opened", ["ffi"], async () => {
  const pair = await SocketPair.open(SocketType.PAIR, SocketType.PAIR);
  const places = openZmqHandles();
  assertEquals(places.length, 3);
  for (const place of places) assertMatch(place, /handles_test\.ts/);
  pair.connected.close();
  assertEquals(openZmqHandles().length, 2);
  pair[Symbol.dispose]();
  assertEquals(openZmqHandles(), []);
});
