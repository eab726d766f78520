/**
 * The queues that are compared: ours, and what a user would take instead.
 *
 * @module
 */

import { VERSION } from "../lib/cli/program.ts";
import {
  findNode,
  findPython,
  findServer,
  isFile,
  isMissing,
  type Missing,
  type Programs,
  tryCommand,
} from "./build.ts";
import type { QueueProgram } from "./queue_process.ts";

/** A queue that is not measured. */
export interface LeftOut {
  /** Its name. */
  readonly name: string;
  readonly reason: string;
}

/** What there is to measure. */
export interface Queues {
  /** In the order in which they run; the Guide's queue in C is the first. */
  readonly programs: readonly QueueProgram[];
  readonly leftOut: readonly LeftOut[];
  /** By what is in use here: its version. */
  readonly versions: Readonly<Record<string, string>>;
}

/** The name of the Guide's queue in C. */
export const C_QUEUE = "c";
/** The names of our queue: from source, and compiled. */
export const OURS: readonly string[] = ["deno", "binary"];
/** Ours, as it is under overload. */
export const OUR_QUEUE = "deno";
/** The name of zmq_proxy. */
export const PROXY = "zmq_proxy";
/** Those that send a worker the next request while it is still busy. */
export const PIPELINING: readonly string[] = [PROXY, "nats"];
/** The queues beside the C queue and ours that are put under overload. */
export const OVERLOADED: readonly string[] = ["gearmand", "nats"];

/** All names, in the order of tables. */
export const QUEUE_NAMES = [C_QUEUE, "c-drain", "python", "node", PROXY, "gearmand", "nats", "deno", "binary"] as const;

/** The name of a queue. */
export type QueueName = typeof QUEUE_NAMES[number];

const BENCH = import.meta.dirname ?? ".";
const ENDPOINT = "tcp://127.0.0.1:*";
const OUR_ARGS = ["--frontend", ENDPOINT, "--backend", ENDPOINT, "--log-format", "json"];
const DRAIN = "256";

/**
 * Makes our queue as it runs from source.
 *
 * @param flags Further flags of `deno run`.
 * @returns The queue.
 */
export function sourceQueue(flags: readonly string[] = []): QueueProgram {
  const args = ["run", "--allow-ffi", "--allow-env", "--allow-read", ...flags, `${BENCH}/../queue.ts`, ...OUR_ARGS];
  return { name: "deno", command: Deno.execPath(), args, protocol: "zmtp" };
}

/**
 * Makes our queue without its order for overload.
 *
 * @param queue Ours.
 * @returns The queue, named after it.
 */
export function inFixedOrder(queue: QueueProgram): QueueProgram {
  return { ...queue, name: `${queue.name} fifo`, args: [...queue.args, "--order", "fifo"] };
}

/** Makes a queue, or says why it cannot be made. */
type Maker = () => Promise<QueueProgram | Missing>;

/** How each queue is made. */
function makers(programs: Programs, binary: string | undefined): Readonly<Record<QueueName, Maker>> {
  const onLibzmq = (name: QueueName, command: string, args: readonly string[]): QueueProgram => {
    return { name, command, args, protocol: "zmtp" };
  };
  // Python and Node leave SIGTERM to the system.
  const script = (name: QueueName, command: string, path: string): QueueProgram => {
    return { ...onLibzmq(name, command, [`${BENCH}/peers/${path}`, ENDPOINT, ENDPOINT]), exitCodes: [143] };
  };
  return {
    c: () => Promise.resolve(onLibzmq("c", programs.cQueue, [ENDPOINT, ENDPOINT])),
    "c-drain": () => Promise.resolve(onLibzmq("c-drain", programs.cQueue, [ENDPOINT, ENDPOINT, DRAIN])),
    async python() {
      const python = await findPython();
      return isMissing(python) ? python : script("python", python, "python_queue.py");
    },
    async node() {
      const node = await findNode();
      return isMissing(node) ? node : script("node", node, "node/node_queue.js");
    },
    zmq_proxy: () => Promise.resolve(onLibzmq("zmq_proxy", programs.proxy, [ENDPOINT, ENDPOINT])),
    async gearmand() {
      const command = await findServer("gearmand", "gearman-job-server");
      const args = ["--listen=127.0.0.1", "--log-file=stderr", "--backlog=128"];
      return isMissing(command)
        ? command
        : { name: "gearmand", command, args, protocol: "gearman", portFlag: "--port=" };
    },
    async nats() {
      const command = await findServer("nats-server", "nats-server");
      const args = ["--addr=127.0.0.1", "--port=-1"];
      return isMissing(command) ? command : { name: "nats", command, args, protocol: "nats", exitCodes: [0, 1] };
    },
    deno: () => Promise.resolve(sourceQueue()),
    async binary() {
      const command = binary ?? `${BENCH}/../dist/spqueue`;
      if (await isFile(command)) return onLibzmq("binary", command, OUR_ARGS);
      return {
        missing: `there is no ${binary ?? "dist/spqueue"}: deno task compile makes one, --queue-binary names one`,
      };
    },
  };
}

/** Asks a program for its version; the queues in Python and Node are scripts, the first argument. */
async function versionOf({ name, command, args }: QueueProgram): Promise<string> {
  const scripts = ["python", "node"].includes(name) ? args.slice(0, 1) : [];
  const outcome = await tryCommand(command, [...scripts, "--version"]);
  return outcome?.stdout.replace(/ - http\S+$/, "") ?? "unknown";
}

/** Under which name each version is told. */
const VERSIONS: Readonly<Partial<Record<string, string>>> = {
  c: "libzmq (c, c-drain, zmq_proxy)",
  python: "python",
  node: "node",
  gearmand: "gearmand",
  nats: "nats",
};

/**
 * Builds, installs or finds the queues.
 *
 * @param programs The compiled programs.
 * @param wanted Which, and the path of our compiled queue where it is not `dist/spqueue`.
 * @returns The queues that can be measured here, and why the others cannot.
 */
export async function findQueues(
  programs: Programs,
  wanted: { readonly names: readonly QueueName[]; readonly binary: string | undefined },
): Promise<Queues> {
  const all = makers(programs, wanted.binary);
  const found: QueueProgram[] = [];
  const leftOut: LeftOut[] = [];
  const versions: Record<string, string> = { spqueue: VERSION, deno: Deno.version.deno };
  for (const name of QUEUE_NAMES.filter((name) => name === C_QUEUE || wanted.names.includes(name))) {
    const queue = await all[name]();
    if (isMissing(queue)) {
      leftOut.push({ name, reason: queue.missing });
      continue;
    }
    found.push(queue);
    const subject = VERSIONS[name];
    if (subject !== undefined) versions[subject] = await versionOf(queue);
  }
  return { programs: found, leftOut, versions };
}
