import { assertEquals, assertRejects } from "@std/assert";
import { cLibrary } from "../../lib/c_library.ts";
import { delay } from "../../lib/delay.ts";
import { type Address, numericAddress } from "../../lib/zmq/addresses.ts";
import { ConnectError } from "../../lib/zmq/connect_error.ts";
import { probe } from "../../lib/zmq/connect_probe.ts";
import { Connector, type ConnectorParts } from "../../lib/zmq/connector.ts";
import { Context } from "../../lib/zmq/context.ts";
import { SocketType } from "../../lib/zmq/constants.ts";
import { makeKeyPair } from "../../lib/zmq/curve.ts";
import { loadLibrary } from "../../lib/zmq/library.ts";
import type { Socket } from "../../lib/zmq/socket.ts";
import { Waiter } from "../../lib/zmq/waiter.ts";
import { Folder } from "../harness/folder.ts";
import { freeEndpoint } from "../harness/free_port.ts";
import { Peers, toBytes, toText } from "../harness/peers.ts";
import { ANY_PORT } from "../harness/programs.ts";
import { scenario } from "../harness/scenario.ts";

/** What connectors need, and what they report. */
class Setting implements AsyncDisposable {
  readonly #opened = new AsyncDisposableStack();
  readonly parts: ConnectorParts;
  readonly waiter: Waiter;
  /** What was reported, in order. */
  readonly failures: ConnectError[] = [];

  private constructor(parts: Omit<ConnectorParts, "backoff" | "onFailure">) {
    this.#opened.use(parts.context);
    this.waiter = this.#opened.use(parts.waiter);
    const onFailure = (error: ConnectError) => void this.failures.push(error);
    this.parts = { ...parts, backoff: { firstMs: 20, maxMs: 20 }, onFailure };
  }

  static async open(): Promise<Setting> {
    const library = await loadLibrary();
    const context = Context.open(library);
    return new Setting({ library, context, waiter: new Waiter(library, context) });
  }

  /** A connector with a key, whose queue is another one than whatever listens at the address. */
  keyedConnector(where: string): Connector {
    const { publicKey: serverKey } = makeKeyPair(this.parts.library);
    const keys = { ...makeKeyPair(this.parts.library), serverKey };
    return this.#opened.use(new Connector(`tcp://${where}`, { ...this.parts, keys }));
  }

  /** A connector; names have these addresses. */
  connector(endpoint: string, lookUp?: (call: number) => readonly string[]): Connector {
    const { symbols } = this.parts.library;
    let calls = 0;
    const fake = (_name: string, port: number): Promise<Address[]> =>
      Promise.resolve(lookUp!(calls++).map((host) => numericAddress(symbols, host, port)!));
    return this.#opened.use(new Connector(endpoint, { ...this.parts, ...(lookUp && { lookUp: fake }) }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#opened[Symbol.asyncDispose]();
  }
}

/** A signal that nobody aborts. */
const { signal: PATIENT } = new AbortController();

/** The clock of this process, which is put ahead until this is disposed of. */
class SkewedClock implements Disposable {
  readonly #now = performance.now;
  #aheadMs = 0;

  constructor() {
    performance.now = () => this.#now.call(performance) + this.#aheadMs;
  }

  advance(ms: number): void {
    this.#aheadMs += ms;
  }

  [Symbol.dispose](): void {
    performance.now = this.#now;
  }
}

/** An object with other methods. */
function withMethods<Whole extends object>(whole: Whole, methods: Partial<Whole>): Whole {
  return new Proxy(whole, {
    get: (_, name) => {
      if (name in methods) return Reflect.get(methods, name);
      const value = Reflect.get(whole, name, whole);
      return typeof value === "function" ? value.bind(whole) : value;
    },
  });
}

/** Of Linux. */
const F_GETFD = 1;
const FD_CLOEXEC = 1;

function portOf(endpoint: string): string {
  return endpoint.slice(endpoint.lastIndexOf(":") + 1);
}

