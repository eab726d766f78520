/**
 * The queue's process, which writes its log to a file, as a service may.
 *
 * @module
 */

import { delay } from "../../../lib/delay.ts";
import { WAIT_MS } from "../../harness/deadline.ts";
import { Program } from "../../harness/program.ts";
import { commandLine } from "../../harness/programs.ts";
import { demand } from "../../faults/fault.ts";
import { checkEnd, type QueueEnd } from "../../faults/queue_end.ts";
import type { QueueStatus } from "../../../lib/queue/status/status.ts";

const LOOK_EVERY_MS = 100;

/** Starts a program with standard error in the file `$0`. */
const LOG_TO_FILE = 'exec "$@" 2>>"$0"';

/** A queue that runs, and its log. Leaving `await using`'s scope kills it. */
export class RunningQueue implements AsyncDisposable {
  /** Its process. */
  readonly process: Program;
  /** What reads its log. */
  readonly log: Program;
  /** Its endpoints for clients. */
  frontends: readonly string[] = [];
  /** Its endpoints for workers. */
  backends: readonly string[] = [];
  /** Where it serves HTTP. */
  http = "";
  /** When it ended, by `performance.now()`. */
  endedAtMs = 0;

  private constructor(process: Program, log: Program) {
    this.process = process;
    this.log = log;
  }

  /**
   * Starts one, which may have to wait for its ports: see {@linkcode RunningQueue.listening}.
   *
   * @param args Its arguments.
   * @param logFile Its log, a new file.
   */
  static start(args: readonly string[], logFile: string): RunningQueue {
    Deno.writeTextFileSync(logFile, "");
    const { command, args: all, ...rest } = commandLine("queue", [...args, "--log-format", "json"]);
    const process = new Program("/bin/sh", { ...rest, args: ["-c", LOG_TO_FILE, logFile, command, ...all] });
    // It ends when the queue has ended and all of the log is read.
    const log = new Program("tail", {
      args: ["--lines=+1", "--follow", "--sleep-interval=0.2", `--pid=${process.pid}`, logFile],
      logOn: "stdout",
    });
    return new RunningQueue(process, log);
  }

  /** Waits until it listens. */
  async listening(): Promise<void> {
    const { frontend, backend, http } = await this.log.event("listening");
    this.frontends = frontend as string[];
    this.backends = backend as string[];
    this.http = (http as string[])[0]!;
  }

  /** What it says of itself, not older than the call: it is renewed each second. */
  async status(): Promise<QueueStatus> {
    const nowMs = Date.now();
    for (;;) {
      const response = await fetch(`http://${this.http}/status.json`);
      // While it starts there is none.
      const status: QueueStatus | string = response.ok ? await response.json() : await response.text();
      if (typeof status !== "string" && Date.parse(status.at) >= nowMs) return status;
      demand(Date.now() - nowMs < WAIT_MS, "The queue says how it is", status);
      await delay(LOOK_EVERY_MS);
    }
  }

  /** Tells it something, as `spqueue pause` and `spqueue resume` do. */
  async tell(action: "pause" | "resume", fields: Readonly<Record<string, string>>): Promise<void> {
    const headers = { "X-SPQ-Action": "1", "Content-Type": "application/json" };
    const response = await fetch(`http://${this.http}/${action}`, {
      method: "POST",
      headers,
      body: JSON.stringify(fields),
    });
    const text = await response.text();
    demand(response.ok, `The queue obeys "${action}"`, text);
  }

  /** How many workers are idle or busy. */
  async usableWorkers(): Promise<number> {
    const { workers } = await this.status();
    return workers.idle + workers.busy;
  }

  /**
   * The connections of workers with a key. Each connection has an identity of its own.
   *
   * @param name The key's name.
   * @returns Their identities, sorted.
   */
  async connectionsOf(name: string): Promise<string[]> {
    const { workers } = await this.status();
    return workers.list.filter((worker) => worker.name === name).map(({ id }) => id).sort();
  }

  /**
   * Ends it with SIGTERM, and checks that its account fits.
   *
   * @returns Its last figures.
   */
  async end(): Promise<QueueEnd> {
    demand(this.process.isRunning, "The queue never stops by itself", this.log.lines.slice(-3));
    this.process.kill("SIGTERM");
    const exit = await this.process.exit;
    this.endedAtMs = performance.now();
    await this.log.exit;
    return checkEnd(this.log.lines.at(-1), { ...exit, stderr: this.log.stdout });
  }

  /** Kills it if it still runs. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.process[Symbol.asyncDispose]();
    await this.log[Symbol.asyncDispose]();
  }
}
