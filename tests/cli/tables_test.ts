import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { helpText } from "../../lib/cli/help.ts";
import { parseCommandLine } from "../../lib/cli/parse.ts";
import { flagOf, type OptionTable, type Program, UsageError } from "../../lib/cli/program.ts";
import { CLIENT_PROGRAM } from "../../lib/client/options.ts";
import { readTexts } from "../../lib/option.ts";
import { QUEUE_PROGRAM } from "../../lib/queue/options.ts";
import { WORKER_PROGRAM } from "../../lib/worker/options.ts";

const PROGRAMS: readonly Program<OptionTable>[] = [QUEUE_PROGRAM, WORKER_PROGRAM, CLIENT_PROGRAM];

for (const program of PROGRAMS) {
  const role = program.name.slice("sp".length);

  Deno.test(`${program.name} names each variable after its option, with or without the program's name`, () => {
    for (const [name, { variable }] of Object.entries(program.options)) {
      if (variable === undefined) continue;
      const own = flagOf(name).replaceAll("-", "_").toUpperCase();
      assertMatch(variable, new RegExp(`^SPQ_(${role.toUpperCase()}_)?${own}$`));
    }
  });

  Deno.test(`${program.name} shows each default as one would write it`, () => {
    const help = helpText(program);
    for (const [name, option] of Object.entries(program.options)) {
      if (option.shownDefault !== undefined || option.defaultValue === undefined || option.kind === "switch") continue;
      const [, shown] = new RegExp(`--${flagOf(name)} [^[]*\\[default:\\s([^\\]]*)`).exec(help) ?? [];
      assertEquals(readTexts(option, [shown!], name), option.defaultValue as never, name);
    }
  });

  Deno.test(`${program.name} has each option that another one needs or excludes`, () => {
    const rules = [...Object.values(program.options), ...program.arguments ?? []];
    for (
      const { needsOneOf = [], excludes = [] } of rules as {
        needsOneOf?: readonly string[];
        excludes?: readonly string[];
      }[]
    ) {
      for (const name of [...needsOneOf, ...excludes]) assert(Object.hasOwn(program.options, name), name);
    }
  });

  Deno.test(`${program.name} has a sentence of help for each option, and lines of at most 100 columns`, () => {
    for (const [name, { help }] of Object.entries(program.options)) assertMatch(help, /^[A-Z].*\.$/, name);
    for (const line of helpText(program).split("\n")) assert(line.length <= 100, line);
  });

  Deno.test(`${program.name} has its defaults when nothing is given`, () => {
    const { options } = parseCommandLine(program, [], () => undefined);
    for (const [name, { defaultValue }] of Object.entries(program.options)) {
      assertEquals(options[name], defaultValue as never, name);
    }
  });
}

/** Arguments that a program refuses, each with what it says. */
type Cases = [args: string[], message: string][];

/** A program that takes no argument. */
const NO_ARGUMENT: Cases = [
  [["start"], 'Unexpected argument "start": every option begins with --'],
  [["-"], 'Unexpected argument "-": every option begins with --'],
];

