/**
 * Replaces a running queue under load, in each of the ways that docs/operating.md describes.
 *
 * @module
 */

import { taskFlags } from "../../tools/task_flags.ts";
import { delay } from "../../lib/delay.ts";
import { demand } from "../faults/fault.ts";
import { PythonClients } from "../faults/python_peers.ts";
import { EARLIER } from "../harness/capabilities.ts";
import type { Program } from "../harness/program.ts";
import { ANY_PORT, commandLine, QueueProgram, start } from "../harness/programs.ts";
import { type EndedRequest, OurLoad, type Patience, requestsOf, type Waits, waitsBetween } from "./requests.ts";

/** The defaults of our client, and of the Guide's. */
const PATIENCE: Patience = { timeoutMs: 2500, tries: 3 };
/** Clients of each kind, each of which pauses between two requests. */
const CLIENTS = 20;
const PAUSE_MS = 500;
/** Clients that all ask just before the upgrade, once: what is waiting then. It is done within a second or two. */
const BURST = 80;
/** Workers, and how long their jobs take. */
const WORKERS = [{ count: 8, workMs: 100 }, { count: 2, workMs: 1000 }] as const;
const CALM_MS = 1500;

/** How a queue is replaced. */
export const WAYS = ["by steps", "beside", "two queues"] as const;

/** How a queue is replaced: it ends and another is started; another one waits for its ports; or it is one of two. */
export type Way = typeof WAYS[number];

/** What an upgrade came to. */
export interface UpgradeFigures {
  /** From the signal until the old queue had ended, in milliseconds. */
  readonly drainMs: number;
  /** From the signal until the new queue listened, in milliseconds. */
  readonly awayMs: number;
  /** What our clients saw of it, of requests that were under way meanwhile. */
  readonly ours: Waits;
  /** What unmodified clients saw of it, which know one queue only; `undefined` with two. */
  readonly unmodified: Waits | undefined;
}

/**
 * Replaces a queue under load.
 *
 * @param way How.
 * @returns What clients saw of it. All requests of all clients had a reply.
 * @throws {BrokenGuarantee} When one had none, or the old queue had requests left.
 */
export async function upgrade(way: Way): Promise<UpgradeFigures> {
  await using stack = new AsyncDisposableStack();
  const launch = async (queue: QueueProgram) => await stack.use(queue).listening();
  const old = await launch(startOld(["--frontend", ANY_PORT, "--backend", ANY_PORT]));
  const other = way === "two queues"
    ? await launch(startNew(["--frontend", ANY_PORT, "--backend", ANY_PORT]))
    : undefined;
  const queues = other === undefined ? [old] : [old, other];
  const backends = queues.flatMap(({ backend }) => ["--connect", backend]);
  const workers = WORKERS.map(({ count, workMs }) =>
    stack.use(
      start("worker", [...backends, "--concurrency", `${count}`, "--work", `${workMs}ms`, "--no-faults"]),
    )
  );
  await Promise.all(workers.map((worker: Program) => worker.event("worker ready")));
  const ours = stack.use(new OurLoad(queues.map(({ frontend }) => frontend), CLIENTS, PAUSE_MS, PATIENCE));
  const startUnmodified = (count: number, pauseMs: number) => {
    const patience = ["--timeout", PATIENCE.timeoutMs, PATIENCE.timeoutMs, "--tries", PATIENCE.tries];
    const args = [...patience, "--pause", pauseMs, "--tell-requests", "--report-every", 100];
    return stack.use(new PythonClients(old.frontend, count, args));
  };
  const unmodified = other === undefined ? [startUnmodified(CLIENTS, PAUSE_MS)] : [];
  await Promise.all(unmodified.map((clients) => clients.answered(CLIENTS)));
  await delay(CALM_MS);
  if (other === undefined) {
    const burst = startUnmodified(BURST, 3_600_000);
    await burst.answered(1);
    unmodified.push(burst);
  }
  const endpoints = ["--frontend", old.frontend, "--backend", old.backend];
  const beside = way === "beside" ? stack.use(startNew([...endpoints, "--wait-for-ports", "60s"])) : undefined;
  await beside?.event("waiting for ports");
  const signalMs = Date.now();
  old.kill();
  const { code } = await old.exit;
  const endedMs = Date.now();
  const next = await (beside ?? stack.use(startNew(endpoints))).listening();
  const listensMs = Date.now();
  await delay(CALM_MS);
  const ended: EndedRequest[] = [];
  for (const clients of unmodified) {
    await clients.finish();
    ended.push(...requestsOf(clients));
  }
  const oursEnded = await ours.finish();
  const figures: UpgradeFigures = {
    drainMs: endedMs - signalMs,
    awayMs: listensMs - signalMs,
    ours: waitsBetween(oursEnded, signalMs, listensMs),
    unmodified: other === undefined ? waitsBetween(ended, signalMs, listensMs) : undefined,
  };
  demand(code === 0, "The old queue leaves nothing behind", { code, stderr: old.stderr.slice(-1000) });
  for (const requests of [oursEnded, ended]) {
    demand(requests.every(({ answered }) => answered), "Every request is answered within its client's tries", figures);
  }
  demand(figures.ours.requests > 0 && figures.unmodified?.requests !== 0, "The upgrade met some requests", figures);
  for (const queue of [next, other]) queue?.kill();
  for (const queue of [next, other]) {
    demand(await leavesNothing(queue), "The other queues leave nothing behind", figures);
  }
  return figures;
}

async function leavesNothing(queue: QueueProgram | undefined): Promise<boolean> {
  return queue === undefined || (await queue.exit).code === 0;
}

/** Starts a queue of the version under test. */
function startNew(args: readonly string[]): QueueProgram {
  const { command, ...rest } = commandLine("queue", args);
  return new QueueProgram(command, rest);
}

/** Starts a queue of an earlier version where there is one. */
function startOld(args: readonly string[]): QueueProgram {
  if (EARLIER === undefined) return startNew(args);
  const env = Object.entries(Deno.env.toObject()).filter(([name]) => !name.startsWith("SPQ_"));
  return new QueueProgram(Deno.execPath(), {
    args: ["run", "--no-check", ...taskFlags("queue"), "queue.ts", ...args],
    env: Object.fromEntries(env),
    cwd: EARLIER,
  });
}
