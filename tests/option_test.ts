import { assertEquals, assertThrows } from "@std/assert";
import { type Option, readOption, readOptions } from "../lib/option.ts";

const OPTIONS = {
  endpoint: { kind: "endpoints", defaultValue: ["tcp://*:1"], use: "bind" },
  timeout: { kind: "duration", defaultValue: 10, min: 0, max: 60_000 },
  limit: { kind: "size", defaultValue: 1024, min: 1, max: 1024 ** 2 },
  count: { kind: "integer", defaultValue: 3, min: 1, max: 5 },
  share: { kind: "number", defaultValue: 0.5, min: 0.1, max: 1 },
  order: { kind: "choice", defaultValue: "auto", choices: ["auto", "fifo"] },
  keep: { kind: "switch", defaultValue: false },
} as const satisfies Record<string, Option>;

const DEFAULTS = {
  endpoint: ["tcp://*:1"],
  timeout: 10,
  limit: 1024,
  count: 3,
  share: 0.5,
  order: "auto",
  keep: false,
} as const;

Deno.test("readOptions() returns the defaults when nothing is given, or undefined", () => {
  assertEquals(readOptions(OPTIONS, {}, "run"), DEFAULTS);
  assertEquals(readOptions(OPTIONS, { count: undefined }, "run"), DEFAULTS);
});

Deno.test("readOptions() returns what is given in each notation", () => {
  const given: ReadonlyArray<readonly [object, object]> = [
    [{ timeout: "1m" }, { timeout: 60_000 }],
    [{ timeout: 250 }, { timeout: 250 }],
    [{ limit: "1KiB" }, { limit: 1024 }],
    [{ limit: "7" }, { limit: 7 }],
    [{ limit: 8 }, { limit: 8 }],
    [{ endpoint: "ipc:///a" }, { endpoint: ["ipc:///a"] }],
    [{ endpoint: ["ipc:///a", "tcp://*:2"] }, { endpoint: ["ipc:///a", "tcp://*:2"] }],
    [{ count: 5, share: 0.1, order: "fifo", keep: true }, { count: 5, share: 0.1, order: "fifo", keep: true }],
  ];
  for (const [input, values] of given) assertEquals(readOptions(OPTIONS, input, "run"), { ...DEFAULTS, ...values });
});

Deno.test("readOptions() throws a TypeError with a suggestion when a property is unknown", () => {
  assertThrows(
    () => readOptions(OPTIONS, { endpoints: [] }, "run", ["log"]),
    TypeError,
    'Cannot run with the unknown option "endpoints": did you mean "endpoint"?',
  );
  assertThrows(
    () => readOptions(OPTIONS, { verbosity: 3 }, "run", ["log"]),
    TypeError,
    'Cannot run with the unknown option "verbosity": there are endpoint, timeout, limit, count, share, order, keep, log',
  );
  assertEquals(readOptions(OPTIONS, { log: 1 }, "run", ["log"]), DEFAULTS);
});

Deno.test("readOption() throws an error that names option and value when the value is wrong", () => {
  const wrong: ReadonlyArray<readonly [keyof typeof OPTIONS, unknown, string]> = [
    ["timeout", "10", 'timeout "10": a duration is a number with a unit, such as "250ms", "10s", "5m"'],
    ["timeout", 0.5, "timeout 0.5: it must be whole milliseconds, from 0 to 1m"],
    ["timeout", "2m", 'timeout "2m": it must be whole milliseconds, from 0 to 1m'],
    ["limit", "1 KB", 'limit "1 KB": a size is a number of bytes or one with a unit, such as "64KiB", "256MiB"'],
    ["limit", 0, "limit 0: it must be whole bytes, from 1 to 1MiB"],
    ["count", 6, "count 6: it must be a whole number between 1 and 5"],
    ["count", 1.5, "count 1.5: it must be a whole number between 1 and 5"],
    ["share", NaN, "share NaN: it must be a number between 0.1 and 1"],
    ["order", "lifo", 'order "lifo": it must be one of auto, fifo'],
    ["endpoint", [], "endpoint []: it must name at least one endpoint"],
    ["endpoint", "udp://a:1", 'endpoint "udp://a:1": an endpoint begins with tcp:// or ipc://'],
  ];
  for (const [name, value, message] of wrong) {
    assertThrows(() => readOption(OPTIONS[name], value, name, "run"), RangeError, `Cannot run with ${message}`);
  }
});

Deno.test("readOption() throws a TypeError when the value's type is wrong", () => {
  const wrong: ReadonlyArray<readonly [keyof typeof OPTIONS, unknown, string]> = [
    ["timeout", true, 'timeout true: it must be a number of milliseconds, or a text such as "10s"'],
    ["limit", null, 'limit null: it must be a number of bytes, or a text such as "64KiB"'],
    ["count", "3", 'count "3": it must be a number'],
    ["keep", 1, "keep 1: it must be true or false"],
    ["endpoint", [1], "endpoint [1]: it must be an endpoint or a list of endpoints"],
  ];
  for (const [name, value, message] of wrong) {
    assertThrows(() => readOption(OPTIONS[name], value, name, "run"), TypeError, `Cannot run with ${message}`);
  }
});
