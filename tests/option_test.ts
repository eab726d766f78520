import { assertEquals, assertThrows } from "@std/assert";
import { type Option, readOption, readOptions, readTexts, selectOptions } from "../lib/option.ts";

const OPTIONS = {
  endpoint: { kind: "endpoints", defaultValue: ["tcp://*:1"], use: "bind" },
  timeout: { kind: "duration", defaultValue: 10, min: 0, max: 60_000 },
  limit: { kind: "size", defaultValue: 1024, min: 1, max: 1024 ** 2 },
  count: { kind: "integer", defaultValue: 3, min: 1, max: 5 },
  workers: { kind: "integer", defaultValue: 1, min: 0, max: Number.MAX_SAFE_INTEGER, word: "auto" },
  share: { kind: "number", defaultValue: 0.5, min: 0.1, max: 1 },
  order: { kind: "choice", defaultValue: "auto", choices: ["auto", "fifo"] },
  formats: { kind: "choices", defaultValue: ["text"], choices: ["text", "json"] },
  keep: { kind: "switch", defaultValue: false },
  name: { kind: "text", defaultValue: undefined },
  length: { kind: "text", defaultValue: 0, parse: lengthOf },
  names: { kind: "texts", defaultValue: [] },
  lengths: { kind: "texts", defaultValue: undefined, parse: lengthOf },
} as const satisfies Record<string, Option>;

function lengthOf(text: string): number {
  if (text !== "") return text.length;
  throw new RangeError("it must not be empty");
}

const DEFAULTS = {
  endpoint: ["tcp://*:1"],
  timeout: 10,
  limit: 1024,
  count: 3,
  share: 0.5,
  workers: 1,
  order: "auto",
  formats: ["text"],
  keep: false,
  name: undefined,
  length: 0,
  names: [],
  lengths: undefined,
} as const;

Deno.test("readOptions() returns the defaults when nothing is given, or undefined", () => {
  assertEquals(readOptions(OPTIONS, {}, "run()"), DEFAULTS);
  assertEquals(readOptions(OPTIONS, { count: undefined }, "run()"), DEFAULTS);
});

Deno.test("readOptions() returns the given values, in every notation", () => {
  const given: ReadonlyArray<readonly [object, object]> = [
    [{ timeout: "1m" }, { timeout: 60_000 }],
    [{ timeout: 250 }, { timeout: 250 }],
    [{ limit: "1KiB" }, { limit: 1024 }],
    [{ limit: "7" }, { limit: 7 }],
    [{ limit: 8 }, { limit: 8 }],
    [{ endpoint: "ipc:///a" }, { endpoint: ["ipc:///a"] }],
    [{ endpoint: ["ipc:///a", "tcp://*:2"] }, { endpoint: ["ipc:///a", "tcp://*:2"] }],
    [{ workers: "auto", formats: "json" }, { workers: "auto", formats: ["json"] }],
    [{ name: "n", length: "four" }, { name: "n", length: 4 }],
    [{ names: "n", lengths: ["four", "x"] }, { names: ["n"], lengths: [4, 1] }],
    [{ count: 5, share: 0.1, order: "fifo", keep: true }, { count: 5, share: 0.1, order: "fifo", keep: true }],
  ];
  for (const [input, values] of given) assertEquals(readOptions(OPTIONS, input, "run()"), { ...DEFAULTS, ...values });
});

Deno.test("readOptions() throws a TypeError with a suggestion when a property is unknown", () => {
  assertThrows(
    () => readOptions(OPTIONS, { endpoints: [] }, "run()", ["log"]),
    TypeError,
    'Unknown option "endpoints" of run(), did you mean "endpoint"?',
  );
  assertThrows(
    () => readOptions(OPTIONS, { verbosity: 3 }, "run()", ["log"]),
    TypeError,
    `Unknown option "verbosity" of run(): the options are ${Object.keys(OPTIONS).join(", ")}, log`,
  );
  assertEquals(readOptions(OPTIONS, { log: 1 }, "run()", ["log"]), DEFAULTS);
});

/** What is wrong with a text, whether it comes from a property, a flag or a variable. */
const WRONG_TEXTS: ReadonlyArray<readonly [keyof typeof OPTIONS, string, string]> = [
  ["timeout", "10", 'a duration is a number with a unit, such as "250ms", "10s", "5m"'],
  ["timeout", "2m", "it must be between 0 and 1m"],
  ["limit", "1 KB", 'a size is a number of bytes or one with a unit, such as "64KiB", "256MiB"'],
  ["limit", "0", "it must be between 1 and 1MiB"],
  ["order", "lifo", "it must be one of auto, fifo"],
  ["formats", "xml", "it must be one of text, json"],
  ["endpoint", "udp://a:1", "an endpoint begins with tcp:// or ipc://"],
  ["length", "", "it must not be empty"],
];

