/**
 * A demo of the pattern in one terminal (`deno task demo`): a queue, workers that crash and are replaced, and Lazy
 * Pirate clients, each in its own process. It prints the address of the queue's page, and ends by itself with a
 * summary; with `--stay` it runs until Ctrl-C.
 *
 * @module
 */

import type { OptionTable, OptionValues, Program } from "../lib/cli/program.ts";
import { runProgram } from "../lib/cli/run.ts";
import { writeOutput } from "../lib/standard_output.ts";
import { listenForSignals } from "../lib/cli/signals.ts";
import { type Role, taskFlags } from "./task_flags.ts";

const CLIENTS = 3;
const REQUESTS_PER_CLIENT = 20;
const WORKERS = 4;
const WORKER_ARGS = ["--work", "100ms", "--overload", "600ms", "--crash-odds", "8"];

const NEXT = `
Next, each in its own terminal:   deno task queue
                                  deno task worker --no-faults
                                  deno task client
With a program of your own:       deno task worker --exec 'tr a-z A-Z'
                                  deno task client 'hello'
`;

const ROOT = decodeURIComponent(new URL("../", import.meta.url).pathname);
const COLOR_BY_ROLE = { queue: "\x1b[36m", worker: "\x1b[33m", client: "\x1b[32m" } as const;

/** A line of a program's log. */
interface LogLine {
  readonly event: string;
  readonly [field: string]: unknown;
}

const useColor = Deno.stdout.isTerminal() && !Deno.noColor;
const running = new Set<Deno.ChildProcess>();
let isEnding = false;

/** Runs a program to its end, prints its log, and calls `onLine` for each line of it. Resolves to the exit code. */
async function run(role: Role, name: string, args: string[], onLine: (line: LogLine) => void): Promise<number> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", ...taskFlags(role), `${role}.ts`, "--log-format", "json", ...args],
    cwd: ROOT,
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  running.add(child);
  const ended = child.status.finally(() => running.delete(child));
  const prefix = useColor ? `${COLOR_BY_ROLE[role]}${name.padEnd(9)}\x1b[0m` : name.padEnd(9);
  let rest = "";
  for await (const text of child.stderr.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop()!;
    for (const line of lines) {
      const entry = parseLine(line);
      writeOutput(`${prefix} ${entry === undefined ? line : describe(entry)}\n`);
      if (entry !== undefined) onLine(entry);
    }
  }
  return (await ended).code;
}

function parseLine(line: string): LogLine | undefined {
  return line.startsWith("{") ? JSON.parse(line) as LogLine : undefined;
}

/** Formats a log line for people. The queue's last line is shortened, since the summary has its figures. */
function describe({ event, time: _time, level: _level, ...fields }: LogLine): string {
  if (event === "ended") return event;
  return [event, ...Object.entries(fields).map(([name, value]) => `${name}=${value}`)].join(" ");
}

/** Runs a worker, and replaces it whenever it has ended. */
async function keepWorker(number: number, backend: string, onCrash: () => void): Promise<void> {
  while (!isEnding) {
    const code = await run("worker", `worker ${number}`, ["--connect", backend, ...WORKER_ARGS], () => {});
    if (code !== 0 && !isEnding) onCrash();
  }
}

function endAll(signal: "SIGTERM" | "SIGKILL"): void {
  isEnding = true;
  for (const child of running) {
    try {
      child.kill(signal);
    } catch (error) {
      // It has already ended by itself.
      if (!(error instanceof TypeError)) throw error;
    }
  }
}

/** What happened in the demo. */
interface Figures {
  readonly wanted: number;
  readonly answered: number;
  readonly retries: number;
  readonly crashes: number;
  readonly redeliveries: number;
}

function summary({ wanted, answered, retries, crashes, redeliveries }: Figures): string {
  return `${wanted} requests, ${answered === wanted ? "all" : answered} answered. ${
    counted(crashes, "worker")
  } crashed and ` +
    `${crashes === 1 ? "was" : "were"} replaced; the queue gave ${
      counted(redeliveries, "request")
    } to other workers. ` +
    `Clients tried again ${counted(retries, "time")}.`;
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/** The command line. */
export const DEMO_PROGRAM = {
  name: "demo",
  summary: ["Shows the pattern: a queue, clients, and workers that crash and are replaced."],
  options: {
    stay: {
      kind: "switch",
      defaultValue: false,
      help: "Run until Ctrl-C.",
    },
  },
  exitCodes: [
    [0, "every request was answered"],
    [1, "not every request was answered"],
    [2, "usage error"],
    [130, "ended by Ctrl-C"],
  ],
} as const satisfies Program<OptionTable>;

async function main({ stay }: OptionValues<typeof DEMO_PROGRAM.options>): Promise<number> {
  let isInterrupted = false;
  listenForSignals({
    onFirst: () => {
      isInterrupted = true;
      endAll("SIGTERM");
    },
    onSecond: () => {
      endAll("SIGKILL");
      return Promise.resolve();
    },
  });
  let redeliveries = 0;
  const listening = Promise.withResolvers<LogLine>();
  const queueEnd = run(
    "queue",
    "queue",
    [
      "--frontend",
      "tcp://127.0.0.1:*",
      "--backend",
      "tcp://127.0.0.1:*",
      "--drain-timeout",
      "2s",
      "--http",
      "127.0.0.1:0",
    ],
    (line) => {
      if (line.event === "listening") listening.resolve(line);
      if (line.event === "ended") redeliveries = Number(line["redeliveries"]) + Number(line["orderlyExits"]);
    },
  );
  const started = await Promise.race([listening.promise, queueEnd]);
  if (typeof started === "number") return 1;
  writeOutput(`\nLook at it in a browser:  http://${started["http"]}/\n\n`);
  const [frontend, backend] = [started["frontend"], started["backend"]].map(String) as [string, string];

  let crashes = 0;
  let answered = 0;
  let retries = 0;
  const workers = Array.from({ length: WORKERS }, (_, i) => keepWorker(i + 1, backend, () => crashes++));
  const clients = Array.from(
    { length: CLIENTS },
    (_, i) =>
      run(
        "client",
        `client ${i + 1}`,
        ["--connect", frontend, "--count", stay ? "0" : `${REQUESTS_PER_CLIENT}`],
        ({ event }) => {
          if (event === "reply") answered++;
          if (event === "no reply, trying again") retries++;
        },
      ),
  );
  await Promise.all(clients);
  endAll("SIGTERM");
  await Promise.all([queueEnd, ...workers]);
  const wanted = stay ? answered : CLIENTS * REQUESTS_PER_CLIENT;
  writeOutput(`\n${summary({ wanted, answered, retries, crashes, redeliveries })}\n${NEXT}`);
  if (isInterrupted) return 130;
  return answered === wanted ? 0 : 1;
}

if (import.meta.main) await runProgram(DEMO_PROGRAM, main);
