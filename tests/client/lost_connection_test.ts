/**
 * What a client does when the connection that carries its request ends.
 *
 * @module
 */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { LazyPirate, NoReplyError } from "../../client.ts";
import { freeEndpoint } from "../harness/free_port.ts";
import { type Peer, Peers, toBytes, toText } from "../harness/peers.ts";
import { ANY_PORT } from "../harness/programs.ts";
import { RawFrontend } from "../harness/raw_frontend.ts";
import { scenario } from "../harness/scenario.ts";

/** Waits for a request and returns who sent it. */
async function receiveRequest(frontend: Peer, body: string): Promise<string> {
  const [client, ...frames] = await frontend.receiveText();
  assertEquals(frames, ["", body]);
  return client!;
}

/** No try is used up by a second sending. */
function failOnRetry(): never {
  throw new Error("A try was used up");
}

scenario(
  "LazyPirate sends a request again within its try when the queue was restarted",
  ["ffi", "network"],
  async () => {
    await using peers = await Peers.open();
    const frontend = peers.router({ bind: freeEndpoint() });
    await using client = new LazyPirate({ connect: frontend.endpoint, timeout: "1m", retries: 1 });
    const request = client.request([toBytes("work")], { onRetry: failOnRetry });
    await receiveRequest(frontend, "work");
    await frontend.close();
    const restarted = await peers.restartedRouter(frontend.endpoint);
    restarted.send(await receiveRequest(restarted, "work"), "", "done");
    assertEquals(toText(await request), ["done"]);
  },
);

scenario("LazyPirate sends a request to the next queue at once when its connection ends", ["ffi"], async () => {
  await using peers = await Peers.open();
  const [first, second] = [peers.router({ bind: ANY_PORT }), peers.router({ bind: ANY_PORT })];
  second.serve((message) => second.send(...message));
  const connect = [first.endpoint, second.endpoint];
  await using client = new LazyPirate({ connect, timeout: "1m", retries: 1 });
  const request = client.request([toBytes("work")], { onRetry: failOnRetry });
  await receiveRequest(first, "work");
  await first.close();
  assertEquals(toText(await request), ["work"]);
});

scenario("LazyPirate goes to the next queue within its try when nothing listens at the first", ["ffi"], async () => {
  await using peers = await Peers.open();
  const other = peers.router({ bind: ANY_PORT });
  other.serve((message) => other.send(...message));
  const connect = ["tcp://127.0.0.1:1", other.endpoint];
  await using client = new LazyPirate({ connect, timeout: "1m", retries: 1 });
  assertEquals(toText(await client.request([toBytes("work")], { onRetry: failOnRetry })), ["work"]);
});

scenario("LazyPirate waits within its try for a queue that starts later", ["ffi", "network"], async () => {
  await using peers = await Peers.open();
  const endpoint = freeEndpoint();
  await using client = new LazyPirate({ connect: endpoint, timeout: "1m", retries: 1 });
  const request = client.request([toBytes("work")], { onRetry: failOnRetry });
  // It has found out that nothing listens.
  await new Promise((resolve) => setTimeout(resolve, 100));
  const frontend = peers.router({ bind: endpoint });
  frontend.send(await receiveRequest(frontend, "work"), "", "done");
  assertEquals(toText(await request), ["done"]);
});

scenario(
  "LazyPirate sends a request at most twice in a try, and the try takes no longer",
  ["ffi", "ipv6"],
  async () => {
    const seen: number[] = [];
    await using frontend = RawFrontend.start(async (connection) => {
      const frames = await connection.receive();
      seen.push(frames.at(-1)!.length);
    });
    await using client = new LazyPirate({ connect: frontend.endpoint, timeout: 1000, retries: 2 });
    const start = performance.now();
    const error = await assertRejects(() => client.request([toBytes("work")]), NoReplyError);
    const elapsedMs = performance.now() - start;
    assertEquals([seen, error.reason], [[4, 4, 4, 4], "CONNECTION_LOST"]);
    assertEquals(
      error.message,
      `No reply from "${frontend.endpoint}" after 2 tries of 1000 ms: the connection was lost before a reply came`,
    );
    assert(elapsedMs >= 2000 && elapsedMs < 3 * 2500, `It took ${elapsedMs} ms`);
  },
);

