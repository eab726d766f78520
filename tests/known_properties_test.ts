import { assertEquals, assertThrows } from "@std/assert";
import { checkProperties } from "../lib/known_properties.ts";

Deno.test("checkProperties() throws and suggests a name when a property does not exist", () => {
  assertThrows(
    () => checkProperties("work()", { concurency: 2, signal: undefined }, ["concurrency", "connect", "signal"]),
    TypeError,
    'Unknown option "concurency" of work(), did you mean "concurrency"?',
  );
});

Deno.test("checkProperties() suggests nothing when no name is like it", () => {
  const error = assertThrows(() => checkProperties("work()", { xyz: 1 }, ["concurrency", "connect"]), TypeError);
  assertEquals(error.message, 'Unknown option "xyz" of work()');
});

Deno.test("checkProperties() accepts any of the properties, and none", () => {
  checkProperties("work()", { connect: "tcp://localhost:5556" }, ["concurrency", "connect"]);
  checkProperties("work()", {}, ["concurrency", "connect"]);
});
