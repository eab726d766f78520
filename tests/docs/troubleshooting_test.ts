/** docs/troubleshooting.md has messages that the programs print. Each symptom is brought about, and the message looked for. */

import { assert, assertEquals } from "@std/assert";
import { Log } from "../../lib/log.ts";
import { ROOT } from "../harness/capabilities.ts";
import { readDocuments } from "../harness/documents.ts";
import { Folder } from "../harness/folder.ts";
import type { Program } from "../harness/program.ts";
import { type QueueProgram, start, startClient, startQueue, startWorker } from "../harness/programs.ts";
import { scenario } from "../harness/scenario.ts";

/** Messages that other tests bring about, since they need more; here they are looked for in the source. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  "does not answer": "lib/zmq/connector.ts",
  "descriptor limit reached": "lib/queue/descriptor_limit.ts",
  "log lines lost": "lib/log.ts",
  "libzmq has no draft API: departed clients, lost workers and taken-over identities go unnoticed": "queue.ts",
};

/** An address at which nobody listens. */
const NOBODY = "tcp://127.0.0.1:1";
const TRIES = ["--timeout", "500ms", "--retries", "2"];
/** With a key the reason takes as long as the handshake may. */
const LONG_TRIES = ["--timeout", "5s", "--retries", "1"];

/** What programs have printed, log lines in the format of a terminal and without the time. */
class Printed {
  readonly #lines: string[] = [];

  /** Takes what a program has printed. */
  add({ lines, stderr }: Pick<Program, "lines" | "stderr">): void {
    const target = { write: (line: string) => this.#add(line), isTerminal: true, useColor: false };
    const log = new Log(target, { format: "text", level: "debug" });
    for (const { time: _, level, event, ...fields } of lines) {
      log[level as "info"](event, fields as Parameters<Log["info"]>[1]);
    }
    for (const line of stderr.split("\n").filter((line) => !line.startsWith("{"))) this.#add(line);
  }

  /** Whether a line is as a document has it, with `...` for anything. */
  has(message: string): boolean {
    const pattern = message.split("...").map((text) => RegExp.escape(text)).join(".*");
    return this.#lines.some((line) => new RegExp(pattern).test(line));
  }

  #add(line: string): boolean {
    // In a log line a quoted field has its quotes escaped, which nobody writes in a document.
    this.#lines.push(line.trimEnd().replace(/^\d{4}-\S+ /, "").replaceAll('\\"', '"'));
    return true;
  }
}

/** Starts a program, waits for its end, and takes what it has printed. */
async function ended(printed: Printed, program: Program): Promise<void> {
  await using running = program;
  await running.exit;
  printed.add(running);
}

/** Waits for a line of a program's log, ends the program, and takes what it has printed. */
async function logged(printed: Printed, program: Program, event: string, fields = {}): Promise<void> {
  await using running = program;
  await running.event(event, fields);
  running.kill();
  await running.exit;
  printed.add(running);
}

async function stop(printed: Printed, queue: QueueProgram): Promise<void> {
  queue.kill();
  await queue.exit;
  printed.add(queue);
}

async function withoutKeys(printed: Printed): Promise<void> {
  using folder = new Folder();
  await using queue = await startQueue(
    ["--http", "127.0.0.1:0", "--redeliveries", "0", "--max-message-size", "1KiB", "--nats", "nats://127.0.0.1:1"],
    { env: { SPQ_FRONTENDS: "x" } },
  );
  const http = ((await queue.event("listening")).http as string[])[0]!;
  const token = folder.file("token");
  await Deno.writeTextFile(token, "a-token-for-this-test-alone\n", { mode: 0o600 });
  await using guarded = await startQueue(["--http", "127.0.0.1:0", "--http-token-file", token]);
  const guardedHttp = ((await guarded.event("listening")).http as string[])[0]!;
  await Promise.all([
    ended(printed, startClient(NOBODY, [...TRIES, "hello"])),
    ended(printed, startClient("tcp://nosuch.invalid", [...TRIES, "hello"])),
    ended(printed, startClient(queue.frontend, [...TRIES, "hello"])),
    ended(printed, startClient(queue.frontend, [...TRIES, "x".repeat(5000)])),
    ended(printed, startClient(queue.backend, [...TRIES, "hello"])),
    logged(printed, startWorker(queue.frontend, ["--no-faults"]), "worker ready"),
    logged(printed, startWorker(NOBODY, ["--no-faults"]), "cannot connect"),
    ended(printed, startWorker(queue.backend, ["--exec", "nosuchprogram"])),
    ended(printed, start("queue", ["--frontend", queue.frontend])),
    ended(printed, start("queue", ["--keys", folder.file("nothing")])),
    ended(printed, start("queue", ["--http", "0.0.0.0:0"])),
    ended(printed, start("queue", ["status", "127.0.0.1:1"])),
    ended(printed, start("queue", ["status", queue.frontend.replace("tcp://", "")])),
    ended(printed, start("queue", ["status", guardedHttp])),
    ended(printed, start("queue", ["pause", "--reason", "x", http])),
  ]);
  await queue.event("a worker seems to be connected to the frontend");
  await queue.event("a client seems to be connected to the backend");
  await queue.event("link not connected");
  // The request that no worker can do.
  const failing = startWorker(queue.backend, ["--shell", "--exec", "echo bad >&2; exit 3"]);
  const asking = ended(printed, startClient(queue.frontend, [...LONG_TRIES, "hello"]));
  await logged(printed, failing, "job failed");
  await queue.event("redelivery limit reached");
  await asking;
  await Promise.all([stop(printed, queue), stop(printed, guarded)]);
}

