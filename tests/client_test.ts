import { assertEquals, assertMatch, assertNotEquals, assertRejects } from "@std/assert";
import { Abandoned, Aborted, LazyPirate } from "../client.ts";
import { ZmqError } from "../lib/zmq/error.ts";
import { type Peer, Peers, toBytes, toText } from "./harness/peers.ts";
import { ANY_PORT, startClient } from "./harness/programs.ts";
import { scenario } from "./harness/scenario.ts";

const NEEDS = ["programs", "ffi"] as const;

/** Waits for a request at a frontend that a test plays itself, and asserts its body. */
async function receiveRequest(frontend: Peer, ...body: string[]): Promise<string> {
  const [client, ...frames] = await frontend.receiveText();
  assertEquals(frames, ["", ...body]);
  return client!;
}

scenario("client sends numbers, tells of each reply, and ends with 0 after its count", NEEDS, async () => {
  await using peers = await Peers.open();
  const frontend = peers.router({ bind: ANY_PORT });
  await using client = startClient(frontend.endpoint, ["--count", "3"]);
  const connections = new Set<string>();
  for (const number of ["1", "2", "3"]) {
    const identity = await receiveRequest(frontend, number);
    connections.add(identity);
    frontend.send(identity, "", number);
  }
  const { code, stdout } = await client.exit;
  assertEquals([code, stdout, connections.size], [0, "", 1]);
  assertEquals(client.lines.map(({ time: _, ...rest }) => rest), [
    { level: "info", event: "connecting", connect: frontend.endpoint },
    { level: "info", event: "reply", sequence: 1 },
    { level: "info", event: "reply", sequence: 2 },
    { level: "info", event: "reply", sequence: 3 },
    { level: "info", event: "done", answered: 3, retries: 0 },
  ]);
});

for (
  const [what, reply] of [
    ["is out of sequence", ["", "7"]],
    ["is no number", ["", "one"]],
    ["is empty", ["", ""]],
    ["has a further frame", ["", "1", ""]],
  ] as const
) {
  scenario(`client reports a reply and does not take it when it ${what}`, NEEDS, async () => {
    await using peers = await Peers.open();
    const frontend = peers.router({ bind: ANY_PORT });
    await using client = startClient(frontend.endpoint, ["--count", "1", "--timeout", "100ms"]);
    const first = await receiveRequest(frontend, "1");
    frontend.send(first, ...reply);
    const report = await client.event("malformed reply");
    assertEquals([report.level, report.expected, report.reply], ["warning", 1, reply.slice(1)]);
    // Its REQ has had its reply, so the right one can only come on another connection.
    const second = await receiveRequest(frontend, "1");
    assertNotEquals(second, first);
    frontend.send(second, "", "1");
    assertEquals((await client.exit).code, 0);
    const { answered, retries } = await client.event("done");
    assertEquals({ answered, retries }, { answered: 1, retries: 1 });
  });
}

scenario("client closes its socket and opens another when no reply comes in time", NEEDS, async () => {
  await using peers = await Peers.open();
  const frontend = peers.router({ bind: ANY_PORT });
  await using client = startClient(frontend.endpoint, ["--count", "1", "--timeout", "100ms"]);
  const first = await receiveRequest(frontend, "1");
  const second = await receiveRequest(frontend, "1");
  assertNotEquals(second, first);
  // Nobody hears the late reply.
  frontend.send(first, "", "1");
  frontend.send(second, "", "1");
  assertEquals((await client.exit).code, 0);
  assertEquals(client.count("no reply, trying again", { sequence: 1, tries: 1 }), 1);
  assertEquals(client.count("reply"), 1);
});

scenario("client gives up with 3 and says so when no reply came after all tries", NEEDS, async () => {
  await using peers = await Peers.open();
  const frontend = peers.router({ bind: ANY_PORT });
  await using client = startClient(frontend.endpoint, ["--timeout", "50ms", "--retries", "4"]);
  const connections = new Set<string>();
  for (let tries = 1; tries <= 4; tries++) connections.add(await receiveRequest(frontend, "1"));
  const { code, stdout } = await client.exit;
  assertEquals([code, stdout, connections.size, frontend.poll()], [3, "", 4, undefined]);
  const { level, event, reason } = client.lines.at(-1)!;
  assertEquals([level, event], ["error", "server seems to be offline, abandoning"]);
  assertEquals(
    reason,
    `No reply from "${frontend.endpoint}" after 4 tries of 50 ms: the server seems to be offline`,
  );
  assertEquals(client.count("no reply, trying again"), 3);
});

scenario("client goes on without end when it has no count, until a signal, which it ends with 0", NEEDS, async () => {
  await using peers = await Peers.open();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    const frontend = peers.router({ bind: ANY_PORT });
    await using client = startClient(frontend.endpoint, ["--timeout", "1h"]);
    for (let sequence = 1; sequence <= 50; sequence++) {
      frontend.send(await receiveRequest(frontend, `${sequence}`), "", `${sequence}`);
    }
    await receiveRequest(frontend, "51");
    client.kill(signal);
    const { code, stdout } = await client.exit;
    assertEquals([code, stdout, client.count("reply")], [0, "", 50]);
  }
});

scenario("LazyPirate.request() resolves to the reply's frames, whatever they are", ["ffi"], async () => {
  await using peers = await Peers.open();
  const frontend = peers.router({ bind: ANY_PORT });
  frontend.serve((message) => frontend.send(...message, "and more"));
  using client = await LazyPirate.open({ endpoint: frontend.endpoint });
  for (const body of [["one"], [""], ["a", "", "b"], ["\0\xff"]]) {
    assertEquals(toText(await client.request(body.map(toBytes))), [...body, "and more"]);
  }
});

