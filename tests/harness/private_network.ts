/**
 * A separate network for programs under test: interfaces, ports, names and name servers. Needs `private networks`.
 *
 * @module
 */

import type { Role } from "../../tools/task_flags.ts";
import { Folder } from "./folder.ts";
import { Program, type ProgramOptions } from "./program.ts";
import { type CommandLine, commandLine, QueueProgram, type StartOptions } from "./programs.ts";

/** Runs a command in a folder; entering a mount namespace would leave the folder. */
const IN_FOLDER = 'cd "$1"; shift; exec "$@"';

/** A network namespace, and a mount namespace with its own `/etc/hosts` and `/etc/resolv.conf`. */
export class PrivateNetwork implements AsyncDisposable {
  readonly #folder: Folder;
  readonly #holder: Program;

  private constructor(folder: Folder, holder: Program) {
    this.#folder = folder;
    this.#holder = holder;
  }

  /**
   * Makes a network with a loopback interface, without any host names, and with a nonexistent name server at 127.0.0.1.
   *
   * @param commands Shell commands that extend it, such as `ip link add ...`.
   * @param lifeS After how many seconds it ends by itself, in case this process is killed.
   */
  static async make(commands: readonly string[] = [], lifeS = 600): Promise<PrivateNetwork> {
    const folder = new Folder();
    Deno.writeTextFileSync(folder.file("hosts"), "");
    Deno.writeTextFileSync(folder.file("resolv.conf"), "nameserver 127.0.0.1\n");
    const script = [
      "set -e",
      "ip link set lo up",
      ...["hosts", "resolv.conf"].map((name) => `mount --bind ${folder.file(name)} /etc/${name}`),
      ...commands,
      "echo made",
      `exec sleep ${lifeS}`,
    ].join("\n");
    const holder = new Program("unshare", { args: ["--net", "--mount", "sh", "-c", script] });
    const network = new PrivateNetwork(folder, holder);
    try {
      await holder.text("stdout", /^made$/m);
      return network;
    } catch (error) {
      await network[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** The id of the process that holds it, by which `ip` identifies it. */
  get pid(): number {
    return this.#holder.pid;
  }

  /**
   * Changes the addresses of names in `/etc/hosts`.
   *
   * @param addresses Pairs of an address and a name.
   */
  name(...addresses: (readonly [string, string])[]): void {
    const lines = addresses.map(([address, name]) => `${address} ${name}\n`);
    // Written in place, since this very file is mounted.
    Deno.writeTextFileSync(this.#folder.file("hosts"), lines.join(""));
  }

  /**
   * Starts any program in the network.
   *
   * @param command The program.
   * @param options How to start it.
   */
  run(command: string, options: ProgramOptions): Program {
    return new Program(...this.#inside({ cwd: "/", env: {}, ...options, command }, options));
  }

  /**
   * Starts one of the three programs in the network.
   *
   * @param role The program.
   * @param args Its arguments.
   * @param options Further options.
   */
  start(role: Role, args: readonly string[], options: StartOptions = {}): Program {
    return new Program(...this.#inside(commandLine(role, args, options), options));
  }

  /**
   * Starts a queue in the network and waits until it listens.
   *
   * @param frontend Its frontend.
   * @param backend Its backend.
   * @param args Further arguments.
   */
  async startQueue(frontend: string, backend: string, args: readonly string[] = []): Promise<QueueProgram> {
    const line = commandLine("queue", ["--frontend", frontend, "--backend", backend, ...args]);
    const queue = new QueueProgram(...this.#inside(line));
    try {
      return await queue.listening();
    } catch (error) {
      await queue[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Removes it, once all its programs have ended. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#holder[Symbol.asyncDispose]();
    this.#folder[Symbol.dispose]();
  }

  #inside(line: CommandLine, options: Pick<ProgramOptions, "input"> = {}): [string, ProgramOptions] {
    const { command, args, env, cwd } = line;
    const folder = cwd instanceof URL ? decodeURIComponent(cwd.pathname) : cwd;
    const entering = [`--target=${this.#holder.pid}`, "--net", "--mount", "sh", "-c", IN_FOLDER, "sh", folder];
    return ["nsenter", {
      args: [...entering, command, ...args],
      env: { PATH: "/usr/bin:/bin", ...env },
      ...(options.input === undefined ? {} : { input: options.input }),
    }];
  }
}
