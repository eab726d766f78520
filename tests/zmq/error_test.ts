import { assertEquals, assertThrows } from "@std/assert";
import { errnoName, errnoNumber, isCallToRepeat } from "../../lib/zmq/error.ts";

Deno.test("errnoName() names libzmq's own numbers and numbers those it does not know", () => {
  assertEquals(errnoName(156384712 + 51), "EFSM");
  assertEquals(errnoName(4), "EINTR");
  assertEquals(errnoName(9999), "E9999");
});

Deno.test("errnoNumber() is the inverse of errnoName(), and refuses an unknown name", () => {
  for (const name of ["EAGAIN", "EINTR", "EHOSTUNREACH", "ETERM"]) assertEquals(errnoName(errnoNumber(name)), name);
  assertThrows(() => errnoNumber("ENOTHING"), RangeError, 'the error "ENOTHING"');
});

Deno.test("isCallToRepeat() is true after a signal, and a few times after an error that the call cannot have", () => {
  const isRepeated = (name: string) => [0, 1, 2, 3, 4].map((repeats) => isCallToRepeat(errnoNumber(name), repeats));
  assertEquals(isRepeated("EINTR"), [true, true, true, true, true]);
  assertEquals(isRepeated("ENOENT"), [true, true, true, false, false]);
  assertEquals(isRepeated("EHOSTUNREACH"), [false, false, false, false, false]);
});
