/**
 * A host is suddenly gone, as when a cable is pulled.
 *
 * @module
 */

import { within } from "../harness/deadline.ts";
import { Program, type ProgramOptions } from "../harness/program.ts";
import { ANY_PORT, commandLine, QueueProgram } from "../harness/programs.ts";
import type { Role } from "../../tools/task_flags.ts";
import { demand, type Fault, type Figures } from "./fault.ts";
import { PythonClients, PythonWorkers } from "./python_peers.ts";
import { endQueue } from "./queue_end.ts";

const PAIRS = 3;
/** How many times as long as promised it may take on a busy machine, the start of peers included. */
const TOLERANCE = 3;
const NOTICED_WITHIN_MS = 15_000;
const HEARTBEAT_MS = 1000;
const NOTICED_BY_HEARTBEAT_WITHIN_MS = 3 * HEARTBEAT_MS;
/** A job that lasts longer than the test. */
const LONG_MS = 120_000;
const WIRE = "wire";
const HERE = "10.199.0.1";
const THERE = "10.199.0.2";
const PATIENCE = ["--timeout", LONG_MS, LONG_MS, "--tries", 1, "--pause", LONG_MS, "--report-every", 20];

/** Workers on another host, some at work and some idle, when the link to it is lost. */
export const lostLink: Fault = {
  name: "lost-link",
  guarantee: "queue and worker notice lost links within 15 s, idle ones and ones with unacknowledged data",
  needs: ["programs", "pyzmq", "network namespaces"],
  tcpOnly: "both ends of an ipc connection are on one host",
  isLong: true,
  testMs: 0,
  testsBinaries: false,
  inject: async (): Promise<Figures> => {
    const runs = [loseLink([], NOTICED_WITHIN_MS), loseLinkOfWorker()] as const;
    // If one fails, the other must still remove its network.
    await Promise.allSettled(runs);
    const [queue, worker] = await Promise.all(runs);
    return { ...queue, ...worker };
  },
};

/** The same with heartbeats. */
export const lostLinkWithHeartbeat: Fault = {
  name: "lost-link-with-heartbeat",
  guarantee: "queue notices lost links within three intervals of --heartbeat",
  needs: ["programs", "pyzmq", "network namespaces"],
  tcpOnly: "both ends of an ipc connection are on one host",
  testMs: 0,
  testsBinaries: false,
  inject: async (): Promise<Figures> =>
    await loseLink(["--heartbeat", `${HEARTBEAT_MS}ms`], NOTICED_BY_HEARTBEAT_WITHIN_MS),
};

async function loseLink(args: readonly string[], limitMs: number): Promise<Figures> {
  await using link = await Link.make();
  await using queue = await startQueueIn(link.here, args);
  // These workers are busy, on connections where everything is acknowledged.
  await using busy = new PythonWorkers(queue.backend, PAIRS, LONG_MS, ["--tell-jobs"], link.there);
  await using early = new PythonClients(queue.frontend, PAIRS, PATIENCE, link.here);
  await busy.events("job", PAIRS);
  // These workers are idle, and the queue knows it.
  await using idle = new PythonWorkers(queue.backend, PAIRS, 0, ["--tell-jobs"], link.there);
  await idle.ready();
  await using probes = new PythonClients(queue.frontend, PAIRS, ["--timeout", LONG_MS, LONG_MS], link.here);
  await idle.allWorked();
  await probes.finish();
  await using late = new PythonClients(queue.frontend, PAIRS, [...PATIENCE, "--held"], link.here);
  await late.event("started");
  await link.cut();
  const start = performance.now();
  // Their requests are sent but never acknowledged.
  late.kill("SIGUSR1");
  await using local = new PythonWorkers(queue.backend, 1, 0, [], link.here);
  await local.ready();
  const noticed = async (clients: PythonClients) => {
    await within(clients.answered(PAIRS), () => "lost links to be noticed", TOLERANCE * limitMs);
    return Math.round(performance.now() - start);
  };
  const [idleMs, unacknowledgedMs] = await Promise.all([noticed(early), noticed(late)]);
  const end = await endQueue(queue);
  const figures = { idleMs, unacknowledgedMs };
  demand(end.redeliveries + end.orderlyExits === 2 * PAIRS, "The requests were with lost workers", { ...figures, end });
  demand(Math.max(idleMs, unacknowledgedMs) <= TOLERANCE * limitMs, "A lost link is noticed in time", figures);
  return figures;
}

