import { assertEquals } from "@std/assert";
import { SocketType } from "../../lib/zmq/constants.ts";
import { Context } from "../../lib/zmq/context.ts";
import { loadLibrary } from "../../lib/zmq/library.ts";
import { toBytes, toText } from "../harness/peers.ts";
import { scenario } from "../harness/scenario.ts";

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
