import { assertEquals, assertThrows } from "@std/assert";
import { errnoName, errnoNumber } from "../../lib/zmq/error.ts";

Deno.test("errnoName() names libzmq's own numbers and numbers those it does not know", () => {
  assertEquals(errnoName(156384712 + 51), "EFSM");
  assertEquals(errnoName(4), "EINTR");
  assertEquals(errnoName(9999), "E9999");
});

Deno.test("errnoNumber() is the number that errnoName() names, and refuses a name that is none", () => {
  for (const name of ["EAGAIN", "EINTR", "EHOSTUNREACH", "ETERM"]) assertEquals(errnoName(errnoNumber(name)), name);
  assertThrows(() => errnoNumber("ENOTHING"), RangeError, 'the error "ENOTHING"');
});
