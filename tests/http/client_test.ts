import { assertEquals, assertGreaterOrEqual, assertMatch, assertRejects } from "@std/assert";
import { askForBody, askHttp, HttpAskError } from "../../lib/http/client.ts";
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
  const ask = () => askForBody({ address: server.address, path: "/status.json", token });
  return (await assertRejects(ask, HttpAskError)).message;
}

scenario("askHttp() reads an answer, whatever its status", ["network"], async () => {
  await using server = listening(saying("HTTP/1.1 404 Not Found\r\nContent-Length: 5\r\n\r\n", "nope\n"));
  assertEquals(await askHttp({ address: server.address, path: "/" }), { status: 404, body: "nope\n" });
});

scenario("askHttp() says that nothing listens, or that there is no such socket", ["network", "files"], async () => {
  const port = freePort();
  await assertRejects(
    () => askHttp({ address: { kind: "tcp", host: "127.0.0.1", port }, path: "/" }),
    HttpAskError,
    `Cannot reach a queue's HTTP at "127.0.0.1:${port}": nothing listens there (is the queue started with --http?)`,
  );
  await assertRejects(
    () => askHttp({ address: { kind: "unix", path: "/nonexistent/http.sock" }, path: "/" }),
    HttpAskError,
    "there is no such socket",
  );
});

scenario("askHttp() says what answers instead of a queue", ["network"], async () => {
  assertMatch(await reasonOf(saying([0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f])), /: it is a port for clients or workers; /);
  assertMatch(await reasonOf(saying("SSH-2.0-OpenSSH_9.2\r\n")), /: what answers is not HTTP$/);
  const html = "HTTP/1.1 404 Not Found\r\nContent-Length: 6\r\n\r\n<html>";
  assertMatch(await reasonOf(saying(html)), / is another web server: it has no \/status\.json \(HTTP 404\)$/);
  const empty = "HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n";
  assertMatch(await reasonOf(saying(empty)), / is another web server: it has no \/status\.json \(HTTP 302\)$/);
});

scenario("askHttp() says whether a token is missing or wrong, and not which one was sent", ["network"], async () => {
  const refusing = saying("HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\nno");
  assertMatch(await reasonOf(refusing), / asks for a token; name the file that has it by --http-token-file$/);
  assertMatch(await reasonOf(refusing, "secret"), / has another token than the file of --http-token-file$/);
});

scenario("askHttp() waits for 5 s and not longer", ["network", "long run"], async () => {
  const begin = performance.now();
  assertMatch(await reasonOf(() => Promise.resolve()), /^Cannot ask the queue at ".*": no answer within 5 s$/);
  assertGreaterOrEqual(performance.now() - begin, 4000);
});
