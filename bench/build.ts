/**
 * Builds and installs what the benchmark needs beside the queue: C programs, pyzmq, zeromq.js, a compiled empty program.
 *
 * @module
 */

import { BenchError } from "./error.ts";

const BENCH = import.meta.dirname ?? ".";
const BUILD = `${BENCH}/build`;

/** The compiled programs. */
export interface Programs {
  /** The path of the Guide's queue in C. */
  readonly cQueue: string;
  /** The path of zmq_proxy. */
  readonly proxy: string;
  /** The path of the load generator. */
  readonly load: string;
  /** The path of the load generator of the overload experiments. */
  readonly overload: string;
  /** The path of the program that kills workers. */
  readonly redelivery: string;
}

/** A command that has ended. */
export interface Outcome {
  readonly success: boolean;
  /** Its standard output, without white space at the ends. */
  readonly stdout: string;
  /** The same of its standard error. */
  readonly stderr: string;
}

/**
 * Runs a command to its end.
 *
 * @param command The program.
 * @param args Its arguments.
 * @returns What became of it, or undefined when there is no such program.
 */
export async function tryCommand(command: string, args: readonly string[]): Promise<Outcome | undefined> {
  try {
    const { success, stdout, stderr } = await new Deno.Command(command, {
      args: [...args],
      env: { NO_COLOR: "1" },
      stdin: "null",
    }).output();
    const decoder = new TextDecoder();
    return { success, stdout: decoder.decode(stdout).trim(), stderr: decoder.decode(stderr).trim() };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/**
 * Tells whether there is such a file.
 *
 * @param path The file.
 * @returns Whether it is there, and a file.
 */
export async function isFile(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

async function compile(program: string, sources: readonly string[], libraries: readonly string[]): Promise<string> {
  const output = `${BUILD}/${program}`;
  const paths = sources.map((source) => `${BENCH}/${source}`);
  const args = ["-O2", "-std=gnu11", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-o", output, ...paths, ...libraries];
  const result = await tryCommand("gcc", args);
  if (result === undefined) {
    throw new BenchError("Cannot build the C queue: gcc was not found: install gcc and libzmq3-dev");
  }
  if (result.success) return output;
  if (/zmq\.h: No such file|cannot find -lzmq/.test(result.stderr)) {
    throw new BenchError("Cannot build the C queue: libzmq or its header was not found: install libzmq3-dev");
  }
  throw new BenchError(`Cannot compile ${program}:\n${result.stderr}`);
}

/** What speaks to a queue without a library. */
const PEER_SOURCES = ["peer", "zmtp", "nats", "gearman"].map((name) => `load/${name}.c`);

/**
 * Compiles the queues in C and the load generators with gcc, against the libzmq of this machine, into `bench/build/`.
 *
 * @returns The compiled programs.
 * @throws {BenchError} When gcc or libzmq is not installed.
 */
export async function build(): Promise<Programs> {
  await Deno.mkdir(BUILD, { recursive: true });
  return {
    cQueue: await compile("c_queue", ["peers/c_queue.c"], ["-lzmq"]),
    proxy: await compile("proxy", ["peers/proxy.c"], ["-lzmq"]),
    load: await compile("load", ["load/load.c", ...PEER_SOURCES], []),
    overload: await compile("overload", ["load/overload.c", ...PEER_SOURCES], ["-lm"]),
    redelivery: await compile("redelivery", ["load/redelivery.c"], ["-lzmq"]),
  };
}

/** Something that could not be had: the reason. */
export interface Missing {
  readonly missing: string;
}

/**
 * Tells whether something could not be had.
 *
 * @param value It, or why it could not be had.
 * @returns Whether it is the reason.
 */
export function isMissing(value: string | object): value is Missing {
  return typeof value === "object" && "missing" in value;
}

/**
 * Finds a Python with pyzmq; where there is only Python, installs pyzmq into an environment of the benchmark's own.
 *
 * @returns The path of the Python, or why there is none.
 */
export async function findPython(): Promise<string | Missing> {
  // The path of the program itself: python3 may be a script that looks for one.
  const script = "import sys; print(sys.executable); import zmq";
  const system = await tryCommand("python3", ["-c", script]);
  if (system === undefined) return { missing: "python3 was not found" };
  if (system.success) return system.stdout;
  const environment = `${BUILD}/python`;
  const python = `${environment}/bin/python3`;
  if (!await isFile(python)) {
    const made = await tryCommand("python3", ["-m", "venv", environment]);
    if (made?.success !== true) return { missing: "pyzmq is not installed, and python3 -m venv does not work" };
  }
  const arguments_ = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "pyzmq>=27,<28"];
  const installed = await tryCommand(python, arguments_);
  return installed?.success === true ? python : { missing: "pyzmq is not installed, and pip cannot install it" };
}

/**
 * Finds Node, and installs zeromq.js for the queue in Node with npm where it is not there yet.
 *
 * @returns The path of Node, or why it cannot be used.
 */
export async function findNode(): Promise<string | Missing> {
  const node = await tryCommand("node", ["-p", "process.execPath"]);
  if (node?.success !== true) return { missing: "node was not found" };
  const folder = `${BENCH}/peers/node`;
  if (await isFile(`${folder}/node_modules/zeromq/package.json`)) return node.stdout;
  const installed = await tryCommand("npm", ["ci", "--prefix", folder, "--no-audit", "--no-fund"]);
  if (installed === undefined) return { missing: "npm was not found, which would install zeromq.js" };
  return installed.success ? node.stdout : { missing: "npm cannot install zeromq.js" };
}

/**
 * Finds a server that a package of Debian brings.
 *
 * @param command The server.
 * @param debianPackage The package.
 * @returns Its path, or why it cannot be used.
 */
export async function findServer(command: string, debianPackage: string): Promise<string | Missing> {
  // Debian keeps servers where only root's PATH leads.
  for (const folder of [...(Deno.env.get("PATH") ?? "").split(":"), "/usr/sbin"]) {
    if (folder !== "" && await isFile(`${folder}/${command}`)) return `${folder}/${command}`;
  }
  return { missing: `${command} was not found: install ${debianPackage}` };
}

/**
 * Compiles a program of `bench/peers` as `tools/compile.ts` compiles the queue: with the Deno that the variable DENO names,
 * or this one.
 *
 * @param name Its name there.
 * @returns The path of the binary, or why there is none.
 */
export async function compileProgram(name: string): Promise<string | Missing> {
  const output = `${BUILD}/${name}`;
  const compiler = Deno.env.get("DENO") ?? Deno.execPath();
  const args = ["compile", "--quiet", "--no-check", "--no-lock", "--no-config", "--output", output];
  const result = await tryCommand(compiler, [...args, `${BENCH}/peers/${name}.ts`]);
  if (result === undefined) return { missing: `there is no ${compiler}, which the variable DENO names` };
  if (result.success) return output;
  // Deno names the last cause in the last numbered line.
  const cause = result.stderr.match(/^ +\d+: (?!<unknown>).*$/gm)?.find((line) => line.includes("denort"));
  return { missing: `deno compile does not work: ${cause?.replace(/^ +\d+: /, "") ?? result.stderr.split("\n")[0]}` };
}
