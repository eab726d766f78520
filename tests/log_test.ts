import { assertEquals, assertMatch } from "@std/assert";
import { Log, type LogFormat, type LogLevel } from "../lib/log.ts";

const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/;

/** What is written with a format, by lines, each line's time checked and taken off. */
function linesOf(
  write: (log: Log) => void,
  options: { format?: LogFormat; level?: LogLevel; isTerminal?: boolean; useColor?: boolean } = {},
): string[] {
  const { format = "text", level = "info", isTerminal = false, useColor = false } = options;
  const lines: string[] = [];
  write(new Log({ write: (line) => lines.push(line) > 0, isTerminal, useColor }, { format, level }));
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
  log.debug("job answered", { job: 1 });
  log.info("listening", { frontend: "tcp://*:5555", count: 2 });
  log.warning("late reply", { worker: "00AB-FFFF" });
  log.error("failed");
}

Deno.test("Log writes text when the format is text", () => {
  assertEquals(linesOf(writeAllLevels), [
    "listening frontend=tcp://*:5555 count=2",
    "warning: late reply worker=00AB-FFFF",
    "error: failed",
  ]);
});

Deno.test("Log writes JSON, one object per line, when the format is JSON", () => {
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

Deno.test("Log leaves out lines below its level", () => {
  assertEquals(linesOf(writeAllLevels, { level: "warning" }), [
    "warning: late reply worker=00AB-FFFF",
    "error: failed",
  ]);
  assertEquals(linesOf(writeAllLevels, { level: "error" }), ["error: failed"]);
  assertEquals(linesOf(writeAllLevels, { level: "debug" }), [
    "debug: job answered job=1",
    "listening frontend=tcp://*:5555 count=2",
    "warning: late reply worker=00AB-FFFF",
    "error: failed",
  ]);
});

Deno.test("Log colours warnings and errors when the target has colours", () => {
  assertEquals(linesOf(writeAllLevels, { useColor: true }), [
    "listening frontend=tcp://*:5555 count=2",
    "\x1b[33mwarning: late reply\x1b[0m worker=00AB-FFFF",
    "\x1b[31merror: failed\x1b[0m",
  ]);
});

Deno.test("Log quotes a field's text unless it is a single word", () => {
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

Deno.test("Log escapes all control characters in a field's text", () => {
  const write = (log: Log) => log.info("event", { text: "\x1b[31m\x7f\x9b31m\x80" });
  assertEquals(linesOf(write), [String.raw`event text="\u001b[31m\u007f\u009b31m\u0080"`]);
});

Deno.test("Log counts lines that are lost, and says how many when it can write again", () => {
  const lines: string[] = [];
  let isWritable = false;
  const write = (line: string) => {
    if (isWritable) lines.push(line.slice(25, -1));
    return isWritable;
  };
  const log = new Log({ write, isTerminal: false, useColor: false }, { format: "text", level: "warning" });
  log.info("below the level, and not lost");
  for (const event of ["one", "two", "three"]) log.warning(event);
  assertEquals(lines, []);
  isWritable = true;
  log.error("four");
  log.error("five");
  assertEquals(lines, ["warning: log lines lost lines=3", "error: four", "error: five"]);
});

Deno.test("Log counts the line that follows a notice that is lost, too", () => {
  const lines: string[] = [];
  let room = 0;
  const write = (line: string) => room-- > 0 && lines.push(line.slice(25, -1)) > 0;
  const log = new Log({ write, isTerminal: false, useColor: false }, { format: "text", level: "info" });
  log.info("one");
  log.info("two");
  // Room for the notice, and for no line behind it.
  room = 1;
  log.info("three");
  room = 2;
  log.info("four");
  assertEquals(lines, ["warning: log lines lost lines=2", "warning: log lines lost lines=1", "four"]);
});
