import { assertEquals, assertThrows } from "@std/assert";
import { parseCommandLine } from "../../lib/cli/parse.ts";
import { type OptionTable, type Program, UsageError } from "../../lib/cli/program.ts";

const PROGRAM = {
  name: "fetch",
  summary: ["Fetches."],
  arguments: [{ help: "What to fetch.", placeholder: "NAME", excludes: ["all"] }],
  options: {
    from: {
      kind: "endpoints",
      defaultValue: ["tcp://localhost:1"],
      use: "connect",
      help: "Where from.",
      variable: "SPQ_FROM",
    },
    maxSize: { kind: "size", defaultValue: 100, min: 1, max: 1000, help: "The size.", variable: "SPQ_MAX_SIZE" },
    dryRun: { kind: "switch", defaultValue: false, help: "Do nothing.", variable: "SPQ_DRY_RUN" },
    all: { kind: "switch", defaultValue: false, help: "All.", excludes: ["maxSize"] },
    force: { kind: "switch", defaultValue: false, help: "By force.", needsOneOf: ["dryRun", "all"] },
  },
  exitCodes: [[0, "done"]],
} as const satisfies Program<OptionTable>;

const { arguments: _, ...WITHOUT_ARGUMENT } = PROGRAM;

const DEFAULTS = { from: ["tcp://localhost:1"], maxSize: 100, dryRun: false, all: false, force: false };

function parse(args: readonly string[], variables: Readonly<Record<string, string>> = {}) {
  return parseCommandLine(PROGRAM, args, (name) => variables[name]);
}

Deno.test("parseCommandLine() fills in the defaults", () => {
  assertEquals(parse([]), { options: DEFAULTS, arguments: [], sources: new Map() });
});

Deno.test("parseCommandLine() reads flags with their value after an equals sign or as the next argument", () => {
  for (const args of [["--max-size", "7", "--dry-run"], ["--max-size=7", "--dry-run"]]) {
    assertEquals(parse(args).options, { ...DEFAULTS, maxSize: 7, dryRun: true });
  }
  assertEquals(parse(["--from", "tcp://a:1", "--from=tcp://b:1"]).options.from, ["tcp://a:1", "tcp://b:1"]);
});

Deno.test("parseCommandLine() reads variables, but flags take precedence", () => {
  const variables = { SPQ_FROM: "tcp://a:1,tcp://b:1", SPQ_MAX_SIZE: "7", SPQ_DRY_RUN: "1" };
  assertEquals(parse([], variables).options, {
    ...DEFAULTS,
    from: ["tcp://a:1", "tcp://b:1"],
    maxSize: 7,
    dryRun: true,
  });
  assertEquals(parse(["--max-size", "8"], variables).options.maxSize, 8);
  assertEquals(parse(["--from", "tcp://c:1"], variables).options.from, ["tcp://c:1"]);
});

Deno.test("parseCommandLine() ignores an empty variable", () => {
  assertEquals(parse([], { SPQ_MAX_SIZE: "" }).options, DEFAULTS);
});

Deno.test("parseCommandLine() reads one argument, which may begin with a dash after --", () => {
  assertEquals(parse(["name"]).arguments, ["name"]);
  assertEquals(parse(["-"]).arguments, ["-"]);
  assertEquals(parse([""]).arguments, [""]);
  assertEquals(parse(["--dry-run", "--", "--max-size"]), {
    options: { ...DEFAULTS, dryRun: true },
    arguments: ["--max-size"],
    sources: new Map([["dryRun", "--dry-run"]]),
  });
});

Deno.test("parseCommandLine() says what gave each option: its flag or its variable", () => {
  const { sources } = parse(["--max-size", "5"], { SPQ_MAX_SIZE: "6", SPQ_FROM: "tcp://localhost:2" });
  assertEquals([...sources].sort(), [["from", "SPQ_FROM"], ["maxSize", "--max-size"]]);
});