scenario("LazyPirate does not resend a request that is too large for the queue, and says so", ["ffi"], async () => {
  await using peers = await Peers.open();
  const limited = peers.router({ bind: ANY_PORT, maxMessageSize: 1024 });
  await using client = new LazyPirate({ connect: limited.endpoint, timeout: 1500, retries: 1 });
  await Promise.all([2000, 3_000_000].map(async (bytes) => {
    const error = await assertRejects(() => client.request([new Uint8Array(bytes)]), NoReplyError);
    assertEquals(error.reason, "CLOSED_WHILE_SENDING");
    assertEquals(
      error.message,
      `No reply from "${limited.endpoint}" after 1 try of 1500 ms: the connection was closed while a request of ` +
        `${bytes} bytes was being sent: the queue's --max-message-size may be smaller`,
    );
  }));
  limited.serve((message) => limited.send(...message));
  assertEquals((await client.request([new Uint8Array(1000)]))[0]!.length, 1000);
});

scenario(
  "LazyPirate sends a large request once in a try when the queue closes its connection",
  ["ffi", "ipv6"],
  async () => {
    let requests = 0;
    await using frontend = RawFrontend.start(async (connection) => {
      // The header of a frame that is too large.
      await connection.receiveBytes(9);
      requests++;
    });
    await using client = new LazyPirate({ connect: frontend.endpoint, timeout: 1000, retries: 2 });
    const error = await assertRejects(() => client.request([new Uint8Array(100_000)]), NoReplyError);
    assertEquals([requests, error.reason], [2, "CLOSED_WHILE_SENDING"]);
  },
);

scenario(
  "LazyPirate resends a large request when the queue that was receiving it is gone",
  ["ffi", "ipv6"],
  async () => {
    await using peers = await Peers.open();
    const received = Promise.withResolvers<void>();
    const gone = RawFrontend.start(async (connection) => {
      await connection.receiveBytes(9);
      gone.stopListening();
      received.resolve();
    });
    const { endpoint } = gone;
    await using client = new LazyPirate({ connect: endpoint, timeout: "1m", retries: 1 });
    const request = client.request([new Uint8Array(100_000)], { onRetry: failOnRetry });
    await received.promise;
    await gone[Symbol.asyncDispose]();
    // It has found out that nothing listens.
    await new Promise((resolve) => setTimeout(resolve, 100));
    const frontend = await peers.restartedRouter(endpoint);
    const [identity, , body] = await frontend.receiveText();
    frontend.send(identity!, "", `${body!.length}`);
    assertEquals(toText(await request), ["100000"]);
  },
);

scenario("LazyPirate accepts a reply that came just before its connection ended", ["ffi", "ipv6"], async () => {
  await using frontend = RawFrontend.start(async (connection) => {
    await connection.receive();
    await connection.send("", "the last one");
  });
  await using client = new LazyPirate({ connect: frontend.endpoint, timeout: "1m", retries: 1 });
  for (let count = 0; count < 20; count++) {
    assertEquals(toText(await client.request([toBytes("work")], { onRetry: failOnRetry })), ["the last one"]);
  }
});

scenario("LazyPirate does not use a connection that ended while it was idle", ["ffi", "network"], async () => {
  await using peers = await Peers.open();
  const frontend = peers.router({ bind: freeEndpoint() });
  frontend.serve((message) => frontend.send(...message));
  await using client = new LazyPirate({ connect: frontend.endpoint, timeout: "1m", retries: 1 });
  const body = new Uint8Array(5000);
  await Promise.all([1, 2, 3].map(() => client.request([body])));
  await frontend.close();
  const restarted = await peers.restartedRouter(frontend.endpoint);
  restarted.serve((message) => restarted.send(...message));
  await new Promise((resolve) => setTimeout(resolve, 100));
  assertEquals((await client.request([body], { onRetry: failOnRetry }))[0]!.length, 5000);
});
