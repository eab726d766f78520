import { assertEquals, assertThrows } from "@std/assert";
import {
  completeEndpoint,
  hostAndPort,
  ipcPath,
  isIpv6,
  isReachableFromOutside,
  parseEndpoint,
} from "../lib/endpoint.ts";

Deno.test("parseEndpoint() returns the endpoint when it can be bound", () => {
  const endpoints = [
    "tcp://*:5555",
    "tcp://127.0.0.1:*",
    "tcp://eth0:0",
    "tcp://[::1]:5555",
    "tcp://[fe80::1%eth0]:65535",
    "tcp://[fe80::1%br-1a2b]:1",
    "tcp://[fe80::1%4g0.7@x%]:*",
    "tcp://[fe80::1%a]b]:1",
  ];
  for (const endpoint of [...endpoints, "tcp://my-host.example:1", "ipc:///run/spq/frontend", "ipc://@abstract"]) {
    assertEquals(parseEndpoint(endpoint, "bind"), endpoint);
  }
});

Deno.test("parseEndpoint() returns the endpoint when it can be connected to", () => {
  for (const endpoint of ["tcp://localhost:5555", "tcp://10.0.0.1:1", "tcp://[::1]:65535", "ipc://relative/path"]) {
    assertEquals(parseEndpoint(endpoint, "connect"), endpoint);
  }
});

Deno.test("completeEndpoint() adds the transport and the port that are missing", () => {
  const texts = {
    "queue.example": "tcp://queue.example:7",
    "queue.example:7000": "tcp://queue.example:7000",
    "10.0.0.1": "tcp://10.0.0.1:7",
    "[fe80::1%eth0]": "tcp://[fe80::1%eth0]:7",
    "[::1]:8": "tcp://[::1]:8",
    "tcp://queue.example": "tcp://queue.example:7",
    "tcp://queue.example:8": "tcp://queue.example:8",
  };
  for (const [text, endpoint] of Object.entries(texts)) assertEquals(completeEndpoint(text, 7), endpoint);
});

Deno.test("completeEndpoint() leaves anything else unchanged", () => {
  const texts = [
    "",
    "5555",
    "*",
    "::1",
    "a:b",
    "a/b",
    "a b",
    "http://a",
    "ipc:///a",
    "ipc:a",
    "tcp:5",
    "tcp://*",
    "tcp://a:",
  ];
  for (const text of texts) assertEquals(completeEndpoint(text, 7), text);
});

Deno.test("parseEndpoint() throws when the transport is unknown", () => {
  for (
    const endpoint of ["", "5555", "localhost:5555", "udp://*:5555", "inproc://a", "TCP://*:5555", " tcp://*:5555"]
  ) {
    assertThrows(() => parseEndpoint(endpoint, "bind"), RangeError, "begins with tcp:// or ipc://");
  }
});

Deno.test("parseEndpoint() throws when a tcp endpoint has no host and port", () => {
  const endpoints = [
    "tcp://",
    "tcp://*",
    "tcp://:5555",
    "tcp://localhost:",
    "tcp://localhost:http",
    "tcp://localhost:-1",
  ];
  const more = [
    "tcp://::1:5555",
    "tcp://[::1]",
    "tcp://[::1:5555",
    "tcp://[fe80::1%]:1",
    "tcp://[fe80::1%a b]:1",
    "tcp://[fe80::1%a/b]:1",
    "tcp://[fe80::1%a:b]:1",
    "tcp://[eth0]:1",
    "tcp://a b:1",
    "tcp://a/b:1",
    "tcp://a:1/",
    "tcp://a:1 ",
  ];
  for (const endpoint of [...endpoints, ...more]) {
    assertThrows(() => parseEndpoint(endpoint, "bind"), RangeError, "tcp://ADDRESS:PORT");
    assertThrows(() => parseEndpoint(endpoint, "connect"), RangeError, "tcp://HOST:PORT");
  }
});

Deno.test("parseEndpoint() throws when a port is out of range", () => {
  assertThrows(() => parseEndpoint("tcp://*:65536", "bind"), RangeError, "a port is at most 65535");
  assertThrows(() => parseEndpoint("tcp://a:99999999999999999999", "connect"), RangeError, "a port is at most 65535");
  assertThrows(() => parseEndpoint("tcp://a:0", "connect"), RangeError, "a port to connect to is at least 1");
});

Deno.test("parseEndpoint() throws when an endpoint to connect to has a wildcard", () => {
  for (const endpoint of ["tcp://*:5555", "tcp://localhost:*", "tcp://*:*"]) {
    assertThrows(() => parseEndpoint(endpoint, "connect"), RangeError, '"*" is for binding only');
  }
});

Deno.test("parseEndpoint() throws when an ipc path is empty, too long or has a NUL", () => {
  for (const endpoint of ["ipc://", "ipc://a\0b"]) {
    assertThrows(() => parseEndpoint(endpoint, "bind"), RangeError, "ipc://PATH");
  }
  assertEquals(parseEndpoint(`ipc://${"a".repeat(103)}`, "bind").length, 109);
  assertThrows(() => parseEndpoint(`ipc://${"a".repeat(104)}`, "bind"), RangeError, "103 bytes, this one has 104");
  // Two bytes each.
  assertThrows(() => parseEndpoint(`ipc://${"é".repeat(52)}`, "bind"), RangeError, "this one has 104");
});

Deno.test("hostAndPort() splits a tcp endpoint at its last colon", () => {
  assertEquals(hostAndPort("tcp://localhost:5555"), { host: "localhost", port: 5555 });
  assertEquals(hostAndPort("tcp://[fe80::1%br-0]:1"), { host: "[fe80::1%br-0]", port: 1 });
  assertEquals(hostAndPort("ipc:///tmp/a:1"), undefined);
});

Deno.test("ipcPath() is the path of an ipc endpoint", () => {
  assertEquals([ipcPath("ipc:///run/a"), ipcPath("tcp://a:1")], ["/run/a", undefined]);
});

Deno.test("isIpv6() is true only for a literal IPv6 address", () => {
  assertEquals(["tcp://[::1]:1", "tcp://[::]:*", "tcp://127.0.0.1:1", "tcp://*:1", "ipc://[a]"].map(isIpv6), [
    true,
    true,
    false,
    false,
    false,
  ]);
});

Deno.test("isReachableFromOutside() is false when only this host can connect", () => {
  const here = ["tcp://127.0.0.1:5555", "tcp://127.1.2.3:*", "tcp://localhost:1", "tcp://LOCALHOST:1", "tcp://lo:1"];
  for (const endpoint of [...here, "tcp://[::1]:5555", "tcp://[::ffff:127.0.0.1]:1", "ipc:///run/spq/frontend"]) {
    assertEquals(isReachableFromOutside(endpoint), false, endpoint);
  }
});

Deno.test("isReachableFromOutside() is true when other hosts can connect, or might", () => {
  const open = ["tcp://*:5555", "tcp://0.0.0.0:5555", "tcp://[::]:5555", "tcp://10.0.0.1:1", "tcp://eth0:1"];
  for (const endpoint of [...open, "tcp://[fe80::1%lo]:1", "tcp://127.0.0.1.example:1", "tcp://localhost.example:1"]) {
    assertEquals(isReachableFromOutside(endpoint), true, endpoint);
  }
});
