import { assertEquals, assertRejects } from "@std/assert";
import { lookUpName, numericAddress, withKnownZone } from "../../lib/zmq/addresses.ts";
import { ConnectError } from "../../lib/zmq/connect_error.ts";
import { loadLibrary } from "../../lib/zmq/library.ts";
import { WAIT_MS } from "../harness/deadline.ts";
import { scenario } from "../harness/scenario.ts";

scenario("numericAddress() reads IPv4 and IPv6 addresses, and zones by name or number", ["ffi"], async () => {
  const { symbols } = await loadLibrary();
  const endpointOf = (host: string) => numericAddress(symbols, host, 5555)?.endpoint;
  assertEquals(endpointOf("127.0.0.1"), "tcp://127.0.0.1:5555");
  assertEquals(endpointOf("[::1]"), "tcp://[::1]:5555");
  assertEquals(endpointOf("[2001:DB8:0:0:0:0:0:1]"), "tcp://[2001:db8::1]:5555");
  const loopback = Deno.build.os === "darwin" ? "lo0" : "lo";
  assertEquals(endpointOf(`[fe80::1%${loopback}]`), "tcp://[fe80::1%1]:5555");
  assertEquals(endpointOf("[fe80::1%1]"), "tcp://[fe80::1%1]:5555");
  assertEquals(endpointOf("[fe80::1%no-such]"), undefined);
  assertEquals(endpointOf("localhost"), undefined);
});

scenario("numericAddress() returns the address in the C library's form", ["ffi"], async () => {
  const { symbols } = await loadLibrary();
  const { sockaddr } = numericAddress(symbols, "127.0.0.1", 0x1234)!;
  assertEquals([...sockaddr.subarray(1, 8)].slice(1), [0x12, 0x34, 127, 0, 0, 1]);
  assertEquals(sockaddr.length, 16);
});

/** A look-up does not keep the process alive. */
async function held<Value>(lookUp: Promise<Value>): Promise<Value> {
  const timer = setTimeout(() => undefined, WAIT_MS);
  try {
    return await lookUp;
  } finally {
    clearTimeout(timer);
  }
}

scenario("lookUpName() gives a name's addresses", ["ffi"], async () => {
  const { symbols } = await loadLibrary();
  const endpoints = (await held(lookUpName(symbols, "localhost", 5555))).map(({ endpoint }) => endpoint);
  assertEquals(endpoints.some((endpoint) => /^tcp:\/\/(127\.0\.0\.1|\[::1\]):5555$/.test(endpoint)), true);
  assertEquals(new Set(endpoints).size, endpoints.length);
});

scenario("lookUpName() rejects and names the reason when there is no such name", ["ffi"], async () => {
  const { symbols } = await loadLibrary();
  // A name's labels have at most 63 bytes each, so no name server is asked.
  const name = "x".repeat(64);
  const error = await assertRejects(
    () => held(lookUpName(symbols, name, 1)),
    ConnectError,
    `the name "${name}" does not resolve`,
  );
  assertEquals(error.code, "NAME_NOT_FOUND");
});

scenario("lookUpName() looks up a name once for all callers", ["ffi"], async () => {
  const { symbols } = await loadLibrary();
  let calls = 0;
  const counting = {
    ...symbols,
    getaddrinfo_async: (...args: Parameters<typeof symbols.getaddrinfo_async>) => {
      calls++;
      return symbols.getaddrinfo_async(...args);
    },
  };
  const [first, second] = await held(Promise.all([
    lookUpName(counting, "localhost", 1),
    lookUpName(counting, "localhost", 1),
  ]));
  assertEquals([first, calls], [second, 1]);
  await held(lookUpName(counting, "localhost", 1));
  assertEquals(calls, 2);
});

scenario("lookUpName() leaves threads to others when many names are looked up", ["ffi"], async () => {
  const { symbols } = await loadLibrary();
  const calls: (() => void)[] = [];
  const holding = {
    ...symbols,
    // Resolves when it is told, as one that no name server answers.
    getaddrinfo_async: () => new Promise<number>((resolve) => calls.push(() => resolve(-2))),
  };
  const lookUps = Array.from(
    { length: 40 },
    (_, index) => assertRejects(() => lookUpName(holding, `name-${index}`, 1), ConnectError),
  );
  assertEquals(calls.length, 16);
  for (let ended = 0; ended < 40; ended++) {
    while (calls[ended] === undefined) await Promise.resolve();
    calls[ended]!();
  }
  await Promise.all(lookUps);
  // All places are free again.
  assertEquals((await held(lookUpName(symbols, "localhost", 1))).length > 0, true);
});

scenario(
  "withKnownZone() returns the number of an interface whose name libzmq would take for a number",
  ["ffi"],
  async () => {
    const { symbols } = await loadLibrary();
    for (
      const endpoint of ["tcp://*:1", "tcp://[::1]:*", "tcp://[fe80::1%lo]:1", "tcp://[fe80::1%9no]:1", "ipc://%1"]
    ) {
      assertEquals(withKnownZone(symbols, endpoint), endpoint);
    }
    const renaming = {
      ...symbols,
      // As on a machine with an interface "1x".
      getaddrinfo: (...[, ...rest]: Parameters<typeof symbols.getaddrinfo>) => {
        const host = Deno.UnsafePointer.of(new TextEncoder().encode("fe80::1%1\0"));
        return symbols.getaddrinfo(host, ...rest);
      },
    };
    assertEquals(withKnownZone(renaming, "tcp://[fe80::1%1x]:*"), "tcp://[fe80::1%1]:*");
  },
);
