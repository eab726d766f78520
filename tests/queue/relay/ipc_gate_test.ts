import { assert, assertEquals, assertLess } from "@std/assert";
import {
  type FileFailure,
  type GateOptions,
  type GateState,
  type IpcGate,
  LaneGate,
  listenBacklog,
  openIpcGate,
  ReserveGate,
} from "../../../lib/queue/relay/ipc_gate.ts";
import { MonitorEvent, SocketType } from "../../../lib/zmq/constants.ts";
import { Context } from "../../../lib/zmq/context.ts";
import { countFreeDescriptors, descriptorLimit } from "../../../lib/zmq/descriptors.ts";
import { openWait } from "../../../lib/zmq/epoll.ts";
import { type Library, loadLibrary } from "../../../lib/zmq/library.ts";
import { Monitor, type SocketEvent } from "../../../lib/zmq/monitor.ts";
import type { BlockingWait } from "../../../lib/zmq/poll.ts";
import type { Socket } from "../../../lib/zmq/socket.ts";
import type { Symbols } from "../../../lib/zmq/symbols.ts";
import { unixAddress } from "../../../lib/zmq/unix_socket.ts";
import { Folder } from "../../harness/folder.ts";
import { scenario } from "../../harness/scenario.ts";

const NEEDS = ["ffi", "files", "proc", "own process"] as const;
const SOCK_STREAM_NONBLOCK = 1 | 0o4000;

/** A gate with an endpoint, in a process that has only so many descriptors for its connections. */
class Setting implements Disposable {
  readonly folder = new Folder();
  readonly path: string = this.folder.file("s");
  readonly states: GateState[] = [];
  readonly failures: FileFailure[] = [];
  readonly #library: Library;
  readonly #context: Context;
  readonly #router: Socket;
  readonly #monitor: Monitor;
  readonly #gate: IpcGate;
  readonly #wait: BlockingWait;
  /** Descriptors that were open before. */
  readonly #others: number;
  readonly #clients: number[] = [];
  /** The connection that was accepted last. */
  #accepted: SocketEvent | undefined;
  readonly #limit: number;

  constructor(library: Library, limit: number, open: (options: GateOptions) => IpcGate) {
    this.#library = library;
    this.#limit = limit;
    this.#context = Context.open(library);
    this.#router = this.#context.socket(SocketType.ROUTER, 0);
    this.#monitor = new Monitor(this.#context, this.#router, [MonitorEvent.ACCEPTED, MonitorEvent.DISCONNECTED]);
    this.#wait = openWait(library, [this.#monitor.fd, -1]);
    this.#others = this.#open;
    this.#gate = open({
      countFree: () => this.free,
      backlog: 16,
      endpoints: 1,
      canOpenLanes: true,
      readMonitors: () => this.#readMonitor(),
      onChange: (state) => this.states.push(state),
      onReplace: () => {},
      onFailure: (failure) => this.failures.push(failure),
    });
    this.#gate.bind(this.#router, this.path, "frontend");
    this.#readMonitor();
  }

  static async lanes(limit: number, changed: Partial<Symbols> = {}, endpoints = 1): Promise<Setting> {
    const library = await loadLibrary();
    const symbols = { ...library.symbols, ...changed };
    return new Setting(library, limit, (options) => new LaneGate(symbols, { ...options, endpoints }));
  }

  static async reserve(limit: number, reserve: number): Promise<Setting> {
    return new Setting(await loadLibrary(), limit, (options) => new ReserveGate(reserve, options));
  }

  /** Descriptors that are left. */
  get free(): number {
    return this.#limit - this.used;
  }

  /** Descriptors of connections and of what the gate opened. */
  get used(): number {
    return this.#open - this.#others - this.#clients.length;
  }

  get #open(): number {
    const { symbols } = this.#library;
    return descriptorLimit(symbols) - countFreeDescriptors(symbols, Infinity);
  }

  /** Tries to connect so many clients at once; returns how many could. */
  connect(count: number): number {
    const { symbols } = this.#library;
    const before = this.#clients.length;
    const address = unixAddress(this.path);
    for (let index = 0; index < count; index++) {
      const fd = symbols.socket(1, SOCK_STREAM_NONBLOCK, 0);
      if (symbols.connect(fd, address, address.length) === 0) this.#clients.push(fd);
      else symbols.close(fd);
    }
    return this.#clients.length - before;
  }

  /** Closes so many clients. */
  disconnect(count: number): void {
    for (const fd of this.#clients.splice(0, count)) this.#library.symbols.close(fd);
  }

  /** Another socket's monitor reports late that a connection ended which had the descriptor of the last one. */
  reportEarlierEnd(): void {
    this.#gate.receive({ ...this.#accepted!, event: MonitorEvent.DISCONNECTED, endpoint: "ipc:///another" });
  }

  /** One turn of the relay. */
  turn(): void {
    const waitMs = this.#gate.tick(performance.now(), this.#wait, 1);
    this.#wait.wait(waitMs < 0 ? 20 : Math.min(waitMs, 20));
    if (this.#wait.readable(0)) this.#readMonitor();
  }

  /** Turns until something is so. */
  until(isSo: () => boolean): void {
    const deadline = performance.now() + 10_000;
    while (!isSo()) {
      this.turn();
      assertLess(performance.now(), deadline);
    }
  }

  [Symbol.dispose](): void {
    this.disconnect(Infinity);
    this.#monitor.close();
    this.#router.close();
    this.#gate[Symbol.dispose]();
    this.#wait[Symbol.dispose]();
    this.#context.close();
    this.folder[Symbol.dispose]();
  }

  #readMonitor(): void {
    for (let event = this.#monitor.receive(); event !== undefined; event = this.#monitor.receive()) {
      if (event.event === MonitorEvent.ACCEPTED) this.#accepted = event;
      this.#gate.receive(event);
    }
  }
}

