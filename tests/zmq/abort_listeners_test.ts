import { assertEquals } from "@std/assert";
import { AbortListeners } from "../../lib/zmq/abort_listeners.ts";

/** A signal that counts who listens to it. */
class CountingSignal extends EventTarget {
  listeners = 0;
  override addEventListener(...args: Parameters<EventTarget["addEventListener"]>): void {
    this.listeners++;
    super.addEventListener(...args);
  }
  override removeEventListener(...args: Parameters<EventTarget["removeEventListener"]>): void {
    this.listeners--;
    super.removeEventListener(...args);
  }
}

/** Signals, and the names of those of whose abort somebody was told. */
function setup(): { one: CountingSignal; two: CountingSignal; listeners: AbortListeners; told: EventTarget[] } {
  const told: EventTarget[] = [];
  const listeners = new AbortListeners((signal) => void told.push(signal));
  return { one: new CountingSignal(), two: new CountingSignal(), listeners, told };
}

const signalOf = (target: CountingSignal) => target as unknown as AbortSignal;

Deno.test("AbortListeners reports an aborted signal once, however many waits need it", () => {
  const { one, listeners, told } = setup();
  listeners.add(signalOf(one));
  listeners.add(signalOf(one));
  one.dispatchEvent(new Event("abort"));
  assertEquals(told, [one]);
  assertEquals(one.listeners, 1);
});

Deno.test("AbortListeners keeps at most one signal that no wait needs any more", () => {
  const { one, two, listeners } = setup();
  listeners.add(signalOf(one));
  listeners.delete(signalOf(one));
  listeners.add(signalOf(one));
  listeners.add(signalOf(two));
  listeners.delete(signalOf(two));
  assertEquals([one.listeners, two.listeners], [1, 1]);
  listeners.delete(signalOf(one));
  assertEquals([one.listeners, two.listeners], [1, 0]);
  listeners[Symbol.dispose]();
  assertEquals([one.listeners, two.listeners], [0, 0]);
});
