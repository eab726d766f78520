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
import { freeEndpoint } from "../harness/free_port.ts";
import { NatsServer } from "../harness/nats_server.ts";
import type { Program } from "../harness/program.ts";
import { commandLine, QueueProgram, start } from "../harness/programs.ts";
import { type EndedRequest, OurLoad, type Patience, requestsOf, type Waits, waitsBetween } from "./requests.ts";

/** How long a try of our client waits by default, and of the Guide's. */
export const TIMEOUT_MS = 2500;
const TRIES = 3;
/** Clients of each kind, each of which pauses between two requests. */
const CLIENTS = 20;
const PAUSE_MS = 500;
/** Clients that all ask just before the upgrade, once: what is waiting then. It is done within a second or two. */
const BURST = 80;
/** Workers, and how long their jobs take. */
const WORKERS = [{ count: 8, workMs: 100 }, { count: 2, workMs: 1000 }] as const;
const CALM_MS = 1500;

/** How a queue is replaced. */
export const WAYS = ["by steps", "beside", "two queues", "linked"] as const;

/**
 * How a queue is replaced: it ends and another is started; another one waits for its ports; it is one of two that workers and
 * clients know; or it is one of three that are linked, each with workers of its own, and its clients know no other.
 */
export type Way = typeof WAYS[number];

/** How many other queues there are. */
const OTHERS: Readonly<Record<Way, number>> = { "by steps": 0, "beside": 0, "two queues": 1, "linked": 2 };

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
 * @param timeoutMs How long clients wait in each of their three tries.
 * @returns What clients saw of it. All requests of all clients had a reply.
 * @throws {BrokenGuarantee} When one had none, or the old queue had requests left.
 */
export async function upgrade(way: Way, timeoutMs: number = TIMEOUT_MS): Promise<UpgradeFigures> {
  const patience: Patience = { timeoutMs, tries: TRIES };
  await using stack = new AsyncDisposableStack();
  const launch = async (queue: QueueProgram) => await stack.use(queue).listening();
  const link = way === "linked" ? ["--nats", stack.use(await NatsServer.start()).url] : [];
  const anywhere = () => ["--frontend", freeEndpoint(), "--backend", freeEndpoint(), ...link];
  // Whether an earlier version could be linked is not the question here.
  const old = await launch(way === "linked" ? startNew(anywhere()) : startOld(anywhere()));
  const others = await Promise.all(Array.from({ length: OTHERS[way] }, () => launch(startNew(anywhere()))));
  const queues = [old, ...others];
  if (way === "linked") { for (const queue of queues) await queue.events("linked queue joined", OTHERS[way]); }
  const known = way === "two queues" ? queues : [old];
  const fleets = way === "linked" ? queues.map((queue) => [queue]) : [known];
  const workers = fleets.flatMap((fleet) =>
    WORKERS.map(({ count, workMs }) => {
      const backends = fleet.flatMap(({ backend }) => ["--connect", backend]);
      return stack.use(
        start("worker", [...backends, "--concurrency", `${count}`, "--work", `${workMs}ms`, "--no-faults"]),
      );
    })
  );
  await Promise.all(workers.map((worker: Program) => worker.event("worker ready")));
  const ours = stack.use(new OurLoad(known.map(({ frontend }) => frontend), CLIENTS, PAUSE_MS, patience));
  const startUnmodified = (count: number, pauseMs: number) => {
    const args = [
      ...["--timeout", timeoutMs, timeoutMs, "--tries", TRIES],
      ...["--pause", pauseMs, "--tell-requests", "--report-every", 100],
    ];
    return stack.use(new PythonClients(old.frontend, count, args));
  };
  const knowsOne = known.length === 1;
  const unmodified = knowsOne ? [startUnmodified(CLIENTS, PAUSE_MS)] : [];
  await Promise.all(unmodified.map((clients) => clients.answered(CLIENTS)));
  await delay(CALM_MS);
  if (knowsOne) {
    const burst = startUnmodified(BURST, 3_600_000);
    await burst.answered(1);
    unmodified.push(burst);
  }
  const endpoints = ["--frontend", old.frontend, "--backend", old.backend, ...link];
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
    unmodified: knowsOne ? waitsBetween(ended, signalMs, listensMs) : undefined,
  };
  demand(code === 0, "The old queue leaves nothing behind", { code, stderr: old.stderr.slice(-1000) });
  for (const requests of [oursEnded, ended]) {
    demand(requests.every(({ answered }) => answered), "Every request is answered within its client's tries", figures);
  }
  demand(figures.ours.requests > 0 && figures.unmodified?.requests !== 0, "The upgrade met some requests", figures);
  for (const queue of [next, ...others]) queue.kill();
  for (const queue of [next, ...others]) {
    demand((await queue.exit).code === 0, "The other queues leave nothing behind", figures);
  }
  return figures;
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
