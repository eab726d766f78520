import { assertEquals } from "@std/assert";
import { IoEcho } from "../../../lib/queue/access/io_echo.ts";
import { ContextOption } from "../../../lib/zmq/constants.ts";
import { Context } from "../../../lib/zmq/context.ts";
import { loadLibrary } from "../../../lib/zmq/library.ts";
import { BlockingPoll } from "../../../lib/zmq/poll.ts";
import { scenario } from "../../harness/scenario.ts";

const THREADS = 3;
const NEVER_MS = 20_000;

scenario("IoEcho is back when a message has gone through each I/O thread, again and again", ["ffi"], async () => {
  const library = await loadLibrary();
  using context = Context.open(library, [[ContextOption.IO_THREADS, THREADS]]);
  using echo = new IoEcho(context, THREADS);
  assertEquals([echo.isBack, echo.fds.length], [true, THREADS]);
  const poll = new BlockingPoll(library, echo.fds);
  for (let round = 0; round < 3; round++) {
    echo.send();
    assertEquals(echo.isBack, false);
    while (!echo.read()) poll.wait(NEVER_MS);
  }
});