/** Stops this thread. */
function block(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

/** Asserts that connecting fails, and with what. */
async function assertFails(connector: Connector, code: string, reason: string): Promise<void> {
  const error = await assertRejects(() => connector.connect({ signal: PATIENT }), ConnectError);
  assertEquals([error.code, error.message], [code, reason]);
}

/** Asserts that connecting fails, since it is another queue. */
async function assertWrongQueue(connector: Connector, where: string): Promise<void> {
  await assertFails(connector, "WRONG_QUEUE", `${where} is not the queue that the key file names, or it uses no keys`);
}

scenario("Connector.connect() gives a connection whose handshake is done", ["ffi"], async () => {
  await using peers = await Peers.open();
  const router = peers.router({ bind: ANY_PORT });
  await using setting = await Setting.open();
  const connector = setting.connector(router.endpoint);
  using peer = await connector.connect({ identity: "me", signal: PATIENT });
  assertEquals([peer.state, peer.wasReady, peer.address], ["ready", true, router.endpoint]);
  peer.socket.send([toBytes("hello")]);
  assertEquals(await router.receiveText(), ["me", "", "hello"]);
  assertEquals([connector.failures, setting.failures], [0, []]);
});

scenario("Connector.connect() says that nothing listens", ["ffi"], async () => {
  await using setting = await Setting.open();
  await assertFails(
    setting.connector("tcp://127.0.0.1:1"),
    "REFUSED",
    "nothing listens at 127.0.0.1:1 (ECONNREFUSED)",
  );
});

scenario("probe() has no descriptor that other programs inherit", ["ffi", "proc"], async () => {
  await using setting = await Setting.open();
  const { symbols } = setting.parts.library;
  const c = cLibrary()!;
  const flags: number[] = [];
  const close = (fd: number) => {
    flags.push(c.fcntl(fd, F_GETFD, 0));
    return symbols.close(fd);
  };
  const target = numericAddress(symbols, "127.0.0.1", 1)!;
  const error = await probe(target, { symbols: { ...symbols, close }, waiter: setting.waiter, signal: PATIENT });
  assertEquals([error.code, flags], ["REFUSED", [FD_CLOEXEC]]);
});

scenario("Connector.connect() says that there is no such path, or nobody listens on it", ["ffi", "files"], async () => {
  using folder = new Folder();
  await using setting = await Setting.open();
  const path = folder.file("front");
  await assertFails(setting.connector(`ipc://${path}`), "NO_SUCH_PATH", `there is no socket ${path} (ENOENT)`);
  await Deno.writeTextFile(path, "");
  await assertFails(setting.connector(`ipc://${path}`), "REFUSED", `nothing listens at ${path} (ECONNREFUSED)`);
});

scenario("Connector.connect() says that a name does not resolve", ["ffi"], async () => {
  await using setting = await Setting.open();
  const name = "x".repeat(64);
  const timer = setTimeout(() => undefined, 60_000);
  const error = await assertRejects(
    () => setting.connector(`tcp://${name}:1`).connect({ signal: PATIENT }),
    ConnectError,
    `the name "${name}" does not resolve`,
  );
  clearTimeout(timer);
  assertEquals(error.code, "NAME_NOT_FOUND");
});

scenario("Connector.connect() says that an interface does not exist", ["ffi"], async () => {
  await using setting = await Setting.open();
  const host = "[fe80::1%no-such]";
  await assertFails(setting.connector(`tcp://${host}:1`), "UNREACHABLE", `there is no address ${host} on this machine`);
});

scenario("Connector.connect() says that the other side closes the connection", ["ffi", "ipv6"], async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const closing = (async () => {
    for await (const connection of listener) connection.close();
  })();
  await using setting = await Setting.open();
  const where = `127.0.0.1:${listener.addr.port}`;
  await assertFails(
    setting.connector(`tcp://${where}`),
    "NOT_ZMTP",
    `${where} closed the connection before the ZMTP handshake was done: is it the queue's port, and does the queue ask for a key?`,
  );
  listener.close();
  await closing;
});

scenario(
  "Connector.connect() returns a connection whose other side stays silent, and reports that",
  ["ffi", "ipv6"],
  async () => {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    await using setting = await Setting.open();
    const where = `127.0.0.1:${listener.addr.port}`;
    const connector = setting.connector(`tcp://${where}`);
    const peer = await connector.connect({ signal: PATIENT });
    const reason =
      `${where} has not answered the ZMTP handshake: is it the queue's port, and does the queue let this address in?`;
    assertEquals([peer.state, peer.wasReady], ["connected", false]);
    assertEquals(setting.failures.map(({ code, message }) => [code, message]), [["NOT_ZMTP", reason]]);
    // It ends.
    using connection = await listener.accept();
    connection.close();
    await setting.waiter.wait([peer.events], 60_000);
    assertEquals([peer.readAwaitedEvents(), connector.failures], ["ended", 0]);
    connector.reportEnd(peer);
    assertEquals(connector.failures, 1);
    peer.close(0);
  },
);

