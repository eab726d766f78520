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
      [{ connect: [] }, "Cannot work with connect []: it must name at least one endpoint"],
      [{ connect: "tcp://*:5556" }, "names its host and port"],
      [{ connect: ["tcp://localhost:1", "tcp://localhost:1"], identity: "api" }, "twice under one identity"],
      [{ concurrency: 0 }, "Cannot work with concurrency 0: it must be a whole number between 1 and 1024"],
      [{ concurrency: 1.5 }, "whole number between 1 and 1024"],
      [{ maxJobs: -1 }, "Cannot work with maxJobs -1"],
      [{ jobTimeout: "soon" }, 'Cannot work with jobTimeout "soon"'],
      [{ blockMs: -1 }, "Cannot work with blockMs -1"],
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
      [{ connect: 5556 }, "it must be an endpoint or a list of endpoints"],
      [{ concurrency: "two" }, "it must be a number"],
      [{ identity: 7 }, "an identity that is a number"],
    ] as const
  ) assertThrows(() => readWorkOptions(options as object), TypeError, phrase);
});
