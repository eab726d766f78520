import { assertEquals, assertThrows } from "@std/assert";
import { LazyPirate, type LazyPirateOptions } from "../../client.ts";
import { readClientOptions } from "../../lib/client/config.ts";

Deno.test("readClientOptions() fills in the defaults", () => {
  const defaults = { connect: ["tcp://localhost:5555"], timeout: 2500, retries: 3, blockMs: 0 };
  assertEquals(readClientOptions({}), defaults);
  assertEquals(readClientOptions({ connect: "tcp://a:1", timeout: "1s" }), {
    ...defaults,
    connect: ["tcp://a:1"],
    timeout: 1000,
  });
});

Deno.test("LazyPirate throws when an option is wrong", () => {
  for (
    const [options, error, phrase] of [
      [{ connect: "localhost:5555" }, RangeError, "an endpoint begins with tcp:// or ipc://"],
      [{ connect: [] }, RangeError, "it must name at least one endpoint"],
      [{ connect: 5555 }, TypeError, "it must be an endpoint or a list of endpoints"],
      [{ endpoints: ["tcp://localhost:1"] }, TypeError, 'Cannot make a client with the unknown option "endpoints"'],
      [{ time: 1 }, TypeError, 'did you mean "timeout"?'],
      [{ retries: 0 }, RangeError, "it must be a whole number between 1 and"],
      [{ retries: NaN }, RangeError, "it must be a whole number between 1 and"],
      [{ retries: "3" }, TypeError, "it must be a number"],
      [{ timeout: 0 }, RangeError, "it must be whole milliseconds, from 1ms to 596h"],
      [{ timeout: "soon" }, RangeError, 'Cannot make a client with timeout "soon": a duration is a number with a unit'],
      [{ timeout: NaN }, RangeError, "it must be whole milliseconds"],
      [{ timeout: -1 }, RangeError, "it must be whole milliseconds"],
      [{ blockMs: -1 }, RangeError, "it must be a number between 0 and"],
    ] as const
  ) {
    assertThrows(() => new LazyPirate(options as LazyPirateOptions), error, phrase);
  }
});
