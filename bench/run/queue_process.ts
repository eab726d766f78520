/**
 * Starts a queue on chosen cores, waits until it listens, and ends it.
 *
 * @module
 */

import { delay } from "../../lib/delay.ts";
import { Program } from "../../tests/harness/program.ts";
import { BenchError } from "./error.ts";

const LOOPBACK = "127.0.0.1";

/** A queue as it is started: it binds free ports, says where, and ends on SIGTERM. */
export interface QueueProgram {
  /** Its name in tables and results. */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** What it speaks, as the load generators name it. */
  readonly protocol: "zmtp" | "nats" | "gearman";
  /** On which stream it says where it listens; with a flag that is given a free port instead if it does not say so. */
  readonly announces: "stdout" | "stderr" | { readonly portFlag: string };
  /** The exit codes with which it may end on SIGTERM, if not only 0; 143 if the signal ends it. */
  readonly exitCodes?: readonly number[];
}

/** Where clients and workers connect. */
export interface Endpoints {
  readonly frontend: string;
  readonly backend: string;
}

/** A queue that listens. Disposing ends it, and throws a {@linkcode BenchError} when it does not end as it should. */
export interface RunningQueue extends Endpoints, AsyncDisposable {
  readonly name: string;
  readonly protocol: QueueProgram["protocol"];
  readonly pid: number;
  /** From the start of the process until it said that it listens. */
  readonly startMs: number;
  /** All it has written to standard output. */
  readonly stdout: string;
}

/** A line of the Guide's queues, one of nats-server, and one of our log. */
const LISTENING = new RegExp(
  [
    /^listening (\S+) (\S+)$/,
    /Listening for client connections on ([\d.]+:\d+)$/,
    /"event":"listening".*"frontend":\["([^"]+)".*"backend":\["([^"]+)"/,
  ].map(({ source }) => source).join("|"),
  "m",
);

/** Reads the line with which a queue says where it listens: the first endpoints, or undefined when it is another line. */
export function parseListening(line: string): Endpoints | undefined {
  const [, guideFront, guideBack, address, ourFront, ourBack] = LISTENING.exec(line) ?? [];
  const both = address === undefined ? undefined : `tcp://${address}`;
  const frontend = guideFront ?? both ?? ourFront;
  const backend = guideBack ?? both ?? ourBack;
  return frontend === undefined || backend === undefined ? undefined : { frontend, backend };
}

function freePort(): number {
  using listener = Deno.listen({ hostname: LOOPBACK, port: 0 });
  return listener.addr.port;
}

async function accepts(port: number): Promise<boolean> {
  try {
    using _ = await Deno.connect({ hostname: LOOPBACK, port });
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.ConnectionRefused) return false;
    throw error;
  }
}

/** How many descriptors a process may have at most (`ulimit -Hn`); Infinity for no limit. */
export async function descriptorLimit(): Promise<number> {
  const { stdout } = await new Deno.Command("sh", { args: ["-c", "ulimit -Hn"], stdin: "null" }).output();
  const text = new TextDecoder().decode(stdout).trim();
  return text === "unlimited" ? Infinity : Number(text);
}

/** Waits until a queue says where it listens, or until its port accepts connections. */
async function waitForListening(program: Program, { name, announces }: QueueProgram, port: number): Promise<Endpoints> {
  if (typeof announces !== "string") {
    while (program.isRunning && !await accepts(port)) await delay(1);
    return { frontend: `tcp://${LOOPBACK}:${port}`, backend: `tcp://${LOOPBACK}:${port}` };
  }
  const [line] = await program.text(announces, LISTENING);
  const endpoints = parseListening(line);
  if (endpoints === undefined) throw new BenchError(`The queue ${name} does not say where it listens: ${line}`);
  return endpoints;
}

/**
 * Starts a queue, with as many descriptors as it may have, and waits until it listens.
 *
 * @param queue What to start.
 * @param cores The cores it may use, as `taskset -c` takes them, such as `0` or `0,1`.
 * @returns The queue.
 * @throws {BenchError} When it ends, or does not listen in time; the message holds its output.
 */
export async function startQueue(queue: QueueProgram, cores: string): Promise<RunningQueue> {
  const { name, protocol, command, announces, exitCodes = [0] } = queue;
  const limit = await descriptorLimit();
  const raise = Number.isFinite(limit) ? [`--nofile=${limit}:${limit}`] : [];
  const port = typeof announces === "string" ? 0 : freePort();
  const ownPort = typeof announces === "string" ? [] : [`${announces.portFlag}${port}`];
  const startedMs = performance.now();
  const program = new Program("prlimit", {
    args: [...raise, "taskset", "-c", cores, command, ...queue.args, ...ownPort],
  });
  try {
    const endpoints = await waitForListening(program, queue, port);
    const startMs = performance.now() - startedMs;
    return {
      ...endpoints,
      name,
      protocol,
      pid: program.pid,
      startMs,
      get stdout() {
        return program.stdout;
      },
      async [Symbol.asyncDispose]() {
        await using ending = program;
        ending.kill();
        const { code, stderr } = await ending.exit;
        if (exitCodes.includes(code)) return;
        throw new BenchError(`The queue ${name} ended with ${code}, not ${exitCodes.join(" or ")}:\n${stderr}`);
      },
    };
  } catch (error) {
    await program[Symbol.asyncDispose]();
    throw new BenchError(`Cannot start the queue ${name}: ${error instanceof Error ? error.message : error}`);
  }
}

/** The resident memory of a process, in MiB. */
export async function residentMiB(pid: number): Promise<number> {
  // Deno itself may read /proc only with --allow-all.
  const { stdout } = await new Deno.Command("cat", { args: [`/proc/${pid}/status`], stdin: "null" }).output();
  const kib = /^VmRSS:\s*(\d+) kB$/m.exec(new TextDecoder().decode(stdout))?.[1];
  if (kib === undefined) throw new BenchError(`Cannot read the memory of process ${pid}`);
  return Number(kib) / 1024;
}
