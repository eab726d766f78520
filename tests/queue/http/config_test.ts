import { assertEquals, assertThrows } from "@std/assert";
import { HTTP_DESCRIPTORS, HTTP_OPTIONS, httpConfig } from "../../../lib/queue/http/config.ts";
import { MAX_CONNECTIONS } from "../../../lib/http/server.ts";
import { readOptions } from "../../../lib/option.ts";

Deno.test("httpConfig() is undefined unless HTTP is asked for, and then has the given addresses", () => {
  assertEquals(httpConfig(readOptions(HTTP_OPTIONS, {}, "a test")), undefined);
  const values = readOptions(HTTP_OPTIONS, { http: ["localhost", "unix:/a"], httpHost: "queue.example" }, "a test");
  assertEquals(httpConfig(values), {
    addresses: [{ kind: "tcp", host: "localhost", port: 5557 }, { kind: "unix", path: "/a" }],
    hosts: ["queue.example"],
    tokenFile: undefined,
    obeys: false,
  });
});

Deno.test("HTTP_OPTIONS refuse invalid addresses and names", () => {
  for (const options of [{ http: "5557" }, { http: "https://a" }, { httpHost: "a:1" }, { httpHost: "http://a" }]) {
    assertThrows(() => readOptions(HTTP_OPTIONS, options, "a test"), RangeError);
  }
});

Deno.test("HTTP_DESCRIPTORS are enough for all connections", () => {
  assertEquals(HTTP_DESCRIPTORS, MAX_CONNECTIONS);
});
