/**
 * Sends millions of requests through a queue process and watches its memory (`deno task soak`): at the end it must not be
 * more than a tenth above what it was after the first tenth of the requests.
 *
 * @module
 */

import { ExitCode, type OptionTable, type OptionValues, type Program } from "../../lib/cli/program.ts";
import { runProgram } from "../../lib/cli/run.ts";
import { delay } from "../../lib/delay.ts";
import { writeOutput } from "../../lib/standard_output.ts";
import { READY_BYTE } from "../../lib/lru.ts";
import { SocketType } from "../../lib/zmq/constants.ts";
import { loadLibrary } from "../../lib/zmq/library.ts";
import { Context } from "../../lib/zmq/context.ts";
import type { Socket } from "../../lib/zmq/socket.ts";
import { demand } from "../faults/fault.ts";
import { residentMiB } from "../faults/memory.ts";
import { endQueue } from "../faults/queue_end.ts";
import { startQueue } from "../harness/programs.ts";

const CLIENTS = 8;
const WORKERS = 64;
/** Requests that each client has under way. */
const PIPELINED = 16;
/** A pause when there is nothing to do: looking at all sockets pays only if there are several messages. */
const PAUSE_MS = 0.5;
/** Passes between two moments when the queue's log is read. */
const PASSES_A_BREATH = 256;
const BODY_BYTES = 64;
const ALLOWED_GROWTH = 1.1;
/** No reply for this long means that a request was lost. */
const STALLED_MS = 30_000;
/** Memory goes up and down with the garbage collector, so the median of this many samples counts. */
const SAMPLES = 5;

/** The command line. */
export const SOAK_PROGRAM = {
  name: "soak",
  summary: ["Sends requests through a queue, several clients pipelining, and checks that its memory does not grow."],
  options: {
    requests: {
      kind: "integer",
      defaultValue: 10_000_000,
      min: 10_000,
      max: Number.MAX_SAFE_INTEGER,
      help: "How many requests to send.",
    },
  },
  exitCodes: [
    [0, "memory did not grow"],
    [1, "it grew by more than a tenth, or the queue failed"],
    [2, "usage error"],
  ],
} as const satisfies Program<OptionTable>;

/** A client that keeps some requests under way, each with a body of its own. */
class PipeliningClient {
  readonly socket: Socket;
  readonly #waiting = new Map<number, true>();
  readonly #body = new Uint8Array(BODY_BYTES);
  readonly #view = new DataView(this.#body.buffer);

  constructor(socket: Socket) {
    this.socket = socket;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  send(sequence: number): void {
    this.#view.setFloat64(0, sequence);
    demand(this.socket.send([EMPTY, this.#body]), "The queue takes a request", { sequence });
    this.#waiting.set(sequence, true);
  }

  /** Receives a reply; `false` if there is none. */
  receive(): boolean {
    const message = this.socket.receive();
    if (message === undefined) return false;
    const body = message[1]!;
    const sequence = new DataView(body.buffer).getFloat64(0);
    const isRight = message.length === 2 && body.length === BODY_BYTES && this.#waiting.delete(sequence);
    demand(isRight, "A reply is to a request under way", { sequence });
    return true;
  }
}

const EMPTY = new Uint8Array();

async function main({ requests }: OptionValues<typeof SOAK_PROGRAM.options>): Promise<number> {
  await using queue = await startQueue(["--log-format", "json"]);
  const memory: number[] = [];
  const start = performance.now();
  await exchange(queue.frontend, queue.backend, requests, () => memory.push(residentMiB(queue.pid)));
  const seconds = (performance.now() - start) / 1000;
  const end = await endQueue(queue);
  demand(end.answered === requests && end.accepted === requests, "Every request is answered once", end);
  const tenth = Math.floor(memory.length / 10);
  const first = median(memory.slice(tenth - SAMPLES, tenth));
  const last = median(memory.slice(-SAMPLES));
  const growth = `${first} MiB after the first tenth, ${last} MiB at the end`;
  const load = `${requests} requests in ${Math.round(seconds)} s, ${Math.round(requests / seconds)} a second`;
  const isGrown = last > first * ALLOWED_GROWTH;
  const verdict = isGrown ? "the queue's memory grew by more than a tenth" : "the queue's memory did not grow";
  writeOutput(`${load}; ${verdict}: ${growth}\n`);
  return isGrown ? ExitCode.FAILED : ExitCode.DONE;
}

/** Exchanges requests, and samples the memory a hundred times. */
async function exchange(frontend: string, backend: string, requests: number, sample: () => void): Promise<void> {
  const library = await loadLibrary();
  using context = Context.open(library);
  using sockets = new DisposableStack();
  const open = (endpoint: string) => {
    const socket = sockets.use(context.socket(SocketType.DEALER, 0));
    socket.connect(endpoint);
    return socket;
  };
  const workers = Array.from({ length: WORKERS }, () => open(backend));
  for (const worker of workers) worker.send([EMPTY, new TextEncoder().encode(READY_BYTE)]);
  const clients = Array.from({ length: CLIENTS }, () => new PipeliningClient(open(frontend)));
  const pause = new Int32Array(new SharedArrayBuffer(4));
  let sent = 0;
  let answered = 0;
  let sampled = 0;
  let progressAtMs = performance.now();
  for (let pass = 0; answered < requests; pass++) {
    if (pass % PASSES_A_BREATH === 0) await delay(1);
    const before = answered;
    let moved = 0;
    for (const worker of workers) {
      for (let job = worker.receive(); job !== undefined; job = worker.receive()) {
        worker.send(job);
        moved++;
      }
    }
    for (const client of clients) {
      while (client.receive()) answered++;
      for (; client.waiting < PIPELINED && sent < requests; moved++) client.send(++sent);
    }
    if (answered > before) progressAtMs = performance.now();
    demand(performance.now() - progressAtMs < STALLED_MS, "No request is lost", { sent, answered });
    for (; sampled < Math.floor(answered * 100 / requests); sampled++) sample();
    if (moved === 0 && answered === before) Atomics.wait(pause, 0, 0, PAUSE_MS);
  }
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

if (import.meta.main) await runProgram(SOAK_PROGRAM, main);
