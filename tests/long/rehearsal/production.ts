/**
 * What is there all day: a queue with keys, workers on two machines, clients on a third and on the queue's own, and who
 * watches it.
 *
 * @module
 */

import { whyNot } from "../../harness/capabilities.ts";
import { within } from "../../harness/deadline.ts";
import { Program } from "../../harness/program.ts";
import { commandLine } from "../../harness/programs.ts";
import { demand } from "../../faults/fault.ts";
import { OurClients } from "../../faults/our_clients.ts";
import { OurWorkers } from "../../faults/our_workers.ts";
import { PythonClients } from "../../faults/python_peers.ts";
import type { QueueEnd } from "../../faults/queue_end.ts";
import { LocalMachine, type Machine, NetworkMachine } from "./machine.ts";
import { say } from "./report.ts";
import { Resources } from "./resources.ts";
import { RunningQueue } from "./running_queue.ts";
import type { DaySettings } from "./settings.ts";

/** How long a job takes. */
export const WORK_MS = 400;
const WORKERS_A_MACHINE = 2;
const JOBS_AT_ONCE = 2;
/** How many jobs all workers do at once. */
export const SLOTS = 2 * WORKERS_A_MACHINE * JOBS_AT_ONCE;
const OUR_CLIENTS = 4;
const GUIDE_CLIENTS = 2;
/** Longer than a busy machine stands still, which must not look as if a request was lost. */
const JOB_TIMEOUT_MS = 15_000;
/** Together a minute, which is longer than a machine stays lost. */
const PATIENCE = { ours: { timeoutMs: 15_000, tries: 4 }, guides: { timeoutMs: 5000, tries: 12 } };
/** How many lines of each log are printed after a miss. */
const LOGGED_LINES = 20;
/** Starting, the last act and ending. */
const SPARE_S = 900;

/** The names of the keys. */
export const KEYS = { workers: "workers", clients: "clients" } as const;

/** The production. Leaving `await using`'s scope ends everything. */
export class Production implements AsyncDisposable {
  /** What processes take. */
  readonly resources = new Resources();
  /** The last figures of all queues that have ended. */
  readonly ends: QueueEnd[] = [];
  /** Requests that acts have sent by clients of their own and that were answered. */
  otherAnswers = 0;
  /** Requests of such clients that got no reply, and whose client said why. */
  otherFailures = 0;
  /** The machines of workers. */
  readonly workerMachines: readonly [Machine, Machine];
  /** The clients' machine. */
  readonly clientMachine: Machine;
  /** The settings of the day. */
  readonly settings: DaySettings;
  #stack = new AsyncDisposableStack();
  #queue: RunningQueue;
  #logs = 0;
  #workers: readonly OurWorkers[] = [];
  #clients!: OurClients;
  #guideClients: PythonClients | undefined;

  private constructor(
    settings: DaySettings,
    machines: readonly [Machine, Machine, Machine],
    queue: RunningQueue,
  ) {
    this.settings = settings;
    this.workerMachines = [machines[0], machines[1]];
    this.clientMachine = machines[2];
    this.#queue = queue;
  }

