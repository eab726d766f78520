/**
 * More requests come than the workers can do.
 *
 * @module
 */

import { demand } from "../../../faults/fault.ts";
import type { Act } from "../act.ts";
import { KEYS, SLOTS, WORK_MS } from "../production.ts";

const TIMES_THE_CAPACITY = 2;
const SECONDS = 10;
/** What all workers can do, in requests a second. */
const CAPACITY = SLOTS * 1000 / WORK_MS;
/** Of the capacity, a third of what a quiet machine shows: nearly all of it. */
const LEAST_GOODPUT = 0.33;

/** For ten seconds come twice as many requests as can be answered, of clients that wait for a second. */
export const overload: Act = {
  name: "overload",
  play: async (production) => {
    const { clientMachine, queue } = production;
    const orders = queue.log.count("order changed");
    const before = production.totals.answered;
    await using load = clientMachine.start("client", [
      ...["--connect", production.frontendFor(clientMachine), "--key", production.keyFile(KEYS.clients)],
      ...["--rate", `${TIMES_THE_CAPACITY * CAPACITY}`, "--duration", `${SECONDS}s`, "--concurrency", "1000"],
      ...["--timeout", "1s", "--retries", "1", "--json", "--log-format", "json"],
    ]);
    const { code, stdout, stderr } = await load.exit;
    const others = production.totals.answered - before;
    const { requests, failed, notSent, durationMs } = JSON.parse(stdout);
    const explained = load.lines.filter(({ event, reason }) => event === "requests failed" && reason !== undefined)
      .reduce((sum, { count }) => sum + Number(count), 0);
    demand(code === 3 && notSent === 0, "There is more to do than can be done", { code, stdout, stderr });
    demand(explained === failed, "Each request without a reply has a reason", { explained, failed });
    production.otherAnswers += requests - failed;
    production.otherFailures += failed;
    const goodput = (requests - failed + others) / (durationMs / 1000) / CAPACITY;
    demand(goodput >= LEAST_GOODPUT, `At least ${LEAST_GOODPUT} of the capacity goes into replies in time`, {
      goodput,
      requests,
      failed,
      others,
    });
    // Those who wait for longer than a second were served, too.
    await production.everybodyAnswered();
    const changes = queue.log.count("order changed") - orders;
    demand(changes > 0, "The queue serves the newest connection first while clients give up", { changes });
    return `${requests} requests at ${TIMES_THE_CAPACITY} times the capacity of ${CAPACITY} a second; ` +
      `${(goodput * 100).toFixed(0)} % of the capacity went into replies in time; ` +
      `the other ${failed} clients gave up and said why`;
  },
};
