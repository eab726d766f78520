import { assertEquals } from "@std/assert";
import { Broker } from "../../../lib/queue/broker/broker.ts";
import type { BrokerConfig } from "../../../lib/queue/broker/options.ts";
import {
  type BrokerSnapshot,
  CLIENT_NUMBERS,
  NUMBERS_A_WORKER,
  WORKER_STATES,
} from "../../../lib/queue/broker/snapshot.ts";
import { brokerConfig } from "./broker_config.ts";
import { FakeOutput, TEXT_READER } from "./fake_output.ts";

/** A broker whose output takes everything. */
class Stage {
  readonly output = new FakeOutput(() => "sent");
  readonly broker: Broker<string>;

  constructor(changes: Partial<BrokerConfig> = {}) {
    this.broker = new Broker({ reader: TEXT_READER, output: this.output, config: brokerConfig(changes) });
  }

  request(client: string, now: number, body = "1"): void {
    const frames = ["", body];
    this.output.owned.add(frames);
    this.broker.receiveRequest(client, frames, now);
  }

  ready(worker: string, now: number): void {
    this.broker.receiveFromWorker(worker, ["", "\x01"], now);
    this.broker.dispatch(now);
  }

  reply(worker: string, client: string, now: number): void {
    const frames = ["", client, "", "done"];
    this.output.message = frames;
    this.broker.receiveFromWorker(worker, frames, now);
    this.output.message = null;
  }

  rows(now: number) {
    const { workers } = this.broker.snapshot(now);
    return workers.identities.map((identity, index) => {
      const row = workers.numbers.subarray(index * NUMBERS_A_WORKER, (index + 1) * NUMBERS_A_WORKER);
      return [identity, WORKER_STATES[row[0]!], row[1], row[2]! > 0, row[3], row[4]];
    });
  }
}

/** What a snapshot tells of clients: who, and the numbers of each. */
function clientRows({ clients: { identities, numbers } }: BrokerSnapshot): [string, ...number[]][] {
  return identities.map((identity, index) => [
    identity,
    ...numbers.subarray(index * CLIENT_NUMBERS.length, (index + 1) * CLIENT_NUMBERS.length),
  ]);
}

Deno.test("Broker.snapshot() shows what each worker is doing and since when, and what it has done and lost", () => {
  const stage = new Stage();
  for (const worker of ["A", "B", "C"]) stage.broker.workerConnected(worker, 0);
  stage.ready("A", 10);
  stage.ready("B", 20);
  stage.request("x", 30);
  stage.reply("A", "x", 130);
  stage.request("x", 200);
  assertEquals(stage.rows(1000), [
    ["A", "idle", 870, false, 1, 0],
    ["B", "busy", 800, true, 0, 0],
    ["C", "silent", 1000, false, 0, 0],
  ]);
  stage.ready("B", 1100);
  assertEquals(stage.rows(1100).find(([identity]) => identity === "B"), ["B", "idle", 0, false, 0, 1]);
});

Deno.test("Broker.snapshot() knows the oldest waiting request and the one that has been with its worker longest", () => {
  const stage = new Stage();
  stage.ready("A", 0);
  assertEquals([stage.broker.snapshot(5).oldestWaitingMs, stage.broker.snapshot(5).oldestInFlightMs], [null, null]);
  stage.request("x", 10);
  stage.request("y", 30);
  stage.request("z", 40);
  stage.request("y", 50);
  const snapshot = stage.broker.snapshot(100);
  const { oldestWaitingMs, oldestInFlightMs, runningJobsMs } = snapshot;
  assertEquals([oldestWaitingMs, oldestInFlightMs, runningJobsMs], [70, 90, 90]);
  assertEquals(clientRows(snapshot), [["y", 2, 70, 2, 70], ["z", 1, 60, 1, 60]]);
});

Deno.test("Broker.snapshot() counts waiting times once for each request, and working times at the reply", () => {
  const stage = new Stage();
  stage.request("x", 0);
  stage.ready("A", 100);
  stage.broker.workerGone("A", 200);
  stage.ready("B", 300);
  stage.reply("B", "x", 350);
  const { wait, work, bytes } = stage.broker.snapshot(400);
  assertEquals([wait.count, wait.sumMs, work.count, work.sumMs], [1, 100, 1, 50]);
  assertEquals(bytes, { in: 1, out: 4 });
});

Deno.test("Broker.snapshot() counts how long requests have waited that are first sent on trial", () => {
  const stage = new Stage();
  stage.broker.workerConnected("A", 0);
  stage.request("x", 0);
  stage.broker.tick(1000);
  // The trial is over.
  stage.broker.tick(6000);
  stage.ready("B", 6100);
  const { counters, wait, minute } = stage.broker.snapshot(6200);
  assertEquals([counters.trials, wait.count, wait.sumMs, minute.wait.count], [1, 1, 1000, 1]);
});

