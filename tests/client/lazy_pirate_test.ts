import { assertEquals, assertRejects } from "@std/assert";
import { LazyPirate, NoReplyError, RequestAbortedError } from "../../client.ts";
import { IntOption } from "../../lib/zmq/constants.ts";
import { type Peer, Peers, toBytes, toText } from "../harness/peers.ts";
import { ANY_PORT } from "../harness/programs.ts";
import { scenario } from "../harness/scenario.ts";

/** Waits for a request at a frontend that a test plays itself, and asserts its body. */
async function receiveRequest(frontend: Peer, ...body: string[]): Promise<string> {
  const [client, ...frames] = await frontend.receiveText();
  assertEquals(frames, ["", ...body]);
  return client!;
}

scenario("LazyPirate.request() resolves to the reply's frames, whatever they are", ["ffi"], async () => {
  await using peers = await Peers.open();
  const frontend = peers.router({ bind: ANY_PORT });
  frontend.serve((message) => frontend.send(...message, "and more"));
  await using client = new LazyPirate({ connect: frontend.endpoint });
  for (const body of [["one"], [""], ["a", "", "b"], ["\0\xff"]]) {
    assertEquals(toText(await client.request(body.map(toBytes))), [...body, "and more"]);
  }
});

scenario("LazyPirate.request() rejects with NoReplyError when no reply came after all tries", ["ffi"], async () => {
  await using peers = await Peers.open();
  const frontend = peers.router({ bind: ANY_PORT });
  await using client = new LazyPirate({ connect: frontend.endpoint, timeout: 300, retries: 3 });
  const retries: number[] = [];
  const error = await assertRejects(
    () => client.request([toBytes("anybody?")], { onRetry: (tries) => retries.push(tries) }),
    NoReplyError,
    `No reply from "${frontend.endpoint}" after 3 tries of 300 ms: connected, but no reply came`,
  );
  assertEquals([error.code, error.name, retries.join()], ["NO_REPLY", "NoReplyError", "1,2"]);
  assertEquals(error.reason, "NO_ANSWER");
  // The next request is a new one, on a new connection.
  frontend.serve((message) => frontend.send(...message));
  assertEquals(toText(await client.request([toBytes("now?")])), ["now?"]);
});

scenario("LazyPirate.request() rejects with RequestAbortedError when its signal is aborted", ["ffi"], async () => {
  await using peers = await Peers.open();
  const frontend = peers.router({ bind: ANY_PORT });
  await using client = new LazyPirate({ connect: frontend.endpoint, timeout: 3_600_000 });
  const end = new AbortController();
  const request = client.request([toBytes("never mind")], { signal: end.signal });
  await receiveRequest(frontend, "never mind");
  end.abort();
  const error = await assertRejects(() => request, RequestAbortedError);
  assertEquals([error.code, error.name], ["ABORTED", "RequestAbortedError"]);
  frontend.serve((message) => frontend.send(...message));
  assertEquals(toText(await client.request([toBytes("next")])), ["next"]);
});

scenario("LazyPirate.request() sends nothing when its signal was aborted before", ["ffi"], async () => {
  await using peers = await Peers.open();
  const frontend = peers.router({ bind: ANY_PORT });
  await using client = new LazyPirate({ connect: frontend.endpoint });
  await assertRejects(() => client.request([toBytes("no")], { signal: AbortSignal.abort() }), RequestAbortedError);
  const request = client.request([toBytes("yes")]);
  frontend.send(await receiveRequest(frontend, "yes"), "", "well");
  assertEquals(toText(await request), ["well"]);
});

scenario("LazyPirate.request() tries again when a reply is not accepted", ["ffi"], async () => {
  await using peers = await Peers.open();
  const frontend = peers.router({ bind: ANY_PORT });
  await using client = new LazyPirate({ connect: frontend.endpoint, timeout: 1000 });
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
  await using client = new LazyPirate();
  await assertRejects(() => client.request([]), RangeError, "at least 1 is needed");
});

scenario("LazyPirate.request() rejects when the client was closed", ["ffi"], async () => {
  const client = new LazyPirate();
  await client[Symbol.asyncDispose]();
  await assertRejects(() => client.request([toBytes("too late")]), Error, "after the client was closed");
});

scenario("LazyPirate rejects requests in progress with RequestAbortedError when it is closed", ["ffi"], async () => {
  await using peers = await Peers.open();
  const frontend = peers.router({ bind: ANY_PORT });
  const client = new LazyPirate({ connect: frontend.endpoint, timeout: "1h" });
  const requests = ["a", "b", "c"].map((body) => client.request([toBytes(body)]));
  const rejections = Promise.all(requests.map((request) => assertRejects(() => request, RequestAbortedError)));
  for (const _ of requests) await frontend.receive();
  await client[Symbol.asyncDispose]();
  await rejections;
});