const CASES_BY_PROGRAM: Readonly<Record<string, Cases>> = {
  spqueue: [
    ...NO_ARGUMENT,
    [["--fronted", "tcp://*:1"], 'Unknown option "--fronted", did you mean --frontend?'],
    [
      ["--redeliveries", "1001"],
      'Option --redeliveries cannot be "1001": it must be a whole number between 0 and 1000',
    ],
    [
      ["--redeliveries", "1.5"],
      'Option --redeliveries cannot be "1.5": it must be a whole number between 0 and 1000',
    ],
    [["--redeliveries=-1"], 'Option --redeliveries cannot be "-1": it must be a whole number between 0 and 1000'],
    [["--max-backlog", "0"], 'Option --max-backlog cannot be "0": it must be a whole number between 1 and 100000000'],
    [["--client-share", "2"], 'Option --client-share cannot be "2": it must be a number between 0.000001 and 1'],
    [
      ["--job-timeout", "5"],
      'Option --job-timeout cannot be "5": a duration is a number with a unit, such as "250ms", "10s", "5m"',
    ],
    [
      ["--max-message-size", "1 MiB"],
      'Option --max-message-size cannot be "1 MiB": ' +
      'a size is a number of bytes or one with a unit, such as "64KiB", "256MiB"',
    ],
    [["--drain-timeout", "597h"], 'Option --drain-timeout cannot be "597h": it must be between 0 and 596h'],
    [["--heartbeat", "2h"], 'Option --heartbeat cannot be "2h": it must be between 0 and 1h'],
    [["--io-threads", "0"], 'Option --io-threads cannot be "0": it must be a whole number between 1 and 16'],
    [["--io-threads=two"], 'Option --io-threads cannot be "two": it must be a whole number between 1 and 16'],
    [["--max-message-size", "0"], 'Option --max-message-size cannot be "0": it must be between 1KiB and 1024GiB'],
    [["--max-backlog-bytes", "0"], 'Option --max-backlog-bytes cannot be "0": it must be between 1 and 1024GiB'],
    [
      ["--max-message-size", "2000GiB"],
      'Option --max-message-size cannot be "2000GiB": it must be between 1KiB and 1024GiB',
    ],
    [["--keep-orphans", "--keep-orphans"], "Option --keep-orphans can be given only once"],
    [["--http-token-file", "token"], "Option --http-token-file needs --http"],
    [["--order", "lifo"], 'Option --order cannot be "lifo": it must be one of auto, fifo'],
    [["--keep-orphans=yes"], 'Option --keep-orphans takes no value, but "--keep-orphans=yes" gives it one'],
    [
      ["--frontend", "tcp://*:1", "--frontend", "tcp://*"],
      'Option --frontend cannot be "tcp://*": ' +
      "a tcp endpoint is tcp://ADDRESS:PORT, such as tcp://*:5555, tcp://127.0.0.1:5555, tcp://[::1]:5555",
    ],
  ],
  spworker: [
    ...NO_ARGUMENT,
    [["--conect", "tcp://localhost:1"], 'Unknown option "--conect", did you mean --connect?'],
    [["--crash-odds", "many"], 'Option --crash-odds cannot be "many": it must be a whole number, 0 or more'],
    [["--seed", "0x10"], 'Option --seed cannot be "0x10": it must be a whole number, 0 or more'],
    [
      ["--work", "-1s"],
      "Option --work needs a value: DURATION",
    ],
    [["--work", "1s", "--work", "2s"], "Option --work can be given only once, but there are 2: 1s, 2s"],
    [["--overload", "1000h"], 'Option --overload cannot be "1000h": it must be between 0 and 596h'],
    [["--shell"], "Option --shell needs --exec"],
    [["--keep"], "Option --keep needs --exec"],
    [["--frames", "json"], "Option --frames needs --exec"],
    [["--max-reply-size", "1MiB"], "Option --max-reply-size needs --exec"],
    [["--poison-exit", "65"], "Option --poison-exit needs --exec"],
    [["--log-stderr"], "Option --log-stderr needs --exec"],
    [["--exec", "cat", "--work", "1s"], "Option --work cannot be given with option --exec"],
    [["--exec", "cat", "--seed", "1"], "Option --seed cannot be given with option --exec"],
    [["--http-token-file", "token"], "Option --http-token-file needs --http"],
    [["--no-faults=1"], 'Option --no-faults takes no value, but "--no-faults=1" gives it one'],
    [
      ["--connect", "tcp://*:5556"],
      'Option --connect cannot be "tcp://*:5556": ' +
      'an endpoint to connect to must name its host and port: "*" is for binding only',
    ],
    [
      ["--connect", "tcp://localhost:0"],
      'Option --connect cannot be "tcp://localhost:0": a port to connect to is at least 1',
    ],
  ],
  spclient: [
    [["--retry", "3"], 'Unknown option "--retry", did you mean --retries?'],
    [["--retries", "0"], 'Option --retries cannot be "0": it must be a whole number between 1 and 1000000'],
    [["--count", "1e3"], 'Option --count cannot be "1e3": it must be a whole number, 0 or more'],
    [
      ["--timeout", "soon"],
      'Option --timeout cannot be "soon": a duration is a number with a unit, such as "250ms", "10s", "5m"',
    ],
    [["--timeout", "0"], 'Option --timeout cannot be "0": it must be between 1ms and 596h'],
    [["one", "two"], 'Unexpected argument "two": only one TEXT is allowed, in quotes if it has spaces'],
    [["one", "--", "--two"], 'Unexpected argument "--two": only one TEXT is allowed, in quotes if it has spaces'],
    [["-x"], 'Unknown option "-x"'],
    [["text", "--lines"], 'Argument "text" cannot be given with option --lines'],
    [["text", "--count", "1"], 'Argument "text" cannot be given with option --count'],
    [["", "--rate", "1"], 'Argument "" cannot be given with option --rate'],
    [["--lines", "--duration", "1s"], "Option --lines cannot be given with option --duration"],
    [["--duration", "1s", "--count", "2"], "Option --duration cannot be given with option --count"],
    [["--json", "--count", "2"], "Option --json needs one of --concurrency, --rate, --size, --duration"],
    [["--lines", "--concurrency", "2", "--json"], "Option --json cannot be given with option --lines"],
    [["--http-token-file", "token"], "Option --http-token-file needs --explain"],
    [["--concurrency", "0"], 'Option --concurrency cannot be "0": it must be a whole number between 1 and 10000'],
    [["--rate", "0"], 'Option --rate cannot be "0": it must be a number between 0.001 and 1000000'],
    [["--size", "2GiB"], 'Option --size cannot be "2GiB": it must be between 0 and 1GiB'],
  ],
};