Deno.test("listenBacklog() is a small part of the limit when it is low, and at most 1,024", () => {
  assertEquals([20, 100, 1024, 20_000, 1_048_576].map(listenBacklog), [1, 1, 16, 312, 1024]);
});

scenario(
  "openIpcGate() keeps a reserve when there are many descriptors, and opens lanes otherwise",
  ["ffi"],
  async () => {
    const { symbols } = await loadLibrary();
    const gateWith = (free: number, canOpenLanes: boolean) => {
      const none = () => {};
      const calls = { countFree: () => free, readMonitors: none, onChange: none, onReplace: none, onFailure: none };
      return openIpcGate(symbols, { ...calls, backlog: 64, endpoints: 2, canOpenLanes }).constructor.name;
    };
    assertEquals([gateWith(4396, true), gateWith(4395, true)], ["ReserveGate", "LaneGate"]);
    // With keys libzmq must have all listeners from the start.
    assertEquals(gateWith(100, false), "ReserveGate");
  },
);

scenario("LaneGate lets in no more than there are descriptors for when many connect at once", NEEDS, async () => {
  using setting = await Setting.lanes(100);
  let connected = 0;
  setting.until(() => {
    connected += setting.connect(300);
    assertLess(0, setting.free);
    return setting.states.includes("closed");
  });
  // All but the few that wait at the endpoint are let in, and most descriptors are used.
  assertLess(setting.free, 30);
  assertLess(50, connected);
  for (let turn = 0; turn < 20; turn++) {
    setting.connect(300);
    setting.turn();
    assertLess(0, setting.free);
  }
  assertEquals([setting.states, setting.folder.names], [["closed"], ["s"]]);
});

scenario(
  "LaneGate opens no lane while connections wait at the one before, whose number is not known",
  NEEDS,
  async () => {
    // Somebody waits everywhere, as when libzmq's I/O thread has had no time to accept.
    const poll: Symbols["poll"] = (entries) => {
      new DataView((entries as DataView<ArrayBuffer>).buffer).setInt16(6, 1, true);
      return 1;
    };
    using setting = await Setting.lanes(100, { poll });
    for (let turn = 0; turn < 20; turn++) {
      setting.connect(300);
      setting.turn();
    }
    // Its own listener, the lane's, and its connections.
    assertEquals(setting.used, 1 + 1 + 8);
  },
);

scenario("LaneGate leaves a quarter of the descriptors to tcp endpoints", NEEDS, async () => {
  using setting = await Setting.lanes(100, {}, 2);
  setting.until(() => {
    setting.connect(300);
    return setting.states.includes("closed");
  });
  assertLess(25, setting.free);
  assertLess(setting.free, 55);
});

