import { assertEquals, assertThrows } from "@std/assert";
import { formatHttpAddress, isLocal, isOwnHost, parseHttpAddress } from "../../lib/http/address.ts";

Deno.test("parseHttpAddress() reads what formatHttpAddress() writes", () => {
  for (const text of ["127.0.0.1:5557", "[::1]:80", "queue.example:1", "unix:/run/spqueue/http.sock"]) {
    assertEquals(formatHttpAddress(parseHttpAddress(text)), text);
  }
});

Deno.test("parseHttpAddress() fills in the port, takes a star as all interfaces, and a URL as its address", () => {
  const texts = ["localhost", "*:80", "http://127.0.0.1:5557/"].map((text) =>
    formatHttpAddress(parseHttpAddress(text))
  );
  assertEquals(texts, ["localhost:5557", "0.0.0.0:80", "127.0.0.1:5557"]);
});

Deno.test("parseHttpAddress() refuses what is not an address", () => {
  for (const text of ["", "5557", "a:b", "127.0.0.1:70000", "unix:", "https://a", "a b", "::1:5557", "a/b"]) {
    assertThrows(() => parseHttpAddress(text), RangeError);
  }
});

Deno.test("isLocal() is true only for loopback addresses and unix sockets", () => {
  const local = ["127.0.0.1:1", "127.8.8.8:1", "[::1]:1", "localhost:1", "unix:/a"];
  const open = ["0.0.0.0:1", "*:1", "[::]:1", "10.0.0.1:1", "queue.example:1", "localhost.example:1"];
  assertEquals(local.map((text) => isLocal(parseHttpAddress(text))), local.map(() => true));
  assertEquals(open.map((text) => isLocal(parseHttpAddress(text))), open.map(() => false));
});

Deno.test("isOwnHost() knows localhost, addresses and the names that are given", () => {
  const own = ["localhost", "LOCALHOST:5557", "127.0.0.1:5557", "[::1]:5557", "10.0.0.1", "queue.example:5557"];
  const foreign = [undefined, "", "evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "a@localhost"];
  assertEquals(own.map((host) => isOwnHost(host, ["Queue.example"])), own.map(() => true));
  assertEquals(foreign.map((host) => isOwnHost(host, ["queue.example"])), foreign.map(() => false));
});

Deno.test("parseHttpAddress() says which part of a URL is superfluous", () => {
  const wrong = [
    ["http://127.0.0.1:5557/status.json", 'without "/status.json"'],
    ["queue.example:5557/?a", 'without "/?a"'],
    ["HTTPS://queue.example", "it must be plain HTTP"],
  ] as const;
  for (const [text, why] of wrong) assertThrows(() => parseHttpAddress(text), RangeError, why);
});
