import { assertEquals } from "@std/assert";
import { loadLibrary } from "../../lib/zmq/library.ts";
import { tcpPortState } from "../../lib/zmq/tcp_port.ts";
import { scenario } from "../harness/scenario.ts";

scenario("tcpPortState() says whether a process listens on a port, and not where the host is a name", [
  "ffi",
  "network",
], async () => {
  const { symbols } = await loadLibrary();
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  for (const host of ["127.0.0.1", "*", "0.0.0.0"]) assertEquals(tcpPortState(symbols, host, port), "taken", host);
  assertEquals(tcpPortState(symbols, "lo", port), "unknown");
  assertEquals(tcpPortState(symbols, "127.0.0.1", 0), "free");
  // Not of this machine: that it cannot be bound is found out when it is.
  assertEquals(tcpPortState(symbols, "192.0.2.1", port), "free");
  listener.close();
  assertEquals(tcpPortState(symbols, "127.0.0.1", port), "free");
});

scenario(
  "tcpPortState() takes no connection, and does not mind those that have ended",
  ["ffi", "network"],
  async () => {
    const { symbols } = await loadLibrary();
    const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = listener.addr as Deno.NetAddr;
    const [client, server] = await Promise.all([Deno.connect({ hostname: "127.0.0.1", port }), listener.accept()]);
    // The side that closes first keeps the port for a while.
    server.close();
    await client.read(new Uint8Array(1));
    client.close();
    listener.close();
    for (let count = 0; count < 20; count++) assertEquals(tcpPortState(symbols, "127.0.0.1", port), "free");
    using next = Deno.listen({ hostname: "127.0.0.1", port });
    assertEquals(tcpPortState(symbols, "127.0.0.1", (next.addr as Deno.NetAddr).port), "taken");
  },
);

scenario("tcpPortState() looks at IPv6 as libzmq binds it, which is IPv4 as well", ["ffi", "ipv6"], async () => {
  const { symbols } = await loadLibrary();
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  assertEquals([tcpPortState(symbols, "[::]", port), tcpPortState(symbols, "[::1]", port)], ["taken", "free"]);
});
