import { assertEquals, assertThrows } from "@std/assert";
import { readWorkOptions } from "../../lib/worker/config.ts";

Deno.test("readWorkOptions() fills in the defaults", () => {
  assertEquals(readWorkOptions({}), {
    connect: ["tcp://localhost:5556"],
    concurrency: 1,
    maxJobs: 0,
    jobTimeout: 0,
    blockMs: 0,
  });
});

Deno.test("readWorkOptions() takes one endpoint or several, and texts for durations", () => {
  assertEquals(readWorkOptions({ connect: "ipc:///run/q" }).connect, ["ipc:///run/q"]);
  assertEquals(readWorkOptions({ connect: ["tcp://a:1", "tcp://b:1"] }).connect, ["tcp://a:1", "tcp://b:1"]);
  assertEquals(readWorkOptions({ jobTimeout: "2s" }).jobTimeout, 2000);
  assertEquals(readWorkOptions({ concurrency: "auto" }).concurrency, navigator.hardwareConcurrency);
});

Deno.test("readWorkOptions() throws a RangeError when a value is wrong", () => {
  for (
    const [options, phrase] of [
      [{ connect: [] }, "Option connect cannot be []: it needs at least one value"],
      [{ connect: "tcp://*:5556" }, "must name its host and port"],
      [{ connect: ["tcp://localhost:1", "tcp://localhost:1"], identity: "api" }, "twice under one identity"],
      [{ concurrency: 0 }, "Option concurrency cannot be 0: it must be a whole number between 1 and 1024, or auto"],
      [{ concurrency: 1.5 }, "whole number between 1 and 1024"],
      [{ maxJobs: -1 }, "Option maxJobs cannot be -1"],
      [{ jobTimeout: "soon" }, 'Option jobTimeout cannot be "soon"'],
      [{ blockMs: -1 }, "Option blockMs cannot be -1"],
    ] as const
  ) assertThrows(() => readWorkOptions(options), RangeError, phrase);
});

Deno.test("readWorkOptions() throws a TypeError that suggests a name when an option does not exist", () => {
  for (
    const [name, suggestion] of [["concurency", "concurrency"], ["conect", "connect"], ["jobTimeoutMs", "jobTimeout"]]
  ) assertThrows(() => readWorkOptions({ [name!]: 2 }), TypeError, `did you mean "${suggestion}"?`);
});

Deno.test("readWorkOptions() throws a TypeError when a value is of the wrong type", () => {
  for (
    const [options, phrase] of [
      [{ connect: 5556 }, "it must be text"],
      [{ concurrency: "two" }, "it must be a whole number between 1 and 1024, or auto"],
      [{ identity: 7 }, "identity cannot be a number: it must be text"],
    ] as const
  ) assertThrows(() => readWorkOptions(options as object), TypeError, phrase);
});
