/**
 * Runs commands exactly as in the documentation: in a shell, in a folder, under the programs' own names.
 *
 * @module
 */

import type { Role } from "../../tools/task_flags.ts";
import { ROOT, SEARCH_PATH } from "./capabilities.ts";
import { Folder } from "./folder.ts";
import type { PrivateNetwork } from "./private_network.ts";
import { type Exit, Program } from "./program.ts";
import { commandLine } from "./programs.ts";

const ROLES: readonly Role[] = ["queue", "worker", "client"];

/**
 * Reads the indented commands in a part of a document.
 *
 * @param file The document, relative to the repository's folder.
 * @param begin The text at which the part begins, such as a heading.
 * @param end The text before which it ends.
 * @throws {Error} When the document lacks the part.
 */
export async function documentedCommands(file: string, begin: string, end: string): Promise<string[]> {
  const text = await Deno.readTextFile(new URL(file, ROOT));
  const from = text.indexOf(begin);
  const to = text.indexOf(end, from + begin.length);
  if (from < 0 || to < 0) throw new Error(`${file} has no part from "${begin}" to "${end}"`);
  return [...text.slice(from, to).matchAll(/^ {4}(\S.*)$/gm)].map(([, command]) => command!);
}

/** A host like that of the documentation's reader: a folder to work in, and the programs. */
export class DocumentedHost implements Disposable {
  readonly #programs = new Folder();
  readonly #folder = new Folder();
  readonly #network: PrivateNetwork | undefined;

  /** @param network The network that it is in; `undefined`: this machine. */
  constructor(network?: PrivateNetwork) {
    this.#network = network;
    for (const role of ROLES) this.#write(`sp${role}`, `exec ${programLine(role)} "$@"`);
    // deno task ROLE ARGUMENT...
    this.#write("deno", 'shift; role=$1; shift; exec "sp$role" "$@"');
  }

  /** The folder in which its commands run. */
  get path(): string {
    return this.#folder.path;
  }

  /** The path of a file in that folder. */
  file(name: string): string {
    return this.#folder.file(name);
  }

  /**
   * Starts a command.
   *
   * @param command One shell command.
   */
  start(command: string): Program {
    const env = { ...commandLine("queue", []).env, PATH: `${this.#programs.path}:${SEARCH_PATH}` };
    // The program replaces the shell, so that signals reach it.
    const options = { args: ["-c", `exec ${command.trimStart()}`], cwd: this.path, env };
    return this.#network === undefined ? new Program("sh", options) : this.#network.run("sh", options);
  }

  /**
   * Runs a command to its end.
   *
   * @param command The command.
   * @returns How it ended; the exit code is 0.
   * @throws {Error} When it fails.
   */
  async run(command: string): Promise<Exit> {
    await using program = this.start(command);
    const exit = await program.exit;
    if (exit.code !== 0) throw new Error(`"${command}" ended with code ${exit.code}: ${exit.stderr}`);
    return exit;
  }

  /** Removes its folders. */
  [Symbol.dispose](): void {
    this.#programs[Symbol.dispose]();
    this.#folder[Symbol.dispose]();
  }

  #write(name: string, script: string): void {
    Deno.writeTextFileSync(this.#programs.file(name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  }
}

/** The command that starts a program in any folder. */
function programLine(role: Role): string {
  const { command, args } = commandLine(role, []);
  const source = `${role}.ts`;
  const words = args.map((word) => word === source ? decodeURIComponent(new URL(source, ROOT).pathname) : word);
  return [command, ...words].map((word) => `'${word}'`).join(" ");
}
