import { assertEquals, assertThrows } from "@std/assert";
import { CLIENT_OPTIONS, type LazyPirateOptions, readClientOptions } from "../../lib/client/config.ts";

const DEFAULTS = { connect: ["tcp://localhost:5555"], timeout: 2500, retries: 3, blockMs: 0 };

Deno.test("readClientOptions() fills in the defaults", () => {
  assertEquals(readClientOptions({}), DEFAULTS);
});

Deno.test("readClientOptions() takes one endpoint or several, and durations in both notations", () => {
  assertEquals(readClientOptions({ connect: "ipc:///run/q" }).connect, ["ipc:///run/q"]);
  assertEquals(readClientOptions({ connect: ["tcp://a:1", "tcp://b:1"] }).connect, ["tcp://a:1", "tcp://b:1"]);
  assertEquals(readClientOptions({ timeout: "2s" }), { ...DEFAULTS, timeout: 2000 });
  assertEquals(readClientOptions({ timeout: 2000 }), { ...DEFAULTS, timeout: 2000 });
});

Deno.test("readClientOptions() throws a RangeError that names option and value when a value is wrong", () => {
  const wrong: ReadonlyArray<readonly [LazyPirateOptions, string]> = [
    [
      { connect: "http://localhost:5555" },
      'connect cannot be "http://localhost:5555": an endpoint begins with tcp:// or ipc://',
    ],
    [
      { connect: "tcp://*:5555" },
      'connect cannot be "tcp://*:5555": an endpoint to connect to must name its host and port',
    ],
    [{ connect: [] }, "connect cannot be []: it needs at least one value"],
    [{ retries: 0 }, "retries cannot be 0: it must be a whole number between 1 and 1000000"],
    [{ retries: NaN }, "retries cannot be NaN"],
    [{ timeout: 0 }, "timeout cannot be 0: it must be between 1ms and 596h"],
    [{ timeout: "soon" }, 'timeout cannot be "soon": a duration is a number with a unit'],
    [{ blockMs: -1 }, "blockMs cannot be -1"],
  ];
  for (const [options, message] of wrong) {
    assertThrows(() => readClientOptions(options), RangeError, `Option ${message}`);
  }
});

Deno.test("readClientOptions() throws a TypeError with a suggestion when an option is unknown", () => {
  assertThrows(
    () => readClientOptions({ endpoints: [] } as LazyPirateOptions),
    TypeError,
    'Unknown option "endpoints" of LazyPirate',
  );
  assertThrows(() => readClientOptions({ retries: "3" } as object), TypeError, "it must be a whole number");
  assertThrows(() => readClientOptions({ connect: 5555 } as object), TypeError, "it must be text");
  assertThrows(() => readClientOptions({ retry: 2 } as LazyPirateOptions), TypeError, 'did you mean "retries"?');
});

Deno.test("CLIENT_OPTIONS has defaults that are within their limits", () => {
  for (const [name, option] of Object.entries(CLIENT_OPTIONS)) {
    assertEquals(readClientOptions({ [name]: option.defaultValue }), DEFAULTS);
  }
});
