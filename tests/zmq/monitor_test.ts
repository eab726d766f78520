import { assertEquals, assertLess, assertThrows } from "@std/assert";
import { delay } from "../../lib/delay.ts";
import { IntOption, MonitorEvent, SocketType } from "../../lib/zmq/constants.ts";
import { Context } from "../../lib/zmq/context.ts";
import { countFreeDescriptors } from "../../lib/zmq/descriptors.ts";
import { loadLibrary } from "../../lib/zmq/library.ts";
import { Monitor, MONITOR_CAPACITY } from "../../lib/zmq/monitor.ts";
import { Waiter } from "../../lib/zmq/waiter.ts";
import { Folder } from "../harness/folder.ts";
import { toBytes, toText } from "../harness/peers.ts";
import { scenario } from "../harness/scenario.ts";

scenario("Monitor reports when a connection has ended", ["ffi"], async () => {
  const library = await loadLibrary();
  using context = Context.open(library);
  using router = context.socket(SocketType.ROUTER, 0);
  using monitor = new Monitor(context, router, [MonitorEvent.DISCONNECTED]);
  await using waiter = new Waiter(library, context);
  const endpoint = router.bind("tcp://127.0.0.1:*");
  {
    using dealer = context.socket(SocketType.DEALER, 0);
    dealer.connect(endpoint);
    dealer.send([toBytes("hello")]);
    await waiter.wait([router], 10_000);
    assertEquals(monitor.receive(), undefined);
  }
  await waiter.wait([monitor], 10_000);
  const event = monitor.receive();
  assertEquals([event?.event, event?.endpoint], [MonitorEvent.DISCONNECTED, endpoint]);
});

scenario("Monitor.close() lets connections end when nobody reads the monitor any more", ["ffi"], async () => {
  const library = await loadLibrary();
  using context = Context.open(library);
  using router = context.socket(SocketType.ROUTER, 0);
  const monitor = new Monitor(context, router, [MonitorEvent.DISCONNECTED]);
  await using waiter = new Waiter(library, context);
  const endpoint = router.bind("tcp://127.0.0.1:*");
  const greet = async () => {
    using dealer = context.socket(SocketType.DEALER, 0);
    dealer.connect(endpoint);
    dealer.send([toBytes("hello")]);
    await waiter.wait([router], 10_000);
    assertEquals(toText(router.receive()!).at(-1), "hello");
  };
  await greet();
  await waiter.wait([monitor], 10_000);
  monitor.close();
  // The I/O thread goes on after the end of each connection; it may be some ends before it notices that nobody reads.
  for (let count = 0; count < 100; count++) await greet();
});

scenario("Monitor decodes number, value and endpoint of an event", ["ffi"], async () => {
  const library = await loadLibrary();
  using context = Context.open(library);
  using router = context.socket(SocketType.ROUTER, 0);
  using accepting = new Monitor(context, router, [MonitorEvent.ACCEPTED]);
  using dealer = context.socket(SocketType.DEALER, 0);
  using connecting = new Monitor(context, dealer, [MonitorEvent.CONNECTED]);
  await using waiter = new Waiter(library, context);
  const endpoint = router.bind("tcp://127.0.0.1:*");
  dealer.connect(endpoint);
  await waiter.wait([accepting], 10_000);
  await waiter.wait([connecting], 10_000);
  for (const [monitor, event] of [[accepting, MonitorEvent.ACCEPTED], [connecting, MonitorEvent.CONNECTED]] as const) {
    const received = monitor.receive();
    assertEquals([received?.event, received?.endpoint], [event, endpoint]);
    // A descriptor of this process.
    assertLess(2, received!.value);
    assertEquals(monitor.receive(), undefined);
  }
});

scenario("Monitor names the peer when it is asked to", ["ffi"], async () => {
  const library = await loadLibrary();
  using context = Context.open(library);
  await using waiter = new Waiter(library, context);
  for (const withPeers of [true, false]) {
    using router = context.socket(SocketType.ROUTER, 0);
    using monitor = new Monitor(context, router, [MonitorEvent.ACCEPTED], { withPeers });
    const endpoint = router.bind("tcp://127.0.0.1:*");
    using connection = await Deno.connect({ port: Number(endpoint.split(":").at(-1)), hostname: "127.0.0.1" });
    await waiter.wait([monitor], 10_000);
    const received = monitor.receive();
    assertEquals([received?.event, received?.endpoint], [MonitorEvent.ACCEPTED, endpoint]);
    const { port } = connection.localAddr as Deno.NetAddr;
    assertEquals(received?.peer, withPeers ? `tcp://127.0.0.1:${port}` : undefined);
    assertLess(2, received!.value);
  }
});

scenario("Monitor may be closed before its socket or after it, and twice", ["ffi"], async () => {
  using context = Context.open(await loadLibrary());
  for (const first of ["monitor", "socket"]) {
    const socket = context.socket(SocketType.ROUTER, 0);
    const monitor = new Monitor(context, socket, [MonitorEvent.DISCONNECTED]);
    socket.bind("tcp://127.0.0.1:*");
    if (first === "monitor") monitor.close();
    socket.close();
    monitor.close();
    monitor.close();
    assertThrows(() => monitor.receive(), Error, "Cannot use a libzmq socket after it was closed");
  }
});

scenario("Monitor holds MONITOR_CAPACITY events, and then libzmq waits", ["ffi", "files", "own process"], async () => {
  const library = await loadLibrary();
  const { symbols } = library;
  using folder = new Folder();
  using context = Context.open(library);
  using router = context.socket(SocketType.ROUTER, 0);
  using monitor = new Monitor(context, router, [MonitorEvent.ACCEPTED]);
  const count = MONITOR_CAPACITY + 200;
  router.setInt(IntOption.BACKLOG, count);
  const before = countFreeDescriptors(symbols, Infinity);
  router.bind(`ipc://${folder.file("s")}`);
  const accepted = () => before - countFreeDescriptors(symbols, Infinity) - 1 - clients.length;
  const clients: Deno.Conn[] = [];
  for (let index = 0; index < count; index++) {
    clients.push(await Deno.connect({ transport: "unix", path: folder.file("s") }));
  }
  // The one whose event waits for room is accepted, too.
  const deadline = performance.now() + 10_000;
  while (accepted() < MONITOR_CAPACITY + 1 && performance.now() < deadline) await delay(1);
  await delay(50);
  assertEquals(accepted(), MONITOR_CAPACITY + 1);
  // Closing a full one waits for nobody.
  monitor.close();
  for (const client of clients) client.close();
});
