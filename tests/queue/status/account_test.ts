import { assertEquals } from "@std/assert";
import { zeroCounters } from "../../../lib/queue/broker/statistics.ts";
import { accountOf, formatAccount } from "../../../lib/queue/status/account.ts";

const GAUGES = {
  waiting: 3,
  delayed: 1,
  inFlight: 2,
  onTrial: 1,
  remote: 0,
  onLoan: 0,
  pendingBytes: 0,
  workers: 0,
  idleWorkers: 0,
  clients: 0,
  newestFirst: false,
};

Deno.test("accountOf() counts delayed requests as waiting, and those on trial as in flight, so that the sum fits", () => {
  const counters = { ...zeroCounters(), accepted: 20, answered: 10, clientLeft: 2, exhausted: 1 };
  const { accepted, delayed, onTrial, ...rest } = accountOf({ counters, gauges: GAUGES });
  assertEquals([accepted, delayed, onTrial], [20, 1, 1]);
  assertEquals(Object.values(rest).reduce((sum, count) => sum + count, 0), accepted);
});

Deno.test("formatAccount() writes the sum, without what is 0", () => {
  const counters = { ...zeroCounters(), accepted: 17, answered: 8, clientLeft: 2 };
  assertEquals(
    formatAccount(accountOf({ counters, gauges: GAUGES })),
    "17 accepted = 4 waiting (1 delayed) + 3 in flight (1 on trial) + 8 answered + 2 whose client left",
  );
  const none = { ...GAUGES, waiting: 0, delayed: 0, inFlight: 0, onTrial: 0 };
  assertEquals(
    formatAccount(accountOf({ counters: zeroCounters(), gauges: none })),
    "0 accepted = 0 waiting + 0 in flight + 0 answered",
  );
});
