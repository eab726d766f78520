import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { fetchBody, fetchHttp, HttpClientError } from "../../lib/http/client.ts";
import { freePort } from "../harness/free_port.ts";
import { scenario } from "../harness/scenario.ts";

type Answer = (conn: Deno.Conn) => Promise<unknown>;

/** A port that does something with each connection, which ends when the test does. */
function listening(answer: Answer) {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const conns: Deno.Conn[] = [];
  const accepting = (async () => {
    for await (const conn of listener) {
      conns.push(conn);
      await answer(conn).catch(() => {});
    }
  })();
  const { port } = listener.addr;
  const address = { kind: "tcp", host: "127.0.0.1", port } as const;
  return {
    address,
    async [Symbol.asyncDispose]() {
      listener.close();
      await accepting;
      for (const conn of conns) conn.close();
    },
  };
}

const saying = (...bytes: readonly (string | readonly number[])[]): Answer => async (conn) => {
  for (const part of bytes) {
    await conn.write(typeof part === "string" ? new TextEncoder().encode(part) : new Uint8Array(part));
  }
};

async function reasonOf(answer: Answer, token?: string): Promise<string> {
  await using server = listening(answer);
  const ask = () => fetchBody({ address: server.address, path: "/status.json", token });
  return (await assertRejects(ask, HttpClientError)).message;
}

scenario("fetchHttp() reads an answer, whatever its status", ["network"], async () => {
  await using server = listening(saying("HTTP/1.1 404 Not Found\r\nContent-Length: 5\r\n\r\n", "nope\n"));
  assertEquals(await fetchHttp({ address: server.address, path: "/" }), { status: 404, body: "nope\n" });
});

scenario("fetchHttp() says that nothing listens, or that there is no such socket", ["network", "files"], async () => {
  const port = freePort();
  await assertRejects(
    () => fetchHttp({ address: { kind: "tcp", host: "127.0.0.1", port }, path: "/" }),
    HttpClientError,
    `Cannot reach a queue's HTTP at "127.0.0.1:${port}": nothing listens there (is the queue started with --http?)`,
  );
  await assertRejects(
    () => fetchHttp({ address: { kind: "unix", path: "/nonexistent/http.sock" }, path: "/" }),
    HttpClientError,
    "there is no such socket",
  );
});

scenario("fetchHttp() says what answers instead of a queue", ["network"], async () => {
  assertMatch(await reasonOf(saying([0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f])), /: it is a port for clients or workers; /);
  assertMatch(await reasonOf(saying("SSH-2.0-OpenSSH_9.2\r\n")), /: the response is not HTTP$/);
  const html = "HTTP/1.1 404 Not Found\r\nContent-Length: 6\r\n\r\n<html>";
  assertMatch(await reasonOf(saying(html)), / is not a queue: it has no \/status\.json \(HTTP 404\)$/);
  const empty = "HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n";
  assertMatch(await reasonOf(saying(empty)), / is not a queue: it has no \/status\.json \(HTTP 302\)$/);
});

scenario("fetchHttp() says whether a token is missing or wrong, and not which one was sent", ["network"], async () => {
  const refusing = saying("HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\nno");
  assertMatch(await reasonOf(refusing), / requires a token; name its file with --http-token-file$/);
  assertMatch(await reasonOf(refusing, "secret"), / does not accept the token in --http-token-file$/);
});

scenario("fetchHttp() waits for 5 s and not longer", ["network", "long run"], async () => {
  const begin = performance.now();
  assertMatch(await reasonOf(() => Promise.resolve()), /^Cannot query the queue at ".*": no answer within 5 s$/);
  const tookMs = performance.now() - begin;
  assertEquals(tookMs > 4000 && tookMs < 15_000, true, `${tookMs} ms`);
});