scenario("Connector.connect() tries all addresses of a name, IPv4 and IPv6", ["ffi", "ipv6"], async () => {
  await using peers = await Peers.open();
  const router = peers.router({ bind: "tcp://127.0.0.1:*" });
  const router6 = peers.router({ bind: "tcp://[::1]:*" });
  await using setting = await Setting.open();
  const connect = async (port: string) => {
    const connector = setting.connector(`tcp://queue.example:${port}`, () => ["[::1]", "127.0.0.2", "127.0.0.1"]);
    using peer = await connector.connect({ signal: PATIENT });
    return peer.address;
  };
  assertEquals(await connect(portOf(router.endpoint)), router.endpoint);
  assertEquals(await connect(portOf(router6.endpoint)), router6.endpoint);
  const connector = setting.connector("tcp://queue.example:1", () => ["[::1]", "127.0.0.2"]);
  await assertFails(connector, "REFUSED", "nothing listens at [::1]:1, 127.0.0.2:1 (ECONNREFUSED)");
});

scenario("Connector.connect() looks up the name again each time", ["ffi"], async () => {
  await using peers = await Peers.open();
  const router = peers.router({ bind: "tcp://127.0.0.1:*" });
  await using setting = await Setting.open();
  const connector = setting.connector(
    `tcp://queue.example:${portOf(router.endpoint)}`,
    (call) => [call < 2 ? "127.0.0.2" : "127.0.0.1"],
  );
  for (let count = 0; count < 2; count++) {
    await assertRejects(() => connector.connect({ signal: PATIENT }), ConnectError, "nothing listens at 127.0.0.2");
  }
  using peer = await connector.connect({ signal: PATIENT });
  assertEquals(peer.address, router.endpoint);
});

scenario("Connector reports each reason once, and again if it was connected meanwhile", ["ffi", "files"], async () => {
  using folder = new Folder();
  await using setting = await Setting.open();
  const path = folder.file("front");
  const connector = setting.connector(`ipc://${path}`);
  const codes = () => setting.failures.map(({ code }) => code);
  const fail = () => assertRejects(() => connector.connect({ signal: PATIENT }), ConnectError);
  await fail();
  await fail();
  assertEquals(codes(), ["NO_SUCH_PATH"]);
  await Deno.writeTextFile(path, "");
  await fail();
  await fail();
  assertEquals(codes(), ["NO_SUCH_PATH", "REFUSED"]);
  await Deno.remove(path);
  {
    await using peers = await Peers.open();
    peers.router({ bind: `ipc://${path}` });
    using _ = await connector.connect({ signal: PATIENT });
  }
  await fail();
  assertEquals([codes(), connector.failures], [["NO_SUCH_PATH", "REFUSED", "NO_SUCH_PATH"], 5]);
});

scenario("Connector.connect() tries once for all callers while nothing listens", ["ffi"], async () => {
  await using setting = await Setting.open();
  const connector = setting.connector("tcp://127.0.0.1:1");
  const fail = () => assertRejects(() => connector.connect({ signal: PATIENT }), ConnectError);
  await fail();
  await Promise.all(Array.from({ length: 100 }, fail));
  assertEquals(connector.failures, 2);
});

scenario(
  "Connector.connect() lets another caller try when the one that others wait for is aborted",
  ["ffi", "network"],
  async () => {
    await using peers = await Peers.open();
    await using setting = await Setting.open();
    const endpoint = freeEndpoint();
    const connector = setting.connector(endpoint);
    // The first failure has no pause behind it, the second one has.
    for (let count = 0; count < 2; count++) {
      await assertRejects(() => connector.connect({ signal: PATIENT }), ConnectError);
    }
    const first = new AbortController();
    const aborted = assertRejects(() => connector.connect({ signal: first.signal }), ConnectError, "nothing listens");
    const waiting = Promise.all([1, 2, 3].map(() => connector.connect({ signal: PATIENT })));
    const router = peers.router({ bind: endpoint });
    first.abort();
    await aborted;
    for (const peer of await waiting) {
      peer.socket.send([toBytes("hello")]);
      assertEquals(toText(await router.receive()).slice(1), ["", "hello"]);
      peer.close(0);
    }
  },
);