scenario("LaneGate lets others in when there is room again, and closes lanes that have ended", NEEDS, async () => {
  using setting = await Setting.lanes(100);
  const atStart = setting.used;
  for (let round = 0; round < 3; round++) {
    setting.until(() => {
      setting.connect(300);
      return setting.states.at(-1) === "closed";
    });
    setting.disconnect(Infinity);
    // The endpoint's listener, and the one that libzmq got last at most.
    setting.until(() => setting.states.at(-1) === "open" && setting.used <= atStart + 1);
    assertEquals(setting.connect(1), 1);
    setting.until(() => setting.used === atStart + 2 || setting.used === atStart + 3);
    setting.disconnect(1);
  }
  assertEquals(setting.states, ["closed", "open", "closed", "open", "closed", "open"]);
});

scenario("LaneGate keeps a lane as long as one of its connections exists", NEEDS, async () => {
  using setting = await Setting.lanes(100);
  assertEquals(setting.connect(8), 8);
  setting.until(() => setting.used >= 10);
  setting.disconnect(7);
  setting.until(() => setting.used === 3);
  const until = performance.now() + 300;
  setting.until(() => performance.now() > until);
  // Its own listener, the lane's, and the connection.
  assertEquals(setting.used, 3);
  setting.disconnect(1);
  setting.until(() => setting.used === 1);
});

scenario(
  "LaneGate keeps a lane when another socket reports late who had a connection's descriptor before",
  NEEDS,
  async () => {
    using setting = await Setting.lanes(100);
    setting.connect(1);
    setting.until(() => setting.used === 3);
    setting.reportEarlierEnd();
    const until = performance.now() + 300;
    setting.until(() => performance.now() > until);
    assertEquals(setting.used, 3);
    setting.disconnect(1);
    setting.until(() => setting.used === 1);
  },
);

scenario("LaneGate keeps the mode of the endpoint's file", NEEDS, async () => {
  using setting = await Setting.lanes(100);
  await Deno.chmod(setting.path, 0o612);
  const { ino } = await Deno.lstat(setting.path);
  setting.connect(1);
  setting.until(() => setting.used >= 3);
  const after = await Deno.lstat(setting.path);
  assert(after.ino !== ino);
  assertEquals(after.mode! & 0o7777, 0o612);
});

scenario("LaneGate still lets in waiting connections when the endpoint's file was removed", NEEDS, async () => {
  using setting = await Setting.lanes(100);
  setting.connect(5);
  await Deno.remove(setting.path);
  // The listener, which is libzmq's now, and the connections.
  setting.until(() => setting.used === 6);
  assertEquals([setting.folder.names, setting.failures], [[], []]);
});

scenario(
  "ReserveGate hides the file when few descriptors are left, and shows it when there is room",
  NEEDS,
  async () => {
    using setting = await Setting.reserve(100, 40);
    for (let round = 0; round < 3; round++) {
      setting.until(() => {
        setting.connect(1);
        return setting.states.at(-1) === "closed";
      });
      assertEquals([setting.folder.names, setting.connect(1)], [[".s.spq"], 0]);
      // Nobody was let in when less than the reserve was left.
      assertLess(35, setting.free);
      const until = performance.now() + 150;
      setting.until(() => performance.now() > until);
      assertEquals(setting.folder.names, [".s.spq"]);
      setting.disconnect(Infinity);
      setting.until(() => setting.states.at(-1) === "open");
      assertEquals(setting.folder.names, ["s"]);
    }
  },
);

scenario("ReserveGate reports that another file has the path when it cannot be shown", NEEDS, async () => {
  using setting = await Setting.reserve(100, 40);
  setting.until(() => {
    setting.connect(1);
    return setting.states.at(-1) === "closed";
  });
  await Deno.writeTextFile(setting.path, "yours");
  setting.disconnect(Infinity);
  setting.until(() => setting.states.at(-1) === "open");
  assertEquals(setting.failures, [{ endpoint: `ipc://${setting.path}`, action: "show", error: "EEXIST" }]);
  assertEquals(await Deno.readTextFile(setting.path), "yours");
});

scenario("ReserveGate reports that the file cannot be hidden", NEEDS, async () => {
  using setting = await Setting.reserve(100, 40);
  await Deno.writeTextFile(setting.folder.file(".s.spq"), "in the way");
  setting.until(() => {
    setting.connect(1);
    return setting.states.at(-1) === "closed";
  });
  assertEquals(setting.failures, [{ endpoint: `ipc://${setting.path}`, action: "hide", error: "EEXIST" }]);
});
