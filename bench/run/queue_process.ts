/**
 * Starts a queue on chosen cores, waits until it listens, and ends it.
 *
 * @module
 */

import { delay } from "../../lib/delay.ts";
import { Program } from "../../tests/harness/program.ts";
import { tryCommand } from "./build.ts";
import { BenchError } from "./error.ts";

/** A queue as it is started: it binds free ports, says where, and ends on SIGTERM. */
export interface QueueProgram {
  /** Its name in tables and results. */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** What it speaks, as the load generators name it. */
  readonly protocol: "zmtp" | "nats" | "gearman";
  /** The stream on which it says where it listens. */
  readonly announcesOn: "stdout" | "stderr";
  /** The exit codes with which it may end on SIGTERM, if not only 0; 143 if the signal ends it. */
  readonly exitCodes?: readonly number[];
}

/** Where clients and workers connect. */
export interface Endpoints {
  readonly frontend: string;
  readonly backend: string;
}

/** A line of the Guide's queues, one of nats-server or gearmand, and one of our log. */
const LISTENING = new RegExp(
  [
    /^listening (\S+) (\S+)$/,
    /Listening (?:for client connections )?on ([\d.]+:\d+)(?: \(\d+\))?$/,
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

/** How many descriptors a process may have at most (`ulimit -Hn`); Infinity for no limit. */
export async function descriptorLimit(): Promise<number> {
  const limit = await tryCommand("sh", ["-c", "ulimit -Hn"]);
  return limit?.stdout === "unlimited" ? Infinity : Number(limit?.stdout);
}

/** A queue that listens. Disposing ends it, and throws a {@linkcode BenchError} when it does not end as it should. */
export interface RunningQueue extends Endpoints, AsyncDisposable {
  readonly program: QueueProgram;
  readonly pid: number;
  /** From the start of the process until it said that it listens. */
  readonly startMs: number;
  /** All it has written to standard output. */
  readonly stdout: string;
  /** Waits until it has said this where it announces. */
  readonly said: (pattern: RegExp) => Promise<RegExpExecArray>;
}

/**
 * Starts a queue, with as many descriptors as it may have, and waits until it listens.
 *
 * @param program What to start.
 * @param cores The cores it may use, as `taskset -c` takes them, such as `0` or `0,1`.
 * @throws {BenchError} When it ends, or does not listen in time; the message holds its output.
 */
export async function startQueue(program: QueueProgram, cores: string): Promise<RunningQueue> {
  const { name, command, args, announcesOn, exitCodes = [0] } = program;
  const limit = await descriptorLimit();
  const raise = Number.isFinite(limit) ? [`--nofile=${limit}:${limit}`] : [];
  const startedMs = performance.now();
  const running = new Program("prlimit", { args: [...raise, "taskset", "-c", cores, command, ...args] });
  try {
    const [line] = await running.text(announcesOn, LISTENING);
    const startMs = performance.now() - startedMs;
    return {
      ...parseListening(line)!,
      program,
      pid: running.pid,
      startMs,
      said: (pattern) => running.text(announcesOn, pattern),
      get stdout() {
        return running.stdout;
      },
      async [Symbol.asyncDispose]() {
        await using ending = running;
        ending.kill("SIGTERM");
        const { code, stderr } = await ending.exit;
        if (exitCodes.includes(code)) return;
        throw new BenchError(`The queue ${name} ended with ${code}, not ${exitCodes.join(" or ")}:\n${stderr}`);
      },
    };
  } catch (error) {
    await running[Symbol.asyncDispose]();
    throw new BenchError(`Cannot start the queue ${name}: ${error instanceof Error ? error.message : error}`);
  }
}

/** When a queue that listens has long given back what only its start took, in milliseconds. */
const STARTED_MS = 500;

/** The resident memory of a queue that has just started, in MiB. */
export async function idleMiB(queue: RunningQueue): Promise<number> {
  await delay(STARTED_MS);
  return await residentMiB(queue.pid);
}

/** The resident memory of a process, in MiB. */
export async function residentMiB(pid: number): Promise<number> {
  // Deno itself may read /proc only with --allow-all.
  const status = await tryCommand("cat", [`/proc/${pid}/status`]);
  const kib = /^VmRSS:\s*(\d+) kB$/m.exec(status?.stdout ?? "")?.[1];
  if (kib === undefined) throw new BenchError(`Cannot read the memory of process ${pid}`);
  return Number(kib) / 1024;
}
