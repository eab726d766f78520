import { assertEquals, assertLess } from "@std/assert";
import { delay } from "../../../lib/delay.ts";
import { ZAP_ENDPOINT } from "../../../lib/access/zap.ts";
import { ZapHandler } from "../../../lib/queue/access/zap_handler.ts";
import { ContextOption, SocketType } from "../../../lib/zmq/constants.ts";
import { Context } from "../../../lib/zmq/context.ts";
import { loadLibrary } from "../../../lib/zmq/library.ts";
import { BlockingPoll } from "../../../lib/zmq/poll.ts";
import type { Socket } from "../../../lib/zmq/socket.ts";
import { scenario } from "../../harness/scenario.ts";

const text = (value: string) => new TextEncoder().encode(value);
/** What libzmq asks about a peer that has a key. */
const REQUEST = [...["", "1.0", "1", "frontend", "192.0.2.7", "", "CURVE"].map(text), new Uint8Array(32)];
const THREADS = 2;
const NEVER_MS = 20_000;

/** A handler, whoever asks it, and turns of the thread that it is on. */
class Setting implements Disposable {
  readonly #stack: DisposableStack;

  private constructor(
    readonly context: Context,
    readonly handler: ZapHandler,
    readonly poll: BlockingPoll,
    stack: DisposableStack,
  ) {
    this.#stack = stack;
  }

  static async open(): Promise<Setting> {
    const library = await loadLibrary();
    using stack = new DisposableStack();
    const context = stack.use(Context.open(library, [[ContextOption.IO_THREADS, THREADS]]));
    const handler = stack.use(new ZapHandler(library, context, THREADS, () => ({ permitted: true, userId: "x" })));
    return new Setting(context, handler, new BlockingPoll(library, handler.fds), stack.move());
  }

  ask(): Socket {
    const asker = this.#stack.use(this.context.socket(SocketType.DEALER, 0));
    asker.connect(ZAP_ENDPOINT);
    asker.send(REQUEST);
    return asker;
  }

  turn(): void {
    this.poll.wait(NEVER_MS);
    this.handler.read(0);
  }

  /** Turns until an answer has come. */
  answerTo(asker: Socket): Uint8Array[] {
    const beganMs = performance.now();
    for (;;) {
      const answer = asker.receive();
      if (answer !== undefined) return answer;
      assertLess(performance.now() - beganMs, NEVER_MS);
      this.turn();
    }
  }

  [Symbol.dispose](): void {
    this.#stack.dispose();
  }
}

scenario("ZapHandler never answers for a peer with a key in the same turn in which it was asked", ["ffi"], async () => {
  using setting = await Setting.open();
  const asker = setting.ask();
  setting.handler.read(0);
  assertEquals(asker.receive(), undefined);
  assertEquals(setting.answerTo(asker).length, 7);
});

scenario("ZapHandler answers a request that comes while it sends another answer", ["ffi"], async () => {
  using setting = await Setting.open();
  const first = setting.ask();
  setting.handler.read(0);
  const second = setting.ask();
  // When it sends, libzmq looks for news at most once in a millisecond. It does now, and the descriptor is not readable any more.
  await delay(5);
  for (const asker of [first, second]) assertEquals(setting.answerTo(asker).length, 7);
});
