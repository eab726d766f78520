/**
 * The three programs as processes: from source with the permissions of `deno task`, or as the binaries in the folder
 * that `SPQ_TEST_BINARIES` names.
 *
 * @module
 */

import { type Role, taskFlags } from "../../tools/task_flags.ts";
import { BINARIES, IO_THREADS, ROOT } from "./capabilities.ts";
import { Program } from "./program.ts";

/** How to start a program, besides its arguments. */
export interface StartOptions {
  /** Variables to set. A program from source also inherits this process's variables, except `SPQ_...`; a binary does not. */
  readonly env?: Readonly<Record<string, string>>;
  /** Deno's own flags for a program from source. By default these are the flags of its task. */
  readonly denoFlags?: readonly string[];
  /** See {@linkcode ProgramOptions.input}. */
  readonly input?: ReadableStream<Uint8Array>;
}

/** The command that starts a program. */
export interface CommandLine {
  /** The file. */
  readonly command: string;
  /** Its arguments. */
  readonly args: readonly string[];
  /** Its whole environment. */
  readonly env: Readonly<Record<string, string>>;
  /** Its folder. */
  readonly cwd: string | URL;
}

/**
 * Gives the command that starts a program.
 *
 * @param role The program.
 * @param args Its arguments.
 * @param options Variables and flags.
 */
export function commandLine(role: Role, args: readonly string[], options: StartOptions = {}): CommandLine {
  const { env = {}, denoFlags = taskFlags(role) } = options;
  if (BINARIES !== undefined) return { command: `${BINARIES}sp${role}`, args, env, cwd: "/" };
  const inherited = Object.entries(Deno.env.toObject()).filter(([name]) => !name.startsWith("SPQ_"));
  return {
    command: Deno.execPath(),
    args: ["run", ...denoFlags, `${role}.ts`, ...args],
    env: { ...Object.fromEntries(inherited), ...env },
    cwd: ROOT,
  };
}

/**
 * Starts a program.
 *
 * @param role The program.
 * @param args Its arguments; nothing is added to them.
 * @param options Variables, flags and input.
 */
export function start(role: Role, args: readonly string[], options: StartOptions = {}): Program {
  const { command, ...rest } = commandLine(role, args, options);
  return new Program(command, options.input === undefined ? rest : { ...rest, input: options.input });
}

/** A queue as a process. */
export class QueueProgram extends Program {
  /** Its frontend's endpoints. */
  frontends: readonly string[] = [];
  /** Its backend's endpoints. */
  backends: readonly string[] = [];

  /** Its first frontend. */
  get frontend(): string {
    return this.frontends[0]!;
  }

  /** Its first backend. */
  get backend(): string {
    return this.backends[0]!;
  }

  /** Waits until it listens. */
  async listening(): Promise<this> {
    const { frontend, backend } = await this.event("listening");
    this.frontends = frontend as string[];
    this.backends = backend as string[];
    return this;
  }
}

/** How to start a queue, besides its arguments. */
export interface QueueStartOptions extends StartOptions {
  /**
   * Where clients connect.
   *
   * @default any free port of the loopback interface
   */
  readonly frontends?: readonly string[];
  /**
   * Where workers connect.
   *
   * @default any free port of the loopback interface
   */
  readonly backends?: readonly string[];
}

/**
 * Starts a queue and waits until it listens.
 *
 * @param args Further arguments.
 * @param options Endpoints, variables and flags.
 */
export async function startQueue(args: readonly string[] = [], options: QueueStartOptions = {}): Promise<QueueProgram> {
  const { frontends = [ANY_PORT], backends = [ANY_PORT] } = options;
  const threads = IO_THREADS === undefined ? {} : { SPQ_IO_THREADS: `${IO_THREADS}` };
  const { command, ...rest } = commandLine("queue", [
    ...frontends.flatMap((endpoint) => ["--frontend", endpoint]),
    ...backends.flatMap((endpoint) => ["--backend", endpoint]),
    ...args,
  ], { ...options, env: { ...threads, ...options.env } });
  const queue = new QueueProgram(command, rest);
  try {
    return await queue.listening();
  } catch (error) {
    await queue[Symbol.asyncDispose]();
    throw error;
  }
}

/** Any free port of the loopback interface. */
export const ANY_PORT = "tcp://127.0.0.1:*";

/**
 * Starts a worker that logs at the level debug. It is ready after `await worker.event("worker ready")`.
 *
 * @param connect The queue's backend.
 * @param args Further arguments, such as `--work 10ms --no-faults`.
 * @param options Variables, flags and input.
 */
export function startWorker(connect: string, args: readonly string[] = [], options: StartOptions = {}): Program {
  // Many tests wait for "job answered".
  const env = { SPQ_LOG_LEVEL: "debug", ...options.env };
  return start("worker", ["--connect", connect, ...args], { ...options, env });
}

/**
 * Starts a client. By default, a try takes a minute: longer than any reply takes, however busy the machine is.
 *
 * @param connect The queue's frontend.
 * @param args Further arguments, such as `--count 5`.
 * @param options Variables, flags and input.
 */
export function startClient(connect: string, args: readonly string[] = [], options: StartOptions = {}): Program {
  const env = { SPQ_TIMEOUT: "1m", ...options.env };
  return start("client", ["--connect", connect, ...args], { ...options, env });
}
