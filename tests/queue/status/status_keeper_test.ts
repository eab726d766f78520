import { assertEquals, assertRejects } from "@std/assert";
import { StatusKeeper } from "../../../lib/queue/status/status_keeper.ts";
import { busySnapshot, FACTS } from "./snapshot_of.ts";

Deno.test("StatusKeeper.read() asks once for all callers, and each of them gets the status", async () => {
  let asked = 0;
  const keeper = new StatusKeeper(FACTS, () => void asked++);
  const reading = [keeper.read(), keeper.read()];
  keeper.receive(busySnapshot());
  const [one, other] = await Promise.all(reading);
  assertEquals([asked, one === other, one?.status.state], [1, true, "serving"]);
  const next = keeper.read();
  keeper.receive(busySnapshot());
  assertEquals([asked, (await next) === one], [2, false]);
});

Deno.test("StatusKeeper.subscribe() reports each snapshot until it is ended", () => {
  const keeper = new StatusKeeper(FACTS, () => {});
  let heard = 0;
  assertEquals(keeper.silentMs, Infinity);
  const end = keeper.subscribe(() => void heard++);
  keeper.receive(busySnapshot());
  keeper.receive(busySnapshot());
  end();
  keeper.receive(busySnapshot());
  assertEquals([heard, keeper.silentMs < 60_000], [2, true]);
});

Deno.test("StatusKeeper holds the number of workers wanted while the queue is paused", () => {
  const keeper = new StatusKeeper(FACTS, () => {});
  const wantedAfter = (waiting: number) => {
    const snapshot = busySnapshot();
    keeper.receive({ ...snapshot, gauges: { ...snapshot.gauges, waiting } });
    return keeper.last?.status.workers.wanted;
  };
  const before = wantedAfter(1);
  keeper.paused = { by: "ops@host", address: "127.0.0.1", reason: "new disks", since: "", until: null };
  assertEquals([wantedAfter(5000), wantedAfter(6000)], [before, before]);
  keeper.paused = null;
  assertEquals(wantedAfter(6000)! > before!, true);
});

Deno.test("StatusKeeper.fail() rejects waiting calls", async () => {
  const keeper = new StatusKeeper(FACTS, () => {});
  const reading = keeper.read();
  keeper.fail(new Error("The queue has ended"));
  await assertRejects(() => reading, Error, "ended");
});