Deno.test("readOption() and readTexts() say the same when a text is wrong", () => {
  for (const [name, text, reason] of WRONG_TEXTS) {
    const shown = JSON.stringify(text);
    assertThrows(
      () => readOption(OPTIONS[name], text, name),
      RangeError,
      `Option ${name} cannot be ${shown}: ${reason}`,
    );
    assertThrows(
      () => readTexts(OPTIONS[name], [text], "Variable SPQ_X"),
      RangeError,
      `Variable SPQ_X cannot be ${shown}: ${reason}`,
    );
  }
});

Deno.test("readOption() throws a RangeError that names option and value when the value is wrong", () => {
  const wrong: ReadonlyArray<readonly [keyof typeof OPTIONS, unknown, string]> = [
    ["timeout", 0.5, "timeout cannot be 0.5: it must be whole milliseconds"],
    ["timeout", -1, "timeout cannot be -1: it must be between 0 and 1m"],
    ["timeout", NaN, "timeout cannot be NaN: it must be between 0 and 1m"],
    ["timeout", Infinity, "timeout cannot be Infinity: it must be between 0 and 1m"],
    ["limit", 0, "limit cannot be 0: it must be between 1 and 1MiB"],
    ["limit", 1.5, "limit cannot be 1.5: it must be whole bytes"],
    ["count", 6, "count cannot be 6: it must be a whole number between 1 and 5"],
    ["count", 1.5, "count cannot be 1.5: it must be a whole number between 1 and 5"],
    ["workers", -1, "workers cannot be -1: it must be a whole number, 0 or more, or auto"],
    ["share", NaN, "share cannot be NaN: it must be a number between 0.1 and 1"],
    ["endpoint", [], "endpoint cannot be []: it needs at least one value"],
    ["endpoint", ["tcp://*:1", "tcp://*"], 'endpoint cannot be "tcp://*": a tcp endpoint is tcp://ADDRESS:PORT'],
  ];
  for (const [name, value, message] of wrong) {
    assertThrows(() => readOption(OPTIONS[name], value, name), RangeError, `Option ${message}`);
  }
});

Deno.test("readOption() throws a TypeError when the value has the wrong type", () => {
  const wrong: ReadonlyArray<readonly [keyof typeof OPTIONS, unknown, string]> = [
    ["timeout", true, 'timeout cannot be true: it must be a number of milliseconds, or text such as "10s"'],
    ["limit", null, 'limit cannot be null: it must be a number of bytes, or text such as "64KiB"'],
    ["count", "3", 'count cannot be "3": it must be a whole number between 1 and 5'],
    ["workers", "two", 'workers cannot be "two": it must be a whole number, 0 or more, or auto'],
    ["keep", 1, "keep cannot be 1: it must be true or false"],
    ["name", {}, "name cannot be an object: it must be text"],
    ["name", () => 1, "name cannot be a function: it must be text"],
    ["order", 7n, "order cannot be 7: it must be text"],
    ["endpoint", [1], "endpoint cannot be 1: it must be text"],
  ];
  for (const [name, value, message] of wrong) {
    assertThrows(() => readOption(OPTIONS[name], value, name), TypeError, `Option ${message}`);
  }
});

Deno.test("selectOptions() selects the options that both have", () => {
  assertEquals(selectOptions(OPTIONS, { count: 5, share: 0.2, logLevel: "info" }), { count: 5, share: 0.2 });
});

Deno.test("readTexts() reads each kind", () => {
  const read: ReadonlyArray<readonly [keyof typeof OPTIONS, readonly string[], unknown]> = [
    ["timeout", ["1m"], 60_000],
    ["limit", ["1KiB"], 1024],
    ["count", ["5"], 5],
    ["workers", ["auto"], "auto"],
    ["share", ["0.25"], 0.25],
    ["order", ["fifo"], "fifo"],
    ["formats", ["json", "text"], ["json", "text"]],
    ["keep", ["1"], true],
    ["keep", ["false"], false],
    ["name", ["a b"], "a b"],
    ["length", ["four"], 4],
    ["endpoint", ["ipc:///a", "tcp://*:2"], ["ipc:///a", "tcp://*:2"]],
  ];
  for (const [name, texts, value] of read) {
    assertEquals(readTexts(OPTIONS[name], texts, "Option"), value as never, name);
  }
});

Deno.test("readTexts() names the one text of a list that is wrong", () => {
  assertThrows(
    () => readTexts(OPTIONS.endpoint, ["tcp://*:1", "udp://a:1"], "Option --endpoint"),
    RangeError,
    'Option --endpoint cannot be "udp://a:1": an endpoint begins with tcp:// or ipc://',
  );
});