  /**
   * Starts everything, and waits until each client has been answered.
   *
   * @param settings The day's.
   */
  static async open(settings: DaySettings): Promise<Production> {
    await using stack = new AsyncDisposableStack();
    const make = async (number: number) =>
      stack.use(
        settings.ownNetwork ? await NetworkMachine.make(number, settings.minutes * 60 + SPARE_S) : new LocalMachine(),
      );
    const machines = [await make(1), await make(2), await make(3)] as const;
    const keys = `${settings.folder}/keys`;
    for (const [role, name] of [["worker", KEYS.workers], ["client", KEYS.clients]]) {
      await queueCommand("key", "add", role!, name!, "--keys", keys);
    }
    const any = `tcp://${settings.ownNetwork ? "*" : "127.0.0.1"}:*`;
    const local = (side: string) => `ipc://${settings.folder}/${side}`;
    const endpoints = ["--frontend", any, "--frontend", local("front"), "--backend", any, "--backend", local("back")];
    const queue = stack.use(
      RunningQueue.start(
        [...endpoints, "--http", "127.0.0.1:0", ...queueArgs(settings)],
        `${settings.disk}/queue-0.log`,
      ),
    );
    await queue.listening();
    const production = new Production(settings, machines, queue);
    production.#startWorkers(stack);
    await Promise.all(production.#workers.map((workers) => workers.ready()));
    production.#startClients(stack);
    await production.everybodyAnswered();
    production.#stack = stack.move();
    return production;
  }

  /** The queue that runs now. */
  get queue(): RunningQueue {
    return this.#queue;
  }

  /** The workers of each machine. */
  get workers(): readonly OurWorkers[] {
    return this.#workers;
  }

  /** All workers that have not been replaced. */
  get workerPrograms(): readonly Program[] {
    return this.#workers.flatMap(({ programs }) => programs);
  }

  /** Where workers on a machine connect. */
  backendFor(machine: Machine): string {
    return `tcp://${machine.queueHost}:${portOf(this.#queue.backends)}`;
  }

  /** Where clients on a machine connect. */
  frontendFor(machine: Machine): string {
    return `tcp://${machine.queueHost}:${portOf(this.#queue.frontends)}`;
  }

  /** The file with a key. */
  keyFile(name: string): string {
    return `${this.settings.folder}/keys/${name}.key`;
  }

  /** Runs a command of `spqueue key`. */
  async key(...args: readonly string[]): Promise<void> {
    await queueCommand("key", ...args, "--keys", `${this.settings.folder}/keys`);
  }

  /** How many requests the clients that are there all day have had answered, and sent again. */
  get totals(): { readonly answered: number; readonly retries: number } {
    const ours = this.#clients.totals;
    const guides = this.#guideClients?.totals;
    return {
      answered: ours.answered + (guides?.answered ?? 0),
      retries: ours.retries + (guides?.retries ?? 0),
    };
  }

  /** How often our own clients have sent a request again. */
  get ourRetries(): number {
    return this.#clients.totals.retries;
  }

  /** Waits until each client has had a further reply, and checks that none has given up. */
  async everybodyAnswered(): Promise<void> {
    const guides = this.#guideClients;
    await Promise.all([
      this.#clients.answered(),
      // Each of them has one request under way at most.
      guides?.answered((guides.totals?.answered ?? 0) + 2 * GUIDE_CLIENTS),
    ]);
    const gaveUp = this.#clients.programs.filter(({ isRunning }) => !isRunning).length +
      (guides?.totals.abandoned ?? 0);
    demand(gaveUp === 0, "No client gives up", { gaveUp });
  }

  /**
   * Starts a queue in the place of the one that runs.
   *
   * @param args Further arguments.
   * @param replace Ends the old queue, and waits until the new one listens.
   */
  async replaceQueue(
    args: readonly string[],
    replace: (start: () => RunningQueue, old: RunningQueue) => Promise<void>,
  ): Promise<void> {
    const old = this.#queue;
    const endpoints = [
      ...old.frontends.flatMap((endpoint) => ["--frontend", endpoint]),
      ...old.backends.flatMap((endpoint) => ["--backend", endpoint]),
      ...["--http", old.http],
    ];
    await replace(() => {
      const log = `${this.settings.disk}/queue-${++this.#logs}.log`;
      this.#queue = RunningQueue.start([...endpoints, ...queueArgs(this.settings), ...args], log);
      return this.#stack.use(this.#queue);
    }, old);
  }

  /** How many lines the queue and the workers have logged. */
  get logLengths(): ReadonlyMap<Program, number> {
    return new Map([this.#queue.log, ...this.workerPrograms].map((program) => [program, program.lines.length]));
  }

  /**
   * Prints what the queue and the workers have logged lately.
   *
   * @param since How many lines they had logged before.
   */
  printLogs(since: ReadonlyMap<Program, number>): void {
    const all = [
      ["queue", this.#queue.log],
      ...this.workerPrograms.map((worker, i) => [`worker ${i + 1}`, worker]),
    ] as [
      string,
      Program,
    ][];
    for (const [name, program] of all) {
      const lines = program.lines.slice(since.get(program) ?? 0).filter(({ event }) => event !== "job answered");
      for (const line of lines.slice(-LOGGED_LINES)) say(`${name}: ${JSON.stringify(line)}`);
    }
  }

  /** Looks at what the processes take. */
  async lookAtResources(): Promise<void> {
    if (whyNot(["proc"]) !== undefined) return;
    await this.resources.look("queue", this.#queue.process.pid);
    for (const [index, { pid }] of this.workerPrograms.entries()) await this.resources.look(`worker ${index + 1}`, pid);
    for (const [index, { pid }] of this.#clients.programs.entries()) {
      await this.resources.look(`client ${index + 1}`, pid);
    }
  }

  /**
   * Ends the clients, each in the middle of a request.
   *
   * @returns How many requests were answered.
   */
  async finishClients(): Promise<number> {
    const [ours, guides] = await Promise.all([this.#clients.finish(), this.#guideClients?.finish()]);
    demand((guides?.abandoned ?? 0) === 0, "No client gives up", guides);
    return ours.answered + (guides?.answered ?? 0);
  }

  /** Ends the workers, and gives their exit codes. */
  async finishWorkers(): Promise<number[]> {
    const programs = this.workerPrograms;
    for (const worker of programs) worker.kill("SIGTERM");
    const exits = await Promise.all(programs.map((worker) => worker.exit));
    return [...exits.map(({ code }) => code), ...(await Promise.all(this.#workers.map((each) => each.left()))).flat()];
  }

  /** Ends everything that still runs. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }

  #startWorkers(stack: AsyncDisposableStack): void {
    const args = ["--concurrency", `${JOBS_AT_ONCE}`, "--key", this.keyFile(KEYS.workers)];
    this.#workers = this.workerMachines.map((machine) =>
      stack.use(new OurWorkers([this.backendFor(machine)], WORKERS_A_MACHINE, WORK_MS, args, machine.start))
    );
  }

  #startClients(stack: AsyncDisposableStack): void {
    const args = ["--key", this.keyFile(KEYS.clients)];
    const { start } = this.clientMachine;
    const options = { ...PATIENCE.ours, args, start };
    this.#clients = stack.use(new OurClients([this.frontendFor(this.clientMachine)], OUR_CLIENTS, options));
    if (whyNot(["pyzmq"]) !== undefined) return;
    const { timeoutMs, tries } = PATIENCE.guides;
    this.#guideClients = stack.use(
      new PythonClients(`ipc://${this.settings.folder}/front`, GUIDE_CLIENTS, [
        ...["--timeout", timeoutMs, timeoutMs],
        ...["--tries", tries],
      ]),
    );
  }
}

function queueArgs({ folder }: DaySettings): string[] {
  return ["--http-actions", "--keys", `${folder}/keys`, "--job-timeout", `${JOB_TIMEOUT_MS}ms`];
}

/** The port of a TCP endpoint. */
function portOf(endpoints: readonly string[]): string {
  return endpoints.find((endpoint) => endpoint.startsWith("tcp:"))!.split(":").at(-1)!;
}

/** Runs a command of `spqueue`, as an operator would. */
async function queueCommand(...args: readonly string[]): Promise<void> {
  const { command, ...rest } = commandLine("queue", args);
  await using program = new Program(command, rest);
  const { code, stderr } = await within(program.exit, () => args.join(" "));
  demand(code === 0, `"spqueue ${args.join(" ")}" succeeds`, stderr);
}
