import { assertEquals } from "@std/assert";
import { kindOf } from "../lib/kind_of.ts";

Deno.test("kindOf() names the type of any value with its article", () => {
  const cases: [unknown, string][] = [
    [undefined, "undefined"],
    [null, "null"],
    ["", "a string"],
    [1, "a number"],
    [1n, "a bigint"],
    [true, "a boolean"],
    [Symbol("x"), "a symbol"],
    [() => 0, "a function"],
    [{}, "an object"],
    [Object.create(null), "an object"],
    [[], "an array"],
    [new Uint8Array(1), "a Uint8Array"],
    [new Uint16Array(1), "a Uint16Array"],
    [new Int8Array(1), "an Int8Array"],
    [new ArrayBuffer(1), "an ArrayBuffer"],
    [new Date(0), "a Date"],
    [new Error("x"), "an Error"],
    [Promise.resolve(), "a Promise"],
  ];
  for (const [value, kind] of cases) assertEquals(kindOf(value), kind);
});

Deno.test("kindOf() returns even when the value throws on every access", () => {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  const hostile = {
    get [Symbol.toStringTag](): string {
      throw new Error("do not look");
    },
  };
  assertEquals([kindOf(proxy), kindOf(hostile)], ["an object", "an object"]);
});
