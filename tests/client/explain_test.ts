import { assertEquals, assertMatch, assertRejects, assertThrows } from "@std/assert";
import { Explainer, explanationOf } from "../../lib/client/explain.ts";
import { NoReplyError } from "../../lib/client/no_reply.ts";
import { formatHttpAddress } from "../../lib/http/address.ts";
import { listenForHttp } from "../../lib/http/listen.ts";

function statusOf(sentence: string, waiting: number, answeredPerSecond: number, state = "serving"): object {
  return { state, sentence, waiting: { requests: waiting }, rates: { answeredPerSecond } };
}

Deno.test("explanationOf() adds how long the waiting requests will take, if that is known", () => {
  const sentence = "serving: 4 of 4 workers busy, 120 waiting";
  assertEquals(explanationOf(statusOf(sentence, 120, 13.3)), `${sentence}; that is about 9.0 s at the present rate`);
  assertEquals(explanationOf(statusOf("no workers for 40 s", 3, 0)), "no workers for 40 s");
  assertEquals(explanationOf(statusOf("serving: nothing waits", 0, 5)), "serving: nothing waits");
});

Deno.test("explanationOf() promises nothing while nothing is served", () => {
  assertEquals(explanationOf(statusOf("paused by a@b", 120, 5, "paused")), "paused by a@b");
  assertEquals(explanationOf(statusOf("no workers for 2.0 s", 120, 5, "no workers")), "no workers for 2.0 s");
});

Deno.test("explanationOf() rejects anything that is not a status", () => {
  for (const value of [{}, null, "text", { sentence: 1 }, { sentence: "a" }]) {
    assertThrows(() => explanationOf(value), TypeError);
  }
});

/** A server that says the same to everybody, and counts how often it was asked. */
async function answering(body: string) {
  const { server } = await listenForHttp([{ kind: "tcp", host: "127.0.0.1", port: 0 }], undefined);
  let asked = 0;
  server.serve(() => {
    asked++;
    return Promise.resolve({ status: 200, type: "application/json", body });
  });
  const address = formatHttpAddress(server.addresses[0]!);
  return { address, asked: () => asked, [Symbol.asyncDispose]: () => server.close() };
}

Deno.test("Explainer asks only once for requests that fail together, and keeps their reasons", async () => {
  await using queue = await answering(JSON.stringify(statusOf("no workers for 40 s: nothing waits", 0, 0)));
  const explainer = await Explainer.open([`http://${queue.address}/`], undefined);
  const client = explainer.explained({
    request: () => Promise.reject(new NoReplyError("No reply", "NO_ANSWER")),
  });
  const errors = await Promise.all([1, 2, 3].map(() => assertRejects(() => client.request([]), NoReplyError)));
  for (const { message, reason } of errors) {
    assertEquals(reason, "NO_ANSWER");
    assertEquals(message, `No reply. The queue at "${queue.address}" says: no workers for 40 s: nothing waits`);
  }
  assertEquals(queue.asked(), 1);
});

Deno.test("Explainer passes on replies and unrelated errors", async () => {
  const explainer = await Explainer.open(["unix:/nonexistent/http.sock"], undefined);
  const reply = [new Uint8Array([1])];
  assertEquals(await explainer.explained({ request: () => Promise.resolve(reply) }).request([]), reply);
  const broken = explainer.explained({ request: () => Promise.reject(new RangeError("too large")) });
  await assertRejects(() => broken.request([]), RangeError, "too large");
});

Deno.test("Explainer says of each queue why it cannot be asked", async () => {
  await using other = await answering("not a status");
  const explainer = await Explainer.open([other.address, "unix:/nonexistent/http.sock"], undefined);
  const text = await explainer.explain();
  assertMatch(text, /^What answers at "127\.0\.0\.1:\d+" is no queue\. /);
  assertMatch(text, /\. Cannot reach a queue's HTTP at "unix:\/nonexistent\/http\.sock": /);
});