Deno.test("parseCommandLine() throws a UsageError that says what is wrong", () => {
  const wrong: ReadonlyArray<readonly [args: readonly string[], message: string]> = [
    [["--max-sise", "7"], 'Unknown option "--max-sise", did you mean --max-size?'],
    [["--maxSize=7"], 'Unknown option "--maxSize=7", did you mean --max-size?'],
    [["--hlep"], 'Unknown option "--hlep", did you mean --help?'],
    [["--bogus-name"], 'Unknown option "--bogus-name"'],
    [["-x"], 'Unknown option "-x"'],
    [["--max-size"], "Option --max-size needs a value: SIZE"],
    [["--max-size="], "Option --max-size needs a value: SIZE"],
    [["--max-size", ""], "Option --max-size needs a value: SIZE"],
    [["--max-size", "--dry-run"], "Option --max-size needs a value: SIZE"],
    [["--max-size", "7", "--max-size", "8"], "Option --max-size can be given only once, but there are 2: 7, 8"],
    [["--max-size", "0"], 'Option --max-size cannot be "0": it must be between 1 and 1000'],
    [["--dry-run", "--dry-run"], "Option --dry-run can be given only once"],
    [["--dry-run=1"], 'Option --dry-run takes no value, but "--dry-run=1" gives it one'],
    [["one", "two"], 'Unexpected argument "two": only one NAME is allowed, in quotes if it has spaces'],
    [["name", "--all"], 'Argument "name" cannot be given with option --all'],
    [["--all", "--max-size", "7"], "Option --all cannot be given with option --max-size"],
    [["--force"], "Option --force needs one of --dry-run, --all"],
  ];
  for (const [args, message] of wrong) assertThrows(() => parse(args), UsageError, message);
});

Deno.test("parseCommandLine() names the variable that is wrong", () => {
  const wrong: ReadonlyArray<readonly [args: readonly string[], variables: Record<string, string>, message: string]> = [
    [[], { SPQ_MAX_SIZE: "big" }, 'Variable SPQ_MAX_SIZE cannot be "big": a size is a number of bytes'],
    [[], { SPQ_DRY_RUN: "yes" }, 'Variable SPQ_DRY_RUN cannot be "yes": it must be 1 or 0'],
    [[], { SPQ_FROM: "tcp://a:1," }, "Variable SPQ_FROM needs a value: ENDPOINT"],
    [["--all"], { SPQ_MAX_SIZE: "7" }, "Option --all cannot be given with variable SPQ_MAX_SIZE"],
  ];
  for (const [args, variables, message] of wrong) assertThrows(() => parse(args, variables), UsageError, message);
});

Deno.test("parseCommandLine() accepts a variable that other programs also read, even without the options that it needs", () => {
  const need = {
    ...PROGRAM.options.from,
    variable: "SPQ_SHARED",
    needsOneOf: ["dryRun"],
    sharesVariable: true,
  } as const;
  const program = { ...PROGRAM, options: { ...PROGRAM.options, need } } as const;
  const { options } = parseCommandLine(program, [], (name) => name === "SPQ_SHARED" ? "tcp://localhost:1" : undefined);
  assertEquals(options.need, ["tcp://localhost:1"]);
  const read = () => parseCommandLine(program, ["--need", "tcp://localhost:1"], () => undefined);
  assertThrows(read, UsageError, "Option --need needs --dry-run");
});

Deno.test("parseCommandLine() treats a switch that a variable sets to 0 as not given", () => {
  assertThrows(() => parse(["--force"], { SPQ_DRY_RUN: "0" }), UsageError, "needs one of");
  assertEquals(parse(["--force"], { SPQ_DRY_RUN: "1" }).options.force, true);
});

Deno.test("parseCommandLine() throws a UsageError when there is an argument and the program takes none", () => {
  for (
    const [args, message] of [
      [["name"], 'Unexpected argument "name": every option begins with --'],
      [["-"], 'Unexpected argument "-": every option begins with --'],
      [["--", "name"], 'Unexpected argument "--": fetch takes options only'],
    ] as const
  ) assertThrows(() => parseCommandLine(WITHOUT_ARGUMENT, args, () => undefined), UsageError, message);
});

Deno.test("parseCommandLine() takes several arguments, and names the one that is missing or superfluous", () => {
  const program = {
    ...PROGRAM,
    arguments: [
      { placeholder: "ROLE", help: "A role.", isRequired: true },
      { placeholder: "NAME", help: "A name.", isRequired: true },
      { placeholder: "NOTE", help: "A note." },
    ],
  } as const satisfies Program<OptionTable>;
  const parse = (...args: string[]) => parseCommandLine(program, args, () => undefined).arguments;
  assertEquals(parse("worker", "a"), ["worker", "a"]);
  assertEquals(parse("worker", "--max-size", "7", "a", "b"), ["worker", "a", "b"]);
  assertThrows(() => parse("worker"), UsageError, "Argument NAME is missing: call it as fetch ROLE NAME [NOTE]");
  assertThrows(
    () => parse("1", "2", "3", "4"),
    UsageError,
    'Unexpected argument "4": the arguments are ROLE NAME [NOTE]',
  );
});
