/**
 * The machines of workers and clients: network namespaces, or this machine where there may be none.
 *
 * @module
 */

import { SEARCH_PATH } from "../../harness/capabilities.ts";
import { PrivateNetwork } from "../../harness/private_network.ts";
import type { Program } from "../../harness/program.ts";
import { start } from "../../harness/programs.ts";
import type { Role } from "../../../tools/task_flags.ts";

/** What the machines call the queue's machine. */
export const QUEUE_NAME = "queue.example";

/** A machine. Leaving `await using`'s scope removes it; its programs must have ended. */
export interface Machine extends AsyncDisposable {
  /** How programs on it name the queue's machine. */
  readonly queueHost: string;
  /** Starts one of the three programs. */
  readonly start: (role: Role, args: readonly string[]) => Program;
  /** Takes it away from the queue: unplugged, or all its programs stopped. */
  readonly lose: () => Promise<void>;
  /** Brings it back. */
  readonly restore: () => Promise<void>;
  /** Makes the queue's name unknown to it, or known again; `undefined` where its names cannot be changed. */
  readonly knowQueue: ((isKnown: boolean) => void) | undefined;
}

/** A machine with a network of its own, and a wire to this process's network, where the queue is. */
export class NetworkMachine implements Machine {
  readonly queueHost = QUEUE_NAME;
  readonly #network: PrivateNetwork;
  readonly #queueAddress: string;

  private constructor(network: PrivateNetwork, queueAddress: string) {
    this.#network = network;
    this.#queueAddress = queueAddress;
  }

  /**
   * Makes one.
   *
   * @param number A number that no other machine has, from 1 to 254.
   * @param lifeS How long it is needed, in seconds.
   */
  static async make(number: number, lifeS: number): Promise<NetworkMachine> {
    const network = await PrivateNetwork.make([], lifeS);
    const [here, there] = [`10.198.${number}.1`, `10.198.${number}.2`];
    const machine = new NetworkMachine(network, here);
    try {
      const wire = `wire${number}`;
      await ip("link", "add", wire, "type", "veth", "peer", "name", "wire", "netns", `${network.pid}`);
      await ip("address", "add", `${here}/24`, "dev", wire);
      await ip("link", "set", wire, "up");
      await machine.#inside("address", "add", `${there}/24`, "dev", "wire");
      await machine.restore();
      machine.knowQueue(true);
      return machine;
    } catch (error) {
      await network[Symbol.asyncDispose]();
      throw error;
    }
  }

  start = (role: Role, args: readonly string[]): Program => this.#network.start(role, args);

  lose = (): Promise<void> => this.#inside("link", "set", "wire", "down");

  restore = (): Promise<void> => this.#inside("link", "set", "wire", "up");

  knowQueue = (isKnown: boolean): void => {
    if (isKnown) this.#network.name([this.#queueAddress, QUEUE_NAME]);
    else this.#network.name();
  };

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#network[Symbol.asyncDispose]();
  }

  #inside(...args: readonly string[]): Promise<void> {
    return run("nsenter", [`--target=${this.#network.pid}`, "--net", "ip", ...args]);
  }
}

/** This machine in the place of another one, which is lost when its programs are stopped. */
export class LocalMachine implements Machine {
  readonly queueHost = "127.0.0.1";
  readonly knowQueue = undefined;
  readonly #programs: Program[] = [];

  start = (role: Role, args: readonly string[]): Program => {
    const program = start(role, args);
    this.#programs.push(program);
    return program;
  };

  lose = (): Promise<void> => this.#signal("SIGSTOP");

  restore = (): Promise<void> => this.#signal("SIGCONT");

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }

  #signal(signal: Deno.Signal): Promise<void> {
    for (const program of this.#programs) program.kill(signal);
    return Promise.resolve();
  }
}

function ip(...args: readonly string[]): Promise<void> {
  return run("ip", args);
}

async function run(command: string, args: readonly string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(command, { args: [...args], env: { PATH: SEARCH_PATH } }).output();
  if (!success) throw new Error(`"${command} ${args.join(" ")}" failed: ${new TextDecoder().decode(stderr)}`);
}