Deno.test("Broker.snapshot() knows for how long there has been no worker that answers", () => {
  const stage = new Stage();
  assertEquals(stage.broker.snapshot(500).noWorkersMs, 500);
  stage.broker.workerConnected("A", 600);
  assertEquals(stage.broker.snapshot(700).noWorkersMs, 700);
  stage.ready("A", 800);
  assertEquals(stage.broker.snapshot(900).noWorkersMs, null);
  stage.broker.workerGone("A", 1000);
  assertEquals(stage.broker.snapshot(1300).noWorkersMs, 300);
});

Deno.test("Broker.snapshot() shows for a minute who left and why, most recent first", () => {
  const stage = new Stage();
  stage.ready("A", 0);
  stage.request("x", 10);
  stage.request("y", 10);
  stage.broker.workerConnected("A", 20);
  stage.broker.clientGone("y", 30);
  stage.broker.workerGone("A", 40);
  const departedAt = (now: number) =>
    stage.broker.snapshot(now).departed.map(({ role, identity, reason, ageMs }) => [role, identity, reason, ageMs]);
  assertEquals(departedAt(50), [
    ["worker", "A", "left", 10],
    ["client", "y", "left, with 1 waiting", 20],
    ["worker", "A", "another connection has its identity, with a job", 30],
  ]);
  assertEquals(departedAt(60_035).length, 1);
});

Deno.test("Broker.snapshot() keeps the last 100 requests that met their redelivery limit", () => {
  const stage = new Stage({ redeliveries: 0 });
  for (let n = 1; n <= 120; n++) {
    stage.ready("A", n);
    stage.request(`c${n}`, n);
    stage.ready("A", n);
  }
  const { exhausted } = stage.broker.snapshot(200);
  assertEquals(exhausted.length, 100);
  assertEquals([exhausted[0]!.client, exhausted[0]!.workers, exhausted[0]!.ageMs], ["c120", ["A"], 80]);
  assertEquals(exhausted.at(-1)!.client, "c21");
  assertEquals([exhausted[0]!.number, exhausted.at(-1)!.number], [120, 21]);
});

Deno.test("Broker.snapshot() shows at most 2,000 workers, those with the oldest jobs first, and 100 clients", () => {
  const stage = new Stage();
  for (let n = 0; n < 2500; n++) stage.ready(`w${n}`, n);
  for (let n = 0; n < 300; n++) stage.broker.receiveRequest(`job${n}`, own(stage, ["", "1"]), 3000 + n);
  for (let n = 0; n < 2200; n++) stage.broker.workerGone(`w${2499 - n}`, 4000);
  for (let n = 0; n < 2200; n++) stage.ready(`v${n}`, 5000);
  for (let n = 0; n < 2500; n++) stage.request(`c${n}`, 6000 + n);
  let asked = 0;
  stage.output.originOf = () => {
    asked++;
    return {};
  };
  const snapshot = stage.broker.snapshot(20_000);
  const { workers } = snapshot;
  assertEquals(workers.identities.length, 2000);
  assertEquals(workers.identities.slice(0, 2), ["w0", "w1"]);
  const rows = clientRows(snapshot);
  assertEquals(
    rows.map(([identity, waiting]) => [identity, waiting]),
    Array.from({ length: 100 }, (_, n) => [`c${2200 + n}`, 1]),
  );
  assertEquals(asked, 100, "it looks up no client that it does not show");
});

Deno.test("Broker.pause() stops dispatch and trials, and accepts requests; resume() goes on in their order", () => {
  const stage = new Stage();
  stage.broker.workerConnected("S", 0);
  stage.ready("A", 0);
  stage.broker.pause();
  stage.request("x", 10);
  stage.request("y", 20);
  assertEquals(stage.broker.tick(10_000), -1);
  assertEquals([stage.broker.gauges.waiting, stage.broker.gauges.idleWorkers], [2, 1]);
  stage.broker.resume();
  stage.broker.tick(10_001);
  assertEquals(stage.output.actions.filter((action) => action.startsWith("A <-")), ["A <- x,,1"]);
});

function own(stage: Stage, frames: string[]): string[] {
  stage.output.owned.add(frames);
  return frames;
}

Deno.test("Broker.snapshot() looks up where a client comes from once, and copies names only where there are some", () => {
  const stage = new Stage();
  let asked = 0;
  stage.output.originOf = (identity) => {
    asked++;
    return identity === "x" ? { address: "192.0.2.1" } : identity === "B" ? { name: "thumb" } : {};
  };
  stage.broker.workerConnected("A", 0);
  stage.request("x", 0);
  stage.request("y", 0);
  for (const now of [100, 200]) {
    const { clients, workers } = stage.broker.snapshot(now);
    assertEquals([clients.identities, clients.addresses], [["x", "y"], ["192.0.2.1", undefined]]);
    assertEquals([asked, clients.names, workers.names], [2, [], []]);
  }
  stage.ready("B", 300);
  assertEquals(stage.broker.snapshot(400).workers.names, [undefined, "thumb"]);
});