async function drainedInVain(printed: Printed): Promise<void> {
  await using queue = await startQueue(["--drain-timeout", "200ms"]);
  await using worker = startWorker(queue.backend, ["--no-faults", "--work", "30s"]);
  await using _client = startClient(queue.frontend, ["--timeout", "30s", "hello"]);
  await queue.event("worker joined");
  // The worker has the request once the queue does not have it waiting: SIGUSR1 has it say so.
  for (let inFlight = 0; inFlight !== 1;) {
    queue.kill("SIGUSR1");
    inFlight = Number((await queue.events("status", queue.count("status") + 1)).at(-1)!["inFlight"]);
  }
  await stop(printed, queue);
  await worker.event("connection lost");
  printed.add(worker);
}

async function timedOut(printed: Printed): Promise<void> {
  await using queue = await startQueue(["--job-timeout", "300ms"]);
  await using worker = startWorker(queue.backend, ["--no-faults", "--work", "30s"]);
  await worker.event("worker ready");
  await using _client = startClient(queue.frontend, ["--timeout", "30s", "hello"]);
  await queue.event("job timeout");
  printed.add(queue);
}

async function withKeys(printed: Printed): Promise<void> {
  using folder = new Folder();
  const add = async (role: string, name: string, keys: string) =>
    await ended(printed, start("queue", ["key", "add", role, name, "--keys", folder.file(keys)]));
  await Promise.all([add("client", "c", "keys"), add("worker", "w", "others")]);
  const readable = folder.file("readable.key");
  await Deno.copyFile(folder.file("keys/c.key"), readable);
  await Deno.chmod(readable, 0o644);
  await using queue = await startQueue(["--keys", folder.file("keys")]);
  const worker = (...args: string[]) => startWorker(queue.backend, ["--no-faults", ...args]);
  await Promise.all([
    logged(printed, worker(), "cannot connect", { code: "NOT_ZMTP" }),
    logged(printed, worker("--key", folder.file("keys/c.key")), "cannot connect", { code: "NOT_PERMITTED" }),
    logged(printed, worker("--key", folder.file("others/w.key")), "cannot connect", { code: "WRONG_QUEUE" }),
    ended(printed, worker("--key", readable)),
    ended(printed, startClient(queue.frontend, [...LONG_TRIES, "hello"])),
  ]);
  await stop(printed, queue);
}

scenario(
  "docs/troubleshooting.md has messages that the programs print",
  ["programs", "files", "network", "long run"],
  async () => {
    const documents = await readDocuments();
    const { blocks } = documents.find(({ path }) => path === "docs/troubleshooting.md")!;
    const messages = blocks.filter(({ language }) => language === "text").flatMap(({ text }) => text.split("\n"));
    assert(messages.length > 20, `${messages.length} messages`);
    const printed = new Printed();
    await Promise.all([withoutKeys(printed), drainedInVain(printed), timedOut(printed), withKeys(printed)]);
    const unseen = messages.filter((message) => !printed.has(message));
    const unknown: string[] = [];
    for (const message of unseen) {
      const [text, file] = Object.entries(ELSEWHERE).find(([text]) => message.includes(text)) ?? [];
      const source = file === undefined ? "" : await Deno.readTextFile(new URL(file, ROOT));
      if (text === undefined || !source.replaceAll(/" \+\s+"/g, "").includes(text)) unknown.push(message);
    }
    assertEquals(unknown, []);
  },
);
