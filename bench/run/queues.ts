/**
 * The queues that are compared: ours, and what a user would take instead.
 *
 * @module
 */

import { VERSION } from "../../lib/cli/program.ts";
import {
  BENCH,
  findNats,
  findNode,
  findPython,
  isFile,
  isMissing,
  type Missing,
  type Programs,
  tryCommand,
} from "./build.ts";
import type { QueueProgram } from "./queue_process.ts";

/** The Guide's queue in C. */
export const C_QUEUE = "c";
/** Our queue from source; variants of it are made with more flags. */
export const OUR_QUEUE = "deno";
/** Our queue from source and compiled: the goals are for both. */
export const OURS: readonly string[] = [OUR_QUEUE, "binary"];
/** libzmq's own proxy. */
export const PROXY = "zmq_proxy";
/** Those that send a worker the next request while it is still busy. */
export const PIPELINING: readonly string[] = [PROXY, "nats"];

/** All names, in the order of tables. */
export const QUEUE_NAMES = [
  C_QUEUE,
  "c-drain",
  "python",
  "node",
  PROXY,
  "nats",
  OUR_QUEUE,
  "binary",
] as const;

/** What is not measured, and why. */
export interface LeftOut {
  /** A queue or a part. */
  readonly name: string;
  /** The case in which a queue is left out, where it is not all of them. */
  readonly subject?: string;
  readonly reason: string;
}

const ENDPOINT = "tcp://127.0.0.1:*";
const OUR_ARGS = ["--frontend", ENDPOINT, "--backend", ENDPOINT, "--log-format", "json"];
const DRAIN = "256";

/** Our queue as it runs from source, with further flags of `deno run`. */
export function sourceQueue(flags: readonly string[] = []): QueueProgram {
  const args = [
    "run",
    "--allow-ffi",
    "--allow-env",
    "--allow-read",
    "--allow-net",
    ...flags,
    `${BENCH}../queue.ts`,
    ...OUR_ARGS,
  ];
  return { name: OUR_QUEUE, command: Deno.execPath(), args, protocol: "zmtp", announcesOn: "stderr" };
}

/** Our queue from source with more flags of its own, where it is among the queues: by its name in tables. */
export function variantsOf(
  queues: readonly QueueProgram[],
  variants: Readonly<Record<string, readonly string[]>>,
): QueueProgram[] {
  return queues.filter(({ name }) => name === OUR_QUEUE).flatMap((ours) =>
    Object.entries(variants).map(([name, flags]) => ({ ...ours, name, args: [...ours.args, ...flags] }))
  );
}

/** A server of NATS. */
export const NATS: Omit<QueueProgram, "command"> = {
  name: "nats",
  args: ["--addr=127.0.0.1", "--port=-1"],
  protocol: "nats",
  announcesOn: "stderr",
  // It ends with 0 only when it has just started.
  exitCodes: [0, 1],
};

/** A queue whose program may have to be found or installed first. */
interface QueueSource extends Omit<QueueProgram, "name" | "command"> {
  readonly find: () => Promise<string | Missing>;
  /** What its version is called in results, and how it is asked for it. */
  readonly version?: readonly [label: string, ...args: readonly string[]];
}

/** All queues, in the order of tables. */
function queueSources(programs: Programs, binary: string): Readonly<Record<string, QueueSource>> {
  const bindings = [ENDPOINT, ENDPOINT];
  const guides = { protocol: "zmtp", announcesOn: "stdout" } as const;
  const inC = (...more: string[]): QueueSource => {
    return { ...guides, find: () => Promise.resolve(programs.c_queue), args: [...bindings, ...more] };
  };
  const script = (name: string, path: string, find: QueueSource["find"]): QueueSource => ({
    ...guides,
    find,
    args: [`${BENCH}peers/${path}`, ...bindings],
    // Python and Node leave SIGTERM to the system.
    exitCodes: [143],
    version: [name, `${BENCH}peers/${path}`, "--version"],
  });
  return {
    [C_QUEUE]: { ...inC(), version: ["libzmq (c, c-drain, zmq_proxy)", "--version"] },
    "c-drain": inC(DRAIN),
    python: script("python", "python_queue.py", findPython),
    node: script("node", "node/node_queue.js", findNode),
    [PROXY]: inC("proxy"),
    nats: { ...NATS, find: findNats, version: ["nats", "--version"] },
    [OUR_QUEUE]: { ...sourceQueue(), find: () => Promise.resolve(Deno.execPath()) },
    binary: {
      ...sourceQueue(),
      find: async () => await isFile(binary) ? binary : { missing: `there is no ${binary}: run deno task compile` },
      args: OUR_ARGS,
    },
  };
}

/** What there is to measure. */
export interface Queues {
  /** In the order in which they run; the Guide's queue in C is the first. */
  readonly programs: readonly QueueProgram[];
  readonly leftOut: readonly LeftOut[];
  /** Versions of what is in use here, by name. */
  readonly versions: Readonly<Record<string, string>>;
}

/**
 * Finds or installs the queues.
 *
 * @param programs The compiled programs.
 * @param names The queues wanted; the C queue is always among them.
 * @param binary The path of our compiled queue.
 * @returns The queues that can be measured here, and why the others cannot.
 */
export async function findQueues(programs: Programs, names: readonly string[], binary: string): Promise<Queues> {
  const found: QueueProgram[] = [];
  const leftOut: LeftOut[] = [];
  const versions: Record<string, string> = { spqueue: VERSION, deno: Deno.version.deno };
  for (const [name, { find, version, ...queue }] of Object.entries(queueSources(programs, binary))) {
    if (name !== C_QUEUE && !names.includes(name)) continue;
    const command = await find();
    if (isMissing(command)) {
      leftOut.push({ name, reason: command.missing });
      continue;
    }
    found.push({ ...queue, name, command });
    if (version === undefined) continue;
    const [label, ...args] = version;
    versions[label] = (await tryCommand(command, args))?.stdout.replace(/ - http\S+$/, "") ?? "unknown";
  }
  return { programs: found, leftOut, versions };
}