scenario("Connector.connect() says that it is the wrong queue when a connection has ended before it was seen", [
  "ffi",
], async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  await using setting = await Setting.open();
  const where = `127.0.0.1:${listener.addr.port}`;
  // Then the process's start is long ago.
  await delay(2000 - performance.now());
  for (let count = 0; count < 10; count++) {
    const refused = assertWrongQueue(setting.keyedConnector(where), where);
    (await listener.accept()).close();
    // Most often nothing has been seen of it yet.
    block(20);
    await refused;
  }
});

scenario("Connector.connect() keeps the connection that it sees when the others' time is over", ["ffi"], async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  await using setting = await Setting.open();
  const { context, waiter, library: { symbols } } = setting.parts;
  const { port } = listener.addr;
  using clock = new SkewedClock();
  const monitors: Socket[] = [];
  // The first monitor tells nothing yet.
  const socket: Context["socket"] = (type, ioThreads) => {
    const opened = context.socket(type, ioThreads);
    if (type === SocketType.PAIR && monitors.push(opened) === 1) opened.receive = () => undefined;
    return opened;
  };
  let waits = 0;
  const wait: Waiter["wait"] = async (sockets, _timeoutMs, signal) => {
    // Time to try the second address as well.
    if (++waits === 1) return clock.advance(300);
    if (waits === 2) {
      Reflect.deleteProperty(monitors[0]!, "receive");
      await waiter.wait(sockets.slice(0, 1), 30_000, signal);
    }
    // The process was stopped meanwhile, or its machine was.
    clock.advance(6000);
  };
  await using connector = new Connector("tcp://queue.example:1", {
    ...setting.parts,
    context: withMethods(context, { socket }),
    waiter: withMethods(waiter, { wait }),
    lookUp: () => Promise.resolve(["127.0.0.1", "127.0.0.2"].map((host) => numericAddress(symbols, host, port)!)),
  });
  using peer = await connector.connect({ signal: PATIENT });
  assertEquals([peer.address, peer.state, monitors.length], [`tcp://127.0.0.1:${port}`, "connected", 2]);
});

scenario("Connector.connect() that is aborted soon says why the attempt before it failed", ["ffi"], async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  await using setting = await Setting.open();
  const where = `127.0.0.1:${listener.addr.port}`;
  const connector = setting.keyedConnector(where);
  const refused = assertWrongQueue(connector, where);
  (await listener.accept()).close();
  await refused;
  const abort = new AbortController();
  const again = connector.connect({ signal: abort.signal });
  using connection = await listener.accept();
  // The event that there is a connection comes before its first byte.
  await connection.read(new Uint8Array(1));
  await delay(100);
  abort.abort();
  assertEquals((await assertRejects(() => again, ConnectError)).code, "WRONG_QUEUE");
});

scenario("Connector.connect() rejects with what is pending when its signal is aborted", ["ffi", "ipv6"], async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  await using setting = await Setting.open();
  const abort = new AbortController();
  const where = `127.0.0.1:${listener.addr.port}`;
  const connecting = setting.connector(`tcp://${where}`).connect({ signal: abort.signal });
  using connection = await listener.accept();
  // The event that there is a connection comes before its first byte, and long before the end of the time for the handshake.
  await connection.read(new Uint8Array(1));
  await delay(100);
  abort.abort();
  const error = await assertRejects(() => connecting, ConnectError);
  assertEquals(
    error.message,
    `${where} has not answered the ZMTP handshake: is it the queue's port, and does the queue let this address in?`,
  );

  const looking = new AbortController();
  const connector = new Connector("tcp://queue.example:1", {
    ...setting.parts,
    lookUp: () => {
      queueMicrotask(() => looking.abort());
      return new Promise(() => undefined);
    },
  });
  const failure = await assertRejects(() => connector.connect({ signal: looking.signal }), ConnectError);
  assertEquals(
    [failure.code, failure.message],
    ["NAME_SERVER_SILENT", 'the name "queue.example" does not resolve: the name server has not answered yet'],
  );
  // What was aborted is no failure.
  assertEquals([connector.failures, setting.failures], [0, []]);
});
