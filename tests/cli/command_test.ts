import { assertEquals, assertThrows } from "@std/assert";
import { command, findCommand } from "../../lib/cli/command.ts";
import { type OptionTable, type Program, UsageError } from "../../lib/cli/program.ts";

const COMMANDS = ["tool key add", "tool key list", "tool status"].map((name) => {
  const program: Program<OptionTable> = { name, summary: [name], options: {}, exitCodes: [] };
  return command(program, () => Promise.resolve(() => Promise.resolve(0)));
});

function find(...args: string[]): [name: string, args: readonly string[]] | undefined {
  const found = findCommand("tool", COMMANDS, args);
  return found && [found.command.program.name, found.args];
}

Deno.test("findCommand() finds the subcommand and what follows it", () => {
  assertEquals(find("key", "add", "worker", "--keys", "x"), ["tool key add", ["worker", "--keys", "x"]]);
  assertEquals(find("key", "add", "--help"), ["tool key add", ["--help"]]);
  assertEquals(find("status"), ["tool status", []]);
});

Deno.test("findCommand() finds nothing when the command line begins with an option, or has no commands", () => {
  assertEquals([find(), find("--frontend", "key"), find("key", "--help")], [undefined, undefined, undefined]);
  assertEquals(findCommand("tool", [], ["hello"]), undefined);
});

Deno.test("findCommand() throws a UsageError that names what was meant when the first word is wrong", () => {
  assertThrows(() => find("statu"), UsageError, 'Unknown command "statu", did you mean "status"?');
  assertThrows(() => find("keys", "add"), UsageError, 'Unknown command "keys", did you mean "key"?');
  assertThrows(() => find("xyzzy-what"), UsageError, 'Unknown command "xyzzy-what": the commands are key, status');
});

Deno.test("findCommand() throws a UsageError that names what was meant when the second word is wrong or missing", () => {
  assertThrows(() => find("key", "lst"), UsageError, 'Unknown command "key lst", did you mean "key list"?');
  assertThrows(() => find("key", "rm"), UsageError, 'Unknown command "key rm": the commands are key add, key list');
  assertThrows(() => find("key", "xyzzy-what"), UsageError, "the commands are key add, key list");
  assertThrows(() => find("key"), UsageError, 'Command "key" is incomplete: the commands are key add, key list');
});