scenario("LazyPirate.request() gives each request its own reply when there are many at once", ["ffi"], async () => {
  await using peers = await Peers.open();
  const frontend = peers.router({ bind: ANY_PORT });
  const bodies = Array.from({ length: 100 }, (_, index) => `${index}`);
  const seen = new Set<string | undefined>();
  await using client = new LazyPirate({ connect: frontend.endpoint });
  for (let round = 0; round < 3; round++) {
    const replies = Promise.all(bodies.map((body) => client.request([toBytes(body)])));
    const asked = [];
    for (const _ of bodies) asked.push(await frontend.receiveText());
    // The last to ask has its reply first.
    for (const [identity, , body] of asked.reverse()) frontend.send(identity!, "", `reply to ${body}`);
    assertEquals((await replies).map((reply) => toText(reply)[0]), bodies.map((body) => `reply to ${body}`));
    // Each has a connection of its own, and the next round the same ones.
    assertEquals(new Set(asked.map(([identity]) => identity)).size, bodies.length);
    assertEquals(asked.every(([identity]) => round === 0 || seen.has(identity)), true);
    for (const [identity] of asked) seen.add(identity);
  }
});

scenario("LazyPirate makes more requests at once than libzmq has sockets by default", ["ffi"], async () => {
  await using peers = await Peers.open();
  const frontend = peers.router({ bind: ANY_PORT, options: [[IntOption.BACKLOG, 1024]] });
  await using client = new LazyPirate({ connect: frontend.endpoint, timeout: "1m" });
  const bodies = Array.from({ length: 1100 }, (_, index) => `${index}`);
  const replies = Promise.all(bodies.map((body) => client.request([toBytes(body)])));
  const asked = [];
  // None is answered before all are there.
  for (const _ of bodies) asked.push(await frontend.receive());
  for (const message of asked) frontend.send(...message);
  assertEquals((await replies).map((reply) => toText(reply)[0]), bodies);
});

scenario("LazyPirate tries again on a new connection when all its connections are dead", ["ffi"], async () => {
  await using peers = await Peers.open();
  const frontend = peers.router({ bind: ANY_PORT });
  await using client = new LazyPirate({ connect: frontend.endpoint, timeout: 1000, retries: 2 });
  const tries: number[] = [];
  const ask = async (...bodies: string[]) => {
    const requests = bodies.map((body) => client.request([toBytes(body)], { onRetry: (count) => tries.push(count) }));
    return (await Promise.all(requests)).map((reply) => toText(reply)[0]);
  };
  const bodies = ["a", "b", "c", "d"];
  const first = ask(...bodies);
  const dead = new Set<string>();
  for (const _ of bodies) {
    const [identity, , body] = await frontend.receiveText();
    dead.add(identity!);
    frontend.send(identity!, "", body!);
  }
  assertEquals([await first, dead.size], [bodies, bodies.length]);
  // As behind a firewall that has forgotten them: what comes on them is lost, and nobody is told.
  let lost = 0;
  frontend.serve((message) => {
    if (dead.has(toText(message)[0]!)) lost++;
    else frontend.send(...message);
  });
  assertEquals([await ask("one"), tries, lost], [["one"], [1], 1]);
  // The others are not tried one after another.
  assertEquals([await ask(...bodies), tries, lost], [bodies, [1], 1]);
});

scenario(
  "LazyPirate asks the next queue when one does not answer, and stays with the one that did",
  ["ffi"],
  async () => {
    await using peers = await Peers.open();
    const [silent, other] = [peers.router({ bind: ANY_PORT }), peers.router({ bind: ANY_PORT })];
    other.serve((message) => other.send(...message));
    const endpoints = [silent.endpoint, other.endpoint];
    await using client = new LazyPirate({ connect: endpoints, timeout: 1000, retries: 2 });
    const tries: number[] = [];
    const ask = (body: string) => client.request([toBytes(body)], { onRetry: (count) => tries.push(count) });
    assertEquals(toText(await ask("one")), ["one"]);
    assertEquals((await silent.receiveText()).at(-1), "one");
    assertEquals(toText(await ask("two")), ["two"]);
    assertEquals([tries, silent.poll()], [[1], undefined]);
  },
);

scenario("LazyPirate names all its queues when none answers", ["ffi"], async () => {
  const endpoints = ["tcp://127.0.0.1:1", "tcp://127.0.0.1:2"];
  await using client = new LazyPirate({ connect: endpoints, timeout: 300, retries: 3 });
  const error = await assertRejects(() => client.request([toBytes("?")]), NoReplyError);
  assertEquals(
    [error.reason, error.message],
    [
      "REFUSED",
      "No reply after 3 tries of 300 ms: " +
      '"tcp://127.0.0.1:1": nothing listens at 127.0.0.1:1 (ECONNREFUSED); ' +
      '"tcp://127.0.0.1:2": nothing listens at 127.0.0.1:2 (ECONNREFUSED)',
    ],
  );
});

scenario("LazyPirate asks the next queue in the next try when it cannot connect to the first one in time", [
  "ffi",
  "ipv6",
], async () => {
  // It takes connections, and says nothing: a try passes before it is known that no handshake will come.
  using mute = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  await using peers = await Peers.open();
  const other = peers.router({ bind: ANY_PORT });
  other.serve((message) => other.send(...message));
  const connect = [`tcp://127.0.0.1:${mute.addr.port}`, other.endpoint];
  await using client = new LazyPirate({ connect, timeout: 500, retries: 2 });
  const tries: number[] = [];
  assertEquals(toText(await client.request([toBytes("one")], { onRetry: (count) => tries.push(count) })), ["one"]);
  assertEquals(tries, [1]);
});
