/**
 * Breaks things on purpose for as long as wanted (`deno task chaos --minutes N`): the fault injections of `tests/faults` in
 * random order, each for a random time. Prints one line a run; ends with exit code 1 at the first broken guarantee.
 *
 * @module
 */

import { ExitCode, type OptionTable, type OptionValues, type Program } from "../../lib/cli/program.ts";
import { runProgram } from "../../lib/cli/run.ts";
import { seededRandom } from "../../lib/worker/guide_worker.ts";
import { writeOutput } from "../../lib/standard_output.ts";
import { listenForSignals } from "../../lib/cli/signals.ts";
import { FAULTS } from "../faults/all.ts";
import { whyNot } from "../harness/capabilities.ts";
import { BrokenGuarantee, choose, type Fault } from "../faults/fault.ts";
import type { Transport } from "../harness/transports.ts";
import { injectFault, transportsOf } from "../faults/run.ts";

const SHORTEST_MS = 3_000;
const LONGEST_MS = 30_000;
const MINUTE_MS = 60_000;
const MAX_SEED = 2 ** 31 - 1;

const FAULT_NAMES = FAULTS.map(({ name }) => name);

/** The command line. */
export const CHAOS_PROGRAM = {
  name: "chaos",
  summary: ["Breaks things on purpose, at random, and checks that the queue keeps its guarantees."],
  options: {
    minutes: {
      kind: "number",
      defaultValue: 10,
      min: 0.01,
      max: 1_000_000,
      help: "How long to go on.",
    },
    seed: {
      kind: "integer",
      defaultValue: undefined,
      min: 0,
      max: MAX_SEED,
      help: "Which faults happen, in which order, and what they choose; the timing remains the machine's.",
      shownDefault: "random",
    },
    fault: {
      kind: "choices",
      choices: FAULT_NAMES,
      defaultValue: FAULT_NAMES,
      help: `Only this fault: ${FAULT_NAMES.join(", ")}.`,
      shownDefault: "all",
    },
    transport: {
      kind: "choices",
      choices: ["tcp", "ipc"],
      defaultValue: ["tcp", "ipc"],
      help: "What connects peers to the queue: tcp, ipc.",
      shownDefault: "both",
    },
  },
  exitCodes: [
    [0, "all guarantees held"],
    [1, "one was broken"],
    [2, "usage error"],
  ],
} as const satisfies Program<OptionTable>;

async function main(options: OptionValues<typeof CHAOS_PROGRAM.options>): Promise<number> {
  let isEnding = false;
  listenForSignals({ onFirst: () => void (isEnding = true) });
  const seed = options.seed ?? Math.floor(Math.random() * MAX_SEED);
  const random = seededRandom(seed);
  const possible = FAULTS.filter(({ name }) => options.fault.includes(name)).flatMap((fault) => {
    const transports = transportsOf(fault).filter((transport) => options.transport.includes(transport));
    const reason = whyNot(fault.needs) ?? (transports.length === 0 ? fault.tcpOnly : undefined);
    if (reason !== undefined) {
      say(`${fault.name} is left out: ${reason}`);
      return [];
    }
    return transports.map((transport): readonly [Fault, Transport] => [fault, transport]);
  });
  if (possible.length === 0) {
    say("No fault can be injected here");
    return ExitCode.FAILED;
  }
  say(`seed ${seed}`);
  const end = performance.now() + options.minutes * MINUTE_MS;
  let runs = 0;
  while (!isEnding && performance.now() < end) {
    const [fault, transport] = choose(random, possible);
    const runSeed = Math.floor(random() * MAX_SEED);
    const durationMs = Math.round(SHORTEST_MS + random() * (LONGEST_MS - SHORTEST_MS));
    const title = `${fault.name} on ${transport}, seed ${runSeed}, ${durationMs} ms`;
    try {
      const figures = await injectFault(fault, { durationMs, transport, seed: runSeed });
      say(`${title}: ${JSON.stringify(figures)}`);
      runs++;
    } catch (error) {
      const text = error instanceof BrokenGuarantee ? error.message : (error as Error).stack;
      say(`${title}: BROKEN: ${fault.guarantee}: ${text}`);
      return ExitCode.FAILED;
    }
  }
  say(`${runs} runs, all guarantees held`);
  return ExitCode.DONE;
}

function say(text: string): void {
  writeOutput(`${new Date().toISOString()} ${text}\n`);
}

if (import.meta.main) await runProgram(CHAOS_PROGRAM, main);
