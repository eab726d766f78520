import { assertEquals } from "@std/assert";
import { delay } from "../../../lib/delay.ts";
import { ZAP_ENDPOINT } from "../../../lib/access/zap.ts";
import { ZapHandler } from "../../../lib/queue/access/zap_handler.ts";
import { SocketType } from "../../../lib/zmq/constants.ts";
import { Context } from "../../../lib/zmq/context.ts";
import { loadLibrary } from "../../../lib/zmq/library.ts";
import { BlockingPoll } from "../../../lib/zmq/poll.ts";
import type { Socket } from "../../../lib/zmq/socket.ts";
import { scenario } from "../../harness/scenario.ts";

const text = (value: string) => new TextEncoder().encode(value);
/** What libzmq asks about a peer that has a key. */
const REQUEST = [...["", "1.0", "1", "frontend", "192.0.2.7", "", "CURVE"].map(text), new Uint8Array(32)];
/** Longer than any reply is held back. */
const LATER_MS = 100;

scenario("ZapHandler answers a request that comes while it sends another answer", ["ffi"], async () => {
  const library = await loadLibrary();
  using context = Context.open(library);
  using handler = new ZapHandler(library, context, () => ({ permitted: true, userId: "x" }));
  const poll = new BlockingPoll(library, [handler.fd]);
  const ask = (): Socket => {
    const asker = context.socket(SocketType.DEALER, 0);
    asker.connect(ZAP_ENDPOINT);
    asker.send(REQUEST);
    return asker;
  };
  const read = (now: number) => {
    poll.wait(0);
    if (poll.readable(0)) handler.readRequests(now);
  };
  using first = ask();
  read(0);
  using second = ask();
  // When it sends, libzmq looks for news at most once in a millisecond. It does now, and the descriptor is not readable any more.
  await delay(5);
  handler.tick(LATER_MS);
  read(LATER_MS);
  handler.tick(2 * LATER_MS);
  for (const asker of [first, second]) assertEquals(asker.receive()?.length, 7);
});