scenario("LazyPirate.request() rejects with Abandoned when no reply came after all tries", ["ffi"], async () => {
  await using peers = await Peers.open();
  const frontend = peers.router({ bind: ANY_PORT });
  using client = await LazyPirate.open({ endpoint: frontend.endpoint, timeoutMs: 20, retries: 3 });
  const retries: number[] = [];
  const error = await assertRejects(
    () => client.request([toBytes("anybody?")], { onRetry: (tries) => retries.push(tries) }),
    Abandoned,
    "after 3 tries of 20 ms: the server seems to be offline",
  );
  assertEquals([error.code, error.name, retries.join()], ["ABANDONED", "Abandoned", "1,2"]);
  // The next request is a new one, on a new connection.
  const asked = client.request([toBytes("now?")]);
  for (;;) {
    const [identity, , body] = await frontend.receiveText();
    if (body !== "now?") continue;
    frontend.send(identity!, "", "yes");
    break;
  }
  assertEquals(toText(await asked), ["yes"]);
});

scenario("LazyPirate.request() rejects with Aborted when its signal is aborted", ["ffi"], async () => {
  await using peers = await Peers.open();
  const frontend = peers.router({ bind: ANY_PORT });
  using client = await LazyPirate.open({ endpoint: frontend.endpoint, timeoutMs: 3_600_000 });
  const end = new AbortController();
  const request = client.request([toBytes("never mind")], { signal: end.signal });
  await receiveRequest(frontend, "never mind");
  end.abort();
  const error = await assertRejects(() => request, Aborted);
  assertEquals([error.code, error.name], ["ABORTED", "Aborted"]);
  frontend.serve((message) => frontend.send(...message));
  assertEquals(toText(await client.request([toBytes("next")])), ["next"]);
});

scenario("LazyPirate.request() sends nothing when its signal was aborted before", ["ffi"], async () => {
  await using peers = await Peers.open();
  const frontend = peers.router({ bind: ANY_PORT });
  using client = await LazyPirate.open({ endpoint: frontend.endpoint });
  await assertRejects(() => client.request([toBytes("no")], { signal: AbortSignal.abort() }), Aborted);
  const request = client.request([toBytes("yes")]);
  frontend.send(await receiveRequest(frontend, "yes"), "", "well");
  assertEquals(toText(await request), ["well"]);
});

scenario("LazyPirate.request() rejects when another request is under way, which goes on", ["ffi"], async () => {
  await using peers = await Peers.open();
  const frontend = peers.router({ bind: ANY_PORT });
  using client = await LazyPirate.open({ endpoint: frontend.endpoint });
  const first = client.request([toBytes("first")]);
  await assertRejects(() => client.request([toBytes("second")]), Error, "while another one waits for its reply");
  frontend.send(await receiveRequest(frontend, "first"), "", "reply");
  assertEquals(toText(await first), ["reply"]);
});

scenario("LazyPirate.request() tries again when a reply is not accepted", ["ffi"], async () => {
  await using peers = await Peers.open();
  const frontend = peers.router({ bind: ANY_PORT });
  using client = await LazyPirate.open({ endpoint: frontend.endpoint, timeoutMs: 100 });
  const seen: string[][] = [];
  const request = client.request([toBytes("right?")], {
    accept: (reply) => {
      seen.push(toText(reply));
      return seen.length > 1;
    },
  });
  frontend.send(await receiveRequest(frontend, "right?"), "", "wrong");
  frontend.send(await receiveRequest(frontend, "right?"), "", "right");
  assertEquals(toText(await request), ["right"]);
  assertEquals(seen, [["wrong"], ["right"]]);
});

scenario("LazyPirate.request() rejects with a RangeError when the body has no frame", ["ffi"], async () => {
  using client = await LazyPirate.open();
  await assertRejects(() => client.request([]), RangeError, "at least 1 is needed");
});

scenario(
  "LazyPirate.request() rejects and leaves nothing open when libzmq does not take the endpoint",
  ["ffi"],
  async () => {
    using client = await LazyPirate.open({ endpoint: "tcp://-:1" });
    const error = await assertRejects(
      () => client.request([toBytes("hello")]),
      ZmqError,
      'Cannot connect to "tcp://-:1"',
    );
    assertEquals(error.code, "EINVAL");
  },
);

scenario("LazyPirate.request() rejects when the client was closed", ["ffi"], async () => {
  const client = await LazyPirate.open();
  client[Symbol.dispose]();
  const error = await assertRejects(() => client.request([toBytes("too late")]), Error, "after it was closed");
  assertMatch(error.message, /^Cannot /);
});

scenario(
  "LazyPirate.open() rejects with a RangeError when an option is wrong, and leaves nothing open",
  ["ffi"],
  async () => {
    for (
      const [options, phrase] of [
        [{ endpoint: "localhost:5555" }, "an endpoint begins with tcp:// or ipc://"],
        [{ retries: 0 }, "at least 1 is needed"],
        [{ retries: NaN }, "at least 1 is needed"],
        [{ timeoutMs: NaN }, "more than 0 are needed"],
        [{ timeoutMs: -1 }, "more than 0 are needed"],
      ] as const
    ) {
      await assertRejects(() => LazyPirate.open(options), RangeError, phrase);
    }
  },
);

scenario("LazyPirate serves several clients in one process at once", ["ffi"], async () => {
  await using peers = await Peers.open();
  const frontend = peers.router({ bind: ANY_PORT });
  frontend.serve((message) => frontend.send(...message));
  const bodies = Array.from({ length: 10 }, (_, index) => `client ${index}`);
  const replies = await Promise.all(bodies.map(async (body) => {
    using client = await LazyPirate.open({ endpoint: frontend.endpoint });
    return toText(await client.request([toBytes(body)]))[0];
  }));
  assertEquals(replies, bodies);
});
