/**
 * Checks whether a program can be started, without starting it.
 *
 * It looks where exec(3) would look, with the C library's functions, because Deno's own need permission to read files.
 *
 * @module
 */

import { cLibrary, type CSymbols, variable } from "../../c_library.ts";
import { spawnChild } from "../../own_children.ts";
import { encodeText } from "../../zmq/c_text.ts";
import { JobError, notStarted } from "../job_error.ts";
import { SHELL } from "./argv.ts";
import { HEAD_SIZE, interpreterOf, programOfEnv } from "./interpreter.ts";

/** Modes of access(2): whether the file exists, and whether it may be executed. */
const EXISTS = 0;
const MAY_EXECUTE = 1;
/** Read-only, on Linux and macOS. */
const O_RDONLY = 0;
const NOT_FOUND = "there is no such program; give its path, or put it in PATH";

/** A script's interpreter may itself be a script, up to this depth on Linux. */
const MAX_INTERPRETERS = 4;

/**
 * Checks that a program exists and is executable, and that what its file requires exists: the interpreter of a script,
 * or the loader of a binary.
 *
 * @param program Its path, or its name in PATH.
 * @throws {JobError} `NOT_STARTED`.
 */
export function checkProgram(program: string): void {
  if (program === "") throw notStarted(program, NOT_FOUND);
  if (Deno.permissions.querySync({ name: "run", command: program }).state !== "granted") {
    throw notStarted(program, "Deno may not run it; allow it with --allow-run");
  }
  const symbols = cLibrary();
  // Without the C library, faults only show when the program is started.
  if (symbols === undefined) return;
  const fault = new ProgramCheck(symbols).faultOf(program);
  if (fault !== undefined) throw notStarted(program, fault);
}

class ProgramCheck {
  readonly #symbols: CSymbols;

  constructor(symbols: CSymbols) {
    this.#symbols = symbols;
  }

  /** What is wrong with a program; `undefined` if nothing is. */
  faultOf(program: string, interpretersLeft: number = MAX_INTERPRETERS): string | undefined {
    if (program.includes("/")) return this.#faultOfFile(program, interpretersLeft);
    const paths = this.#inPath(program);
    const path = paths.find((path) => this.#isExecutable(path)) ?? paths[0];
    return path === undefined ? NOT_FOUND : this.#faultOfFile(path, interpretersLeft);
  }

  /** The paths of this name in the folders of PATH. An empty entry means the current folder. */
  #inPath(name: string): string[] {
    const folders = (variable("PATH") ?? "").split(":");
    return folders.map((folder) => `${folder || "."}/${name}`).filter((path) => this.#isFile(path));
  }

  #faultOfFile(path: string, interpretersLeft: number): string | undefined {
    if (!this.#exists(path)) return NOT_FOUND;
    if (this.#isFolder(path)) return "it is a folder, not a program";
    if (!this.#isExecutable(path)) return "it is not executable; see chmod(1)";
    const head = this.#readHead(path);
    return head === undefined ? undefined : this.#faultOfHead(head, interpretersLeft);
  }

  #faultOfHead(head: Uint8Array, interpretersLeft: number): string | undefined {
    const interpreter = interpreterOf(head);
    switch (interpreter.kind) {
      case "none":
        return undefined;
      case "text":
        return "it does not begin with #! and an interpreter; add that, such as #!/bin/sh";
      case "byte order mark":
        return "it begins with a byte order mark, so that the system does not see its first line, #!; remove the mark";
      case "loader":
        if (this.#exists(interpreter.path)) return undefined;
        return `it needs ${shown(interpreter.path)}, which does not exist: it was built for another system`;
      case "script": {
        if (interpreter.line.endsWith("\r")) {
          return "its first line ends with a carriage return, as on Windows, which the system takes as part of " +
            "the interpreter's name; remove it, for instance with sed -i 's/\\r$//'";
        }
        if (interpretersLeft === 0) {
          return "its chain of interpreters is too long: each one is a script that names another";
        }
        const name = programOfEnv(interpreter);
        for (const needed of name === undefined ? [interpreter.path] : [interpreter.path, name]) {
          const fault = this.faultOf(needed, interpretersLeft - 1);
          if (fault !== undefined) return `its first line names ${shown(needed)}, which cannot be started: ${fault}`;
        }
        return undefined;
      }
    }
  }

  #exists(path: string): boolean {
    return this.#symbols.access(encodeText(path), EXISTS) === 0;
  }

  #isExecutable(path: string): boolean {
    return this.#symbols.access(encodeText(path), MAY_EXECUTE) === 0;
  }

  /** Only for a folder does the path with `/.` exist. */
  #isFolder(path: string): boolean {
    return this.#exists(`${path}/.`);
  }

  #isFile(path: string): boolean {
    return this.#exists(path) && !this.#isFolder(path);
  }

  /** The beginning of a file; `undefined` if the file may be executed but not read. */
  #readHead(path: string): Uint8Array | undefined {
    const fd = this.#symbols.open(encodeText(path), O_RDONLY);
    if (fd < 0) return undefined;
    const head = new Uint8Array(HEAD_SIZE);
    const size = Number(this.#symbols.read(fd, head, BigInt(HEAD_SIZE)));
    this.#symbols.close(fd);
    return size < 0 ? undefined : head.subarray(0, size);
  }
}

function shown(text: string): string {
  return JSON.stringify(text);
}

/**
 * Checks the syntax of a command for a shell, without running any of it.
 *
 * @param argv The program and its arguments. Only `sh -c` is checked.
 * @throws {JobError} `NOT_STARTED`.
 */
export async function checkShellSyntax(argv: readonly string[]): Promise<void> {
  const [shell = "", option, text] = argv;
  if (shell !== SHELL || option !== "-c" || text === undefined) return;
  const { success, stderr } = await spawnChild(shell, {
    args: ["-n", "-c", text],
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).output();
  if (success) return;
  const [reason = ""] = new TextDecoder().decode(stderr).trim().split("\n");
  throw new JobError("NOT_STARTED", `Cannot run the command ${shown(text)}: the shell says "${reason}"`);
}