/** All that a program refuses. */
function casesOf(program: Program<OptionTable>): Cases {
  const endpointOption = program.name === "spqueue" ? "frontend" : "connect";
  const example = program.name === "spqueue"
    ? "a tcp endpoint is tcp://ADDRESS:PORT, such as tcp://*:5555, tcp://127.0.0.1:5555, tcp://[::1]:5555"
    : "a tcp endpoint is tcp://HOST:PORT, such as tcp://localhost:5555 or tcp://[::1]:5555";
  return [
    [["--log-fromat", "json"], 'Unknown option "--log-fromat", did you mean --log-format?'],
    [["--hlep"], 'Unknown option "--hlep", did you mean --help?'],
    [["--bogus"], 'Unknown option "--bogus"'],
    [["--log-fromat=json"], 'Unknown option "--log-fromat=json", did you mean --log-format?'],
    [[`--${endpointOption}`], `Option --${endpointOption} needs a value: ENDPOINT`],
    [[`--${endpointOption}=`], `Option --${endpointOption} needs a value: ENDPOINT`],
    [
      ["--log-format", "json", "--log-format", "text"],
      "Option --log-format can be given only once, but there are 2: json, text",
    ],
    [
      ["--log-format", "xml"],
      'Option --log-format cannot be "xml": it must be one of auto, text, json',
    ],
    [
      [`--${endpointOption}`, "udp://127.0.0.1:1"],
      `Option --${endpointOption} cannot be "udp://127.0.0.1:1": an endpoint begins with tcp:// or ipc://`,
    ],
    [
      [`--${endpointOption}`, "tcp://localhost:"],
      `Option --${endpointOption} cannot be "tcp://localhost:": ${example}`,
    ],
    [
      [`--${endpointOption}`, "tcp://127.0.0.1:65536"],
      `Option --${endpointOption} cannot be "tcp://127.0.0.1:65536": a port is at most 65535`,
    ],
    [
      [`--${endpointOption}`, `ipc:///${"x".repeat(103)}`],
      `Option --${endpointOption} cannot be "ipc:///${"x".repeat(103)}": ` +
      "the path of an ipc endpoint has at most 103 bytes, this one has 104",
    ],
    ...(program.arguments === undefined
      ? [[["--", "start"], `Unexpected argument "--": ${program.name} takes options only`] as [string[], string]]
      : []),
    ...CASES_BY_PROGRAM[program.name]!,
  ];
}

for (const program of PROGRAMS) {
  Deno.test(`${program.name} refuses wrong arguments, and says what is wrong`, () => {
    for (const [args, message] of casesOf(program)) {
      const error = assertThrows(() => parseCommandLine(program, args, () => undefined), UsageError);
      assertEquals(error.message, message);
    }
  });
}
