/**
 * Measures what our workers and our client cost beside pyzmq's that do the same.
 *
 * A program does few jobs or requests, and then many; the difference is what one costs, without the program's start. Its
 * processor time is the whole process's, with that of the programs it starts.
 *
 * @module
 */

import { type Role, taskFlags } from "../tools/task_flags.ts";
import { findPython, isMissing } from "./build.ts";
import { ratioGoal } from "./goals.ts";
import { readNumbers, runLoad } from "./load_process.ts";
import type { Pinning } from "./measure.ts";
import { NOTHING, type PartResult } from "./part.ts";
import { QueueProcess } from "./queue_process.ts";
import { sourceQueue } from "./queues.ts";
import { spreadOf } from "./statistics.ts";
import { print, printTable, spreadText } from "./table.ts";

/** What `--only` names. */
export const PEER_COSTS = "peer-costs";

const BENCH = import.meta.dirname ?? ".";
/** Flags of `deno run` for a program of a user's. */
const PERMISSIONS = ["--allow-ffi", "--allow-env", "--no-prompt"];
/** A program that stays, and returns each line. */
const KEPT_ECHO = "python3 -c 'import sys\nfor line in sys.stdin: sys.stdout.write(line); sys.stdout.flush()'";

/** What a job of a worker, or a request of a client, costs. */
export interface PeerCostRow {
  readonly role: "worker" | "client";
  readonly peer: string;
  /** Requests at once. */
  readonly concurrency: number;
  /** Processor time of one in us, a value for each round. */
  readonly cpuUs: readonly number[];
}

/** A program that is measured. */
interface Peer {
  readonly role: PeerCostRow["role"];
  readonly name: string;
  readonly concurrency: number;
  /** Its command, for a queue's endpoints and a number of jobs. */
  readonly command: (queue: QueueProcess, count: number) => readonly string[];
}

function peers(python: string): Peer[] {
  const deno = [Deno.execPath(), "run", ...PERMISSIONS];
  const script = (name: string) => `${BENCH}/peers/${name}`;
  const worker = (name: string, command: Peer["command"]): Peer => ({ role: "worker", name, concurrency: 1, command });
  const client = (name: string, concurrency: number, command: Peer["command"]): Peer => ({
    role: "client",
    name,
    concurrency,
    command,
  });
  const runAs = (role: Role, file: string, ...args: string[]) => [
    Deno.execPath(),
    "run",
    ...taskFlags(role),
    file,
    ...args,
  ];
  const program = (role: Role, ...args: string[]) => runAs(role, `${BENCH}/../${role}.ts`, ...args);
  return [
    worker("pyzmq", ({ backend }, count) => [python, script("python_worker.py"), backend, `${count}`]),
    worker("work()", ({ backend }, count) => [...deno, script("echo_worker.ts"), backend, `${count}`]),
    worker("work(), blockMs 1", ({ backend }, count) => [...deno, script("echo_worker.ts"), backend, `${count}`, "1"]),
    worker(
      "spworker --keep",
      ({ backend }, count) =>
        program(
          "worker",
          "--connect",
          backend,
          "--exec",
          KEPT_ECHO,
          "--keep",
          "--max-jobs",
          `${count}`,
          "--log-level",
          "error",
        ),
    ),
    // With the flags of ours: the floor for it.
    client("Deno, one socket in a loop", 1, ({ frontend }) => runAs("client", script("bare_client.ts"), frontend)),
    ...[1, 32].flatMap((concurrency) => [
      client("pyzmq", concurrency, ({ frontend }) => [python, script("python_client.py"), frontend, `${concurrency}`]),
      client(
        "spclient --lines",
        concurrency,
        ({ frontend }) => program("client", "--connect", frontend, "--lines", "--concurrency", `${concurrency}`),
      ),
    ]),
  ];
}

/** Processor time of a program that does a number of jobs or requests, in seconds. */
async function cpuSeconds(peer: Peer, queue: QueueProcess, setup: CostSetup): Promise<number> {
  const { count, python, pinning } = setup;
  const args = [peer.role, queue.frontend, queue.backend, `${count}`, ...peer.command(queue, count)];
  const call = {
    program: python,
    queue: peer.name,
    args: [`${BENCH}/peers/cost.py`, ...args],
    cores: pinning.loadCores,
  };
  const [line] = await runLoad(call);
  return readNumbers(line, ["cpuSeconds"]).cpuSeconds;
}

interface CostSetup {
  readonly python: string;
  readonly pinning: Pinning;
  readonly count: number;
}

/** How much is measured. */
export interface PeerCostAmount {
  /** Jobs or requests of the longer run; the shorter one has a fifth. */
  readonly count: number;
  /** Interleaved runs, whose median counts. */
  readonly rounds: number;
}

/**
 * Measures all peers, each at a queue of ours.
 *
 * @param setup The cores of queue and peers, and how much.
 * @returns A row for each peer; nothing where there is no pyzmq to compare with.
 * @throws {BenchError} When a peer does not do its jobs.
 */
export async function runPeerCosts(
  { pinning, amount }: { readonly pinning: Pinning; readonly amount: PeerCostAmount },
): Promise<PartResult<PeerCostRow>> {
  const python = await findPython();
  if (isMissing(python)) return { ...NOTHING, leftOut: [{ name: PEER_COSTS, reason: python.missing }] };
  const few = Math.ceil(amount.count / 5);
  const costs = new Map<Peer, number[]>(peers(python).map((peer) => [peer, []]));
  for (let round = 0; round < amount.rounds; round++) {
    for (const [peer, seen] of costs) {
      await using running = await QueueProcess.start(sourceQueue(), pinning.queueCores);
      const short = await cpuSeconds(peer, running, { python, pinning, count: few });
      const long = await cpuSeconds(peer, running, { python, pinning, count: amount.count });
      seen.push((long - short) / (amount.count - few) * 1e6);
    }
  }
  const rows = [...costs].map(([{ role, name, concurrency }, seen]): PeerCostRow => ({
    role,
    peer: name,
    concurrency,
    cpuUs: seen,
  }));
  const goals = rows.filter(({ peer }) => peer === "spclient --lines").flatMap(({ concurrency, cpuUs }) =>
    ratioGoal({ queue: "spclient", subject: PEER_COSTS, figure: `client CPU with ${concurrency} at once / pyzmq` }, {
      values: cpuUs,
      references: rows.find((row) => row.role === "client" && row.peer === "pyzmq" && row.concurrency === concurrency)
        ?.cpuUs,
      goal: { atMost: 1 },
    })
  );
  return { rows, goals, leftOut: [] };
}

/**
 * Writes the rows into cells.
 *
 * @param rows What was measured.
 * @returns A table, the heading first.
 */
export function peerCostTable(rows: readonly PeerCostRow[]): string[][] {
  return [
    ["", "at once", "CPU, us"],
    ...rows.map(({ role, peer, concurrency, cpuUs }) => [
      `${role}: ${peer}`,
      `${concurrency}`,
      spreadText(spreadOf(cpuUs)),
    ]),
  ];
}

/**
 * Prints what the peers cost.
 *
 * @param rows What was measured.
 */
export function printPeerCosts(rows: readonly PeerCostRow[]): void {
  print("");
  print(`${PEER_COSTS}: processor time of a worker's job and of a client's request, 10 bytes at most`);
  printTable(peerCostTable(rows));
}
