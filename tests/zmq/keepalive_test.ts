import { assert, assertEquals, assertLessOrEqual } from "@std/assert";
import { IntOption } from "../../lib/zmq/constants.ts";
import { probePeers, watchPeers } from "../../lib/zmq/keepalive.ts";

class Options {
  readonly #values = new Map<IntOption, number>();

  setInt(option: IntOption, value: number): void {
    this.#values.set(option, value);
  }

  get(option: IntOption): number {
    return this.#values.get(option)!;
  }
}

Deno.test("watchPeers() notices a host that is gone within three intervals, by more than one probe where there is time", () => {
  for (const intervalS of [1, 2, 3, 5, 60, 3600]) {
    const options = new Options();
    watchPeers(options, intervalS);
    assertEquals(options.get(IntOption.TCP_KEEPALIVE_IDLE), intervalS);
    const goneS = options.get(IntOption.TCP_MAXRT) / 1000;
    // The system looks when the next probe would be due.
    const repeatS = options.get(IntOption.TCP_KEEPALIVE_INTVL);
    assertLessOrEqual(goneS + repeatS, 3 * intervalS);
    const probes = options.get(IntOption.TCP_KEEPALIVE_CNT);
    assertEquals(intervalS + probes * repeatS, goneS);
    assert(intervalS === 1 || probes > 1);
  }
});

Deno.test("watchPeers() repeats probes eight times by default: thousands of peers may fall silent in one instant", () => {
  const options = new Options();
  watchPeers(options);
  assertEquals(options.get(IntOption.TCP_KEEPALIVE_CNT), 8);
});

Deno.test("probePeers() makes the system probe only peers that may be on another machine", () => {
  for (
    const [endpoint, probes] of [
      ["tcp://*:5555", 1],
      ["tcp://192.0.2.7:5555", 1],
      ["tcp://queue.example:5555", 1],
      ["tcp://127.0.0.1:5555", 0],
      ["tcp://[::1]:5555", 0],
      ["ipc:///run/queue.sock", 0],
    ] as const
  ) {
    const options = new Options();
    probePeers(options, endpoint);
    assertEquals(options.get(IntOption.TCP_KEEPALIVE), probes, endpoint);
  }
});