/** An idle worker of ours says READY again when the link is back. */
async function loseLinkOfWorker(): Promise<Figures> {
  await using link = await Link.make();
  await using queue = await startQueueIn(link.here, []);
  const workerLine = lineIn(link.there, "worker", ["--connect", queue.backend, "--no-faults", "--work", "0"]);
  await using worker = new Program(...workerLine);
  const ask = async (text: string) => {
    const args = ["--connect", queue.frontend, "--timeout", "1m", text];
    await using client = new Program(...lineIn(link.here, "client", args));
    const { stdout } = await client.exit;
    demand(stdout === text, "A worker that is connected answers", { stdout });
  };
  await ask("before");
  await link.cut();
  const start = performance.now();
  await worker.event("connection lost");
  const workerMs = Math.round(performance.now() - start);
  await link.restore();
  await ask("after");
  await endQueue(queue);
  demand(workerMs <= TOLERANCE * NOTICED_WITHIN_MS, "A worker notices a lost link in time", { workerMs });
  return { workerMs };
}

async function startQueueIn(through: readonly string[], args: readonly string[]): Promise<QueueProgram> {
  const endpoint = ANY_PORT.replace("127.0.0.1", HERE);
  const queue = new QueueProgram(...lineIn(through, "queue", ["--frontend", endpoint, "--backend", endpoint, ...args]));
  try {
    return await queue.listening();
  } catch (error) {
    await queue[Symbol.asyncDispose]();
    throw error;
  }
}

/** The command that starts one of our programs on one side. */
function lineIn(through: readonly string[], role: Role, args: readonly string[]): [string, ProgramOptions] {
  const { command, args: rest, ...options } = commandLine(role, [...args, "--log-format", "json"]);
  const [first, ...line] = [...through, command, ...rest];
  return [first!, { args: line, ...options }];
}

/** Two network namespaces, as two hosts, and a link between them. */
class Link implements AsyncDisposable {
  readonly #names: readonly [string, string];

  private constructor() {
    const id = crypto.randomUUID().slice(0, 6);
    this.#names = [`spq-here-${id}`, `spq-there-${id}`];
  }

  static async make(): Promise<Link> {
    const link = new Link();
    const [here, there] = link.#names;
    try {
      await ip("netns", "add", here);
      await ip("netns", "add", there);
      await ip("link", "add", WIRE, "netns", here, "type", "veth", "peer", "name", WIRE, "netns", there);
      for (const [name, address] of [[here, HERE], [there, THERE]] as const) {
        await ip("-n", name, "address", "add", `${address}/24`, "dev", WIRE);
        await ip("-n", name, "link", "set", WIRE, "up");
        await ip("-n", name, "link", "set", "lo", "up");
      }
      return link;
    } catch (error) {
      await link[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** The command that starts a program on the queue's side. */
  get here(): string[] {
    return ["ip", "netns", "exec", this.#names[0]];
  }

  /** The command that starts a program on the other side. */
  get there(): string[] {
    return ["ip", "netns", "exec", this.#names[1]];
  }

  /** The other host is unplugged. */
  async cut(): Promise<void> {
    await ip("-n", this.#names[1], "link", "set", WIRE, "down");
  }

  /** The other host is plugged in again. */
  async restore(): Promise<void> {
    await ip("-n", this.#names[1], "link", "set", WIRE, "up");
  }

  /** Removes both. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const name of this.#names) await ip("netns", "delete", name).catch(() => undefined);
  }
}

async function ip(...args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command("ip", { args }).output();
  demand(success, `"ip ${args.join(" ")}" succeeds`, new TextDecoder().decode(stderr));
}
