import { assertEquals, assertThrows } from "@std/assert";
import { QUEUE_OPTIONS, queueConfig, type QueueOptions } from "../../lib/queue/config.ts";

const BROKER_DEFAULTS = {
  redeliveries: 3,
  jobTimeout: 0,
  slowJob: 0,
  keepOrphans: false,
  order: "auto",
  maxBacklog: 100_000,
  maxBacklogBytes: 268_435_456,
  clientShare: 0.125,
} as const;

const DEFAULTS = {
  relay: {
    frontend: ["tcp://127.0.0.1:5555"],
    backend: ["tcp://127.0.0.1:5556"],
    maxMessageBytes: 134_217_728,
    heartbeatMs: 0,
    ioThreads: 1,
    postsSnapshots: false,
    reservedDescriptors: 0,
    keepsExhausted: false,
    broker: BROKER_DEFAULTS,
  },
  access: { keys: undefined, allow: undefined, allowClients: undefined, allowWorkers: undefined },
  link: undefined,
  exhaustedDir: undefined,
  http: undefined,
  waitForPortsMs: 0,
  drainTimeoutMs: 8000,
};

Deno.test("queueConfig() returns the documented defaults when nothing is given", () => {
  assertEquals(queueConfig({}), DEFAULTS);
});

Deno.test("queueConfig() takes endpoints as text and as lists, durations and sizes as text and as numbers", () => {
  const texts = queueConfig({
    frontend: "ipc:///front",
    backend: ["ipc:///back", "tcp://*:1"],
    jobTimeout: "1m",
    heartbeat: "5s",
    waitForPorts: "60s",
    ioThreads: 4,
    drainTimeout: "1h",
    maxMessageSize: "1MiB",
    maxBacklogBytes: "64KiB",
  });
  const numbers = queueConfig({
    frontend: ["ipc:///front"],
    backend: ["ipc:///back", "tcp://*:1"],
    jobTimeout: 60_000,
    heartbeat: 5000,
    waitForPorts: 60_000,
    ioThreads: 4,
    drainTimeout: 3_600_000,
    maxMessageSize: 1_048_576,
    maxBacklogBytes: 65_536,
  });
  assertEquals(texts, numbers);
  assertEquals(texts, {
    relay: {
      frontend: ["ipc:///front"],
      backend: ["ipc:///back", "tcp://*:1"],
      maxMessageBytes: 1_048_576,
      heartbeatMs: 5000,
      ioThreads: 4,
      postsSnapshots: false,
      reservedDescriptors: 0,
      keepsExhausted: false,
      broker: { ...BROKER_DEFAULTS, jobTimeout: 60_000, maxBacklogBytes: 65_536 },
    },
    access: DEFAULTS.access,
    link: undefined,
    exhaustedDir: undefined,
    http: undefined,
    waitForPortsMs: 60_000,
    drainTimeoutMs: 3_600_000,
  });
});

Deno.test("queueConfig() passes the broker's options on", () => {
  const broker = { redeliveries: 0, keepOrphans: true, order: "fifo", maxBacklog: 5, clientShare: 1 } as const;
  assertEquals(queueConfig(broker).relay.broker, { ...BROKER_DEFAULTS, ...broker });
});

Deno.test("queueConfig() has the relay copy exhausted requests when there is a folder for them", () => {
  const { relay, exhaustedDir } = queueConfig({ exhaustedDir: "/var/exhausted" });
  assertEquals([relay.keepsExhausted, exhaustedDir], [true, "/var/exhausted"]);
});

Deno.test("queueConfig() throws an error that names option and value when a value is wrong", () => {
  const wrong: ReadonlyArray<readonly [QueueOptions, string]> = [
    [{ frontend: [] }, "frontend cannot be []: it needs at least one value"],
    [{ backend: "udp://*:1" }, 'backend cannot be "udp://*:1": an endpoint begins with tcp:// or ipc://'],
    [{ redeliveries: -1 }, "redeliveries cannot be -1: it must be a whole number between 0 and 1000"],
    [{ jobTimeout: "10" }, 'jobTimeout cannot be "10": a duration is a number with a unit'],
    [{ maxBacklog: NaN }, "maxBacklog cannot be NaN: it must be a whole number between 1 and 100000000"],
    [{ maxBacklogBytes: 0 }, "maxBacklogBytes cannot be 0: it must be between 1 and 1024GiB"],
    [{ clientShare: 0 }, "clientShare cannot be 0: it must be a number between 0.000001 and 1"],
    [{ maxMessageSize: 1024.5 }, "maxMessageSize cannot be 1024.5: it must be whole bytes"],
    [{ maxMessageSize: "1023" }, 'maxMessageSize cannot be "1023": it must be between 1KiB and 1024GiB'],
    [{ heartbeat: 2 ** 31 }, "heartbeat cannot be 2147483648: it must be between 0 and 1h"],
    [{ ioThreads: 0 }, "ioThreads cannot be 0: it must be a whole number between 1 and 16"],
    [{ ioThreads: 1.5 }, "ioThreads cannot be 1.5: it must be a whole number between 1 and 16"],
    [{ drainTimeout: Infinity }, "drainTimeout cannot be Infinity: it must be between 0 and 596h"],
  ];
  for (const [options, message] of wrong) {
    assertThrows(() => queueConfig(options), RangeError, `Option ${message}`);
  }
});

Deno.test("queueConfig() throws a TypeError with a suggestion when an option is unknown", () => {
  for (const [slip, name] of [["frontends", "frontend"], ["jobTimeoutMs", "jobTimeout"], ["Order", "order"]] as const) {
    assertThrows(
      () => queueConfig({ [slip]: [] } as QueueOptions),
      TypeError,
      `Unknown option "${slip}" of startQueue(), did you mean "${name}"?`,
    );
  }
});

Deno.test("QUEUE_OPTIONS has defaults that are within their limits", () => {
  for (const [name, option] of Object.entries(QUEUE_OPTIONS)) {
    assertEquals(Object.keys(queueConfig({ [name]: option.defaultValue })), Object.keys(DEFAULTS));
  }
});
