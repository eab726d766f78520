import { assertEquals, assertGreaterOrEqual } from "@std/assert";
import { type LazyPirate, NoReplyError, RequestAbortedError } from "../../client.ts";
import { startLoad } from "../../lib/client/load.ts";
import { delay } from "../../lib/delay.ts";

/** A client whose requests are answered by a function, with the number of the request. */
function clientOf(answer: (number: number, signal: AbortSignal) => Promise<void>): Pick<LazyPirate, "request"> {
  let number = 0;
  return {
    request: async (body, { signal } = {}) => {
      await answer(++number, signal!);
      return body;
    },
  };
}

const PLAN = { count: Infinity, durationMs: Infinity, concurrency: 1, bytes: 1 };

Deno.test("startLoad() makes the planned number of requests, with the planned concurrency", async () => {
  let now = 0;
  let most = 0;
  const client = clientOf(async () => {
    most = Math.max(most, ++now);
    await delay(1);
    now--;
  });
  const { figures, ended } = startLoad(client, { ...PLAN, count: 20, concurrency: 4 }, new AbortController().signal);
  await ended;
  assertEquals([figures.answered, figures.failed, figures.notSent, most], [20, 0, 0, 4]);
});

Deno.test("startLoad() counts failures separately by reason, and continues", async () => {
  const client = clientOf((number) =>
    number % 3 === 0
      ? Promise.reject(new NoReplyError(`no reply to ${number}`, number === 9 ? "REFUSED" : "NO_ANSWER"))
      : Promise.resolve()
  );
  const { figures, failures, ended } = startLoad(client, { ...PLAN, count: 10 }, new AbortController().signal);
  await ended;
  assertEquals([figures.answered, figures.failed, figures.latenciesUs.maxValue < 60e6], [7, 3, true]);
  assertEquals([...failures], [
    ["NO_ANSWER", { count: 2, message: "no reply to 3" }],
    ["REFUSED", { count: 1, message: "no reply to 9" }],
  ]);
});

Deno.test("startLoad() ends when its signal is aborted, and does not count requests in progress", async () => {
  const end = new AbortController();
  const client = clientOf(async (number, signal) => {
    if (number <= 5) return;
    end.abort();
    await delay(60_000, signal);
    throw new RequestAbortedError("given up");
  });
  const { figures, ended } = startLoad(client, PLAN, end.signal);
  await ended;
  assertEquals([figures.answered, figures.failed], [5, 0]);
});

Deno.test("startLoad() at a rate counts latency from when a request was due", async () => {
  // The first request holds up all that were due meanwhile; each of them is answered at once when it is sent.
  const stallMs = 300;
  const client = clientOf((number) => number === 1 ? delay(stallMs) : Promise.resolve());
  const plan = { ...PLAN, count: 4, rate: 100 };
  const { figures, ended } = startLoad(client, plan, new AbortController().signal);
  await ended;
  // They were due 10, 20 and 30 ms after the first.
  assertEquals(figures.answered, 4);
  assertGreaterOrEqual(figures.latenciesUs.getValueAtPercentile(1), (stallMs - 40) * 1000);
});

Deno.test("startLoad() at a rate reports how many requests were due but not sent in time", async () => {
  const durationMs = 100;
  const client = clientOf(() => delay(3 * durationMs));
  const { figures, ended } = startLoad(client, { ...PLAN, durationMs, rate: 100 }, new AbortController().signal);
  await ended;
  assertEquals([figures.answered, figures.notSent], [1, 9]);
});

Deno.test("startLoad() at a rate sends each request at its time", async () => {
  const times: number[] = [];
  const client = clientOf(() => {
    times.push(performance.now());
    return Promise.resolve();
  });
  const plan = { ...PLAN, count: 5, rate: 50, concurrency: 10 };
  const startMs = performance.now();
  await startLoad(client, plan, new AbortController().signal).ended;
  assertEquals(times.length, 5);
  // A timer may be late, but early only by its own grain.
  for (const [index, ms] of times.entries()) assertGreaterOrEqual(ms - startMs, index * 20 - 1);
});
