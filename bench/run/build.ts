/**
 * Builds, installs or finds what the benchmark needs beside our queue.
 *
 * @module
 */

import { BenchError } from "./error.ts";

/** The folder of the benchmark. */
export const BENCH: string = new URL("..", import.meta.url).pathname;
const BUILD = `${BENCH}build`;

/** The paths of the compiled programs. */
export type Programs = Readonly<Record<keyof typeof SOURCES, string>>;

/** What speaks to a queue without a library. */
const PEER_SOURCES = ["peer", "zmtp", "nats", "gearman"].map((name) => `load/${name}.c`);
/** Of each program its sources and libraries. */
const SOURCES = {
  c_queue: ["peers/c_queue.c", "-lzmq"],
  access: ["load/access.c", "-lzmq"],
  load: ["load/load.c", ...PEER_SOURCES],
  overload: ["load/overload.c", ...PEER_SOURCES, "-lm"],
} as const satisfies Record<string, readonly string[]>;

/** A command that has ended: its output without white space at the ends. */
export interface Outcome {
  readonly success: boolean;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command to its end; undefined when there is no such program. */
export async function tryCommand(command: string, args: readonly string[]): Promise<Outcome | undefined> {
  try {
    const options: Deno.CommandOptions = { args: [...args], env: { NO_COLOR: "1" }, stdin: "null" };
    const { success, stdout, stderr } = await new Deno.Command(command, options).output();
    const decoder = new TextDecoder();
    return { success, stdout: decoder.decode(stdout).trim(), stderr: decoder.decode(stderr).trim() };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** Whether there is such a file. */
export async function isFile(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

async function compile(program: keyof Programs): Promise<[string, string]> {
  const output = `${BUILD}/${program}`;
  const inputs = SOURCES[program].map((input) => input.startsWith("-") ? input : `${BENCH}${input}`);
  const flags = ["-O2", "-std=gnu11", "-D_GNU_SOURCE", "-Wall", "-Wextra"];
  const result = await tryCommand("gcc", [...flags, "-o", output, ...inputs]);
  if (result?.success) return [program, output];
  if (result === undefined || /zmq\.h: No such file|cannot find -lzmq/.test(result.stderr)) {
    throw new BenchError(`Cannot compile ${program}: install gcc and libzmq3-dev`);
  }
  throw new BenchError(`Cannot compile ${program}:\n${result.stderr}`);
}

/**
 * Compiles the queue in C and the load generators against the libzmq of this machine, into `bench/build/`.
 *
 * @throws {BenchError} When gcc or libzmq is not installed.
 */
export async function build(): Promise<Programs> {
  await Deno.mkdir(BUILD, { recursive: true });
  const programs = Object.keys(SOURCES) as (keyof Programs)[];
  return Object.fromEntries(await Promise.all(programs.map(compile))) as Programs;
}

/** Why something is not available. */
export interface Missing {
  readonly missing: string;
}

/** Whether something is not available. */
export function isMissing(value: string | object): value is Missing {
  return typeof value === "object" && "missing" in value;
}

/** Finds a Python with pyzmq: the path of the program itself, as python3 may be a script that looks for one. */
export async function findPython(): Promise<string | Missing> {
  const python = await tryCommand("python3", ["-c", "import sys; print(sys.executable); import zmq"]);
  return python?.success ? python.stdout : { missing: "pyzmq was not found: python3 -m pip install pyzmq" };
}

/** Finds Node, and installs zeromq.js for the queue in Node with npm where it is not there yet. */
export async function findNode(): Promise<string | Missing> {
  const node = await tryCommand("node", ["-p", "process.execPath"]);
  if (node?.success !== true) return { missing: "node was not found" };
  const folder = `${BENCH}peers/node`;
  if (await isFile(`${folder}/node_modules/zeromq/package.json`)) return node.stdout;
  const installed = await tryCommand("npm", ["ci", "--prefix", folder, "--no-audit", "--no-fund"]);
  return installed?.success ? node.stdout : { missing: "npm cannot install zeromq.js" };
}

/** Finds a server; Debian keeps them where only root's PATH leads. */
async function findServer(name: string, debianPackage: string): Promise<string | Missing> {
  for (const command of [name, `/usr/sbin/${name}`]) {
    if (await tryCommand(command, ["--version"]) !== undefined) return command;
  }
  return { missing: `${name} was not found: install ${debianPackage}` };
}

/** Finds nats-server. */
export function findNats(): Promise<string | Missing> {
  return findServer("nats-server", "nats-server");
}

/** Finds gearmand. */
export function findGearmand(): Promise<string | Missing> {
  return findServer("gearmand", "gearman-job-server");
}

/**
 * Compiles a program of `bench/peers` as `tools/compile.ts` compiles the queue: with the Deno that the variable DENO
 * names, or this one.
 *
 * @returns The path of the binary, or why there is none.
 */
export async function compileProgram(name: string): Promise<string | Missing> {
  const output = `${BUILD}/${name}`;
  const compiler = Deno.env.get("DENO") ?? Deno.execPath();
  const args = ["compile", "--quiet", "--no-check", "--no-lock", "--no-config", "--output", output];
  const result = await tryCommand(compiler, [...args, `${BENCH}peers/${name}.ts`]);
  if (result === undefined) return { missing: `there is no ${compiler}, which the variable DENO names` };
  if (result.success) return output;
  // Deno names the last cause in the last numbered line.
  const cause = result.stderr.match(/^ +\d+: (?!<unknown>).*$/gm)?.find((line) => line.includes("denort"));
  return { missing: `deno compile does not work: ${cause?.replace(/^ +\d+: /, "") ?? result.stderr.split("\n")[0]}` };
}
