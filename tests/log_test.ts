import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import { Log, type LogFormat, type LogLevel, writeAll } from "../lib/log.ts";

const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/;

/** What is written with a format, by lines, each line's time checked and taken off. */
function linesOf(
  write: (log: Log) => void,
  options: { format?: LogFormat; level?: LogLevel; isTerminal?: boolean; useColor?: boolean } = {},
): string[] {
  const { format = "text", level = "info", isTerminal = false, useColor = false } = options;
  const lines: string[] = [];
  write(new Log({ write: (line) => lines.push(line), isTerminal, useColor }, { format, level }));
  return lines.map((line) => {
    assertEquals(line.indexOf("\n"), line.length - 1);
    const [time, rest] = line.startsWith("{")
      ? [JSON.parse(line).time, line.trimEnd().replace(/"time":"[^"]*",/, "")]
      : [line.slice(0, 24), line.slice(25, -1)];
    assertMatch(time, TIME);
    return rest;
  });
}

function writeAllLevels(log: Log): void {
  log.info("listening", { frontend: "tcp://*:5555", count: 2 });
  log.warning("late reply", { worker: "00AB-FFFF" });
  log.error("failed");
}

Deno.test("Log writes text when that is the format", () => {
  assertEquals(linesOf(writeAllLevels), [
    "listening frontend=tcp://*:5555 count=2",
    "warning: late reply worker=00AB-FFFF",
    "error: failed",
  ]);
});

Deno.test("Log writes JSON, one object a line, when that is the format", () => {
  assertEquals(linesOf(writeAllLevels, { format: "json", isTerminal: true, useColor: true }), [
    '{"level":"info","event":"listening","frontend":"tcp://*:5555","count":2}',
    '{"level":"warning","event":"late reply","worker":"00AB-FFFF"}',
    '{"level":"error","event":"failed"}',
  ]);
});

Deno.test("Log writes text on a terminal and JSON elsewhere when the format is auto", () => {
  const write = (log: Log) => log.info("stopped");
  assertEquals(linesOf(write, { format: "auto", isTerminal: true }), ["stopped"]);
  assertEquals(linesOf(write, { format: "auto", isTerminal: false }), ['{"level":"info","event":"stopped"}']);
});

Deno.test("Log leaves out what matters less than its level", () => {
  assertEquals(linesOf(writeAllLevels, { level: "warning" }), [
    "warning: late reply worker=00AB-FFFF",
    "error: failed",
  ]);
  assertEquals(linesOf(writeAllLevels, { level: "error" }), ["error: failed"]);
});

Deno.test("Log colours warnings and errors when the target wants it", () => {
  assertEquals(linesOf(writeAllLevels, { useColor: true }), [
    "listening frontend=tcp://*:5555 count=2",
    "\x1b[33mwarning: late reply\x1b[0m worker=00AB-FFFF",
    "\x1b[31merror: failed\x1b[0m",
  ]);
});

Deno.test("Log quotes a field's text when it would not be one word", () => {
  const write = (log: Log) =>
    log.info("event", {
      empty: "",
      space: "a b",
      line: "a\nb",
      quote: 'a"b',
      equals: "a=b",
      list: ["a", "b"],
      words: ["a b", "c"],
      yes: true,
      half: 0.5,
    });
  assertEquals(linesOf(write), [
    String
      .raw`event empty="" space="a b" line="a\nb" quote="a\"b" equals="a=b" list=a,b words="a b,c" yes=true half=0.5`,
  ]);
});

/** A stream that takes a few bytes at a time, as a pipe may. */
class SlowStream {
  readonly bytes: number[] = [];

  writeSync(bytes: Uint8Array): number {
    const part = bytes.subarray(0, 3);
    this.bytes.push(...part);
    return part.length;
  }
}

Deno.test("writeAll() writes everything when the stream takes a few bytes at a time", () => {
  const stream = new SlowStream();
  writeAll(stream, "zwölf Boxkämpfer\n");
  assertEquals(new TextDecoder().decode(Uint8Array.from(stream.bytes)), "zwölf Boxkämpfer\n");
});

Deno.test("writeAll() gives up in silence when the reader has gone", () => {
  let calls = 0;
  const stream = {
    writeSync: () => {
      calls++;
      throw new Deno.errors.BrokenPipe();
    },
  };
  writeAll(stream, "text");
  assertEquals(calls, 1);
});

Deno.test("writeAll() throws when the stream fails in another way", () => {
  const stream = {
    writeSync: () => {
      throw new Deno.errors.BadResource("closed");
    },
  };
  assertThrows(() => writeAll(stream, "text"), Deno.errors.BadResource, "closed");
});
