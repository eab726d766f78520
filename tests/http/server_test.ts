import { assertEquals, assertRejects } from "@std/assert";
import { compareVersions } from "../../lib/cli/deno_version.ts";
import { parseHttpAddress } from "../../lib/http/address.ts";
import { HttpListenError, HttpServer, MAX_CONNECTIONS } from "../../lib/http/server.ts";
import { Folder } from "../harness/folder.ts";
import { scenario } from "../harness/scenario.ts";

const LOOPBACK = "127.0.0.1:0";

async function listen(
  ...addresses: readonly string[]
): Promise<{ readonly server: HttpServer; readonly port: number }> {
  const server = await HttpServer.listen(addresses.map(parseHttpAddress));
  server.serve(({ method, path }, peer) =>
    Promise.resolve({ status: 200, type: "text/plain", body: `${method} ${path} ${peer.address}` })
  );
  const [first] = server.addresses;
  return { server, port: first?.kind === "tcp" ? first.port : 0 };
}

async function readAll(conn: Deno.Conn): Promise<string> {
  return await new Response(conn.readable).text().catch(() => "");
}

async function send(conn: Deno.Conn, text: string): Promise<void> {
  await conn.write(new TextEncoder().encode(text));
}

scenario(
  "HttpServer answers on TCP and on a unix socket, which only its owner and group may use",
  ["files", "network"],
  async () => {
    using folder = new Folder();
    const path = `${folder.path}/http.sock`;
    const { server, port } = await listen(LOOPBACK, `unix:${path}`);
    const response = await fetch(`http://127.0.0.1:${port}/a?b`);
    assertEquals([response.status, await response.text()], [200, "GET /a 127.0.0.1"]);
    const conn = await Deno.connect({ transport: "unix", path });
    await send(conn, "GET /c HTTP/1.1\r\n\r\n");
    assertEquals((await readAll(conn)).endsWith("GET /c unix"), true);
    assertEquals((await Deno.stat(path)).mode! & 0o777, 0o660);
    // Both wait until the socket is removed.
    void server.close();
    await server.close();
    await assertRejects(() => Deno.stat(path), Deno.errors.NotFound);
  },
);

scenario("HttpServer.listen() says what is wrong when the address is taken", ["files", "network"], async () => {
  using folder = new Folder();
  const path = `${folder.path}/http.sock`;
  const { server, port } = await listen(LOOPBACK, `unix:${path}`);
  await assertRejects(() => listen(`127.0.0.1:${port}`), HttpListenError, "the port is taken");
  await assertRejects(() => listen(`unix:${path}`), HttpListenError, "another process listens there");
  await server.close();
  await Deno.writeTextFile(path, "");
  await assertRejects(() => listen(`unix:${path}`), HttpListenError, "not a socket");
});

scenario("HttpServer.listen() replaces the socket of a process that was killed", ["files", "network"], async () => {
  using folder = new Folder();
  const path = `${folder.path}/http.sock`;
  Deno.listen({ transport: "unix", path }).close();
  const { server } = await listen(`unix:${path}`);
  await server.close();
});

scenario("HttpServer closes requests that do not come within 5 s", ["files", "network", "long run"], async () => {
  const { server, port } = await listen(LOOPBACK);
  const begin = performance.now();
  const conn = await Deno.connect({ port });
  await send(conn, "GET / HTTP/1.1\r\nHost: ");
  assertEquals(await readAll(conn), "");
  const tookMs = performance.now() - begin;
  assertEquals(tookMs > 4000 && tookMs < 15_000, true, `${tookMs} ms`);
  await server.close();
});

scenario("HttpServer keeps at most 64 connections, and idle ones do not keep out those that send a request", [
  "files",
  "network",
], async () => {
  const { server, port } = await listen(LOOPBACK);
  const idle = await Promise.all(Array.from({ length: 300 }, () => Deno.connect({ port })));
  const response = await fetch(`http://127.0.0.1:${port}/`);
  assertEquals([response.status, await response.text()], [200, "GET / 127.0.0.1"]);
  const ends = idle.map((conn) => readAll(conn));
  let ended = 0;
  for (const end of ends) void end.then(() => ended++);
  // All but the last ones, and one that gave way to the request.
  while (ended < 300 - MAX_CONNECTIONS) await new Promise((resolve) => setTimeout(resolve, 5));
  await server.close();
  await Promise.all(ends);
});

/** The first version of Deno that ends a pending write when the connection is closed. */
const ENDS_WRITES = "2.9.5";

/**
 * Opens as many connections as the server accepts, and sends a request on each. They use a unix socket, whose buffer is
 * smaller than a large response.
 */
async function fill(path: string, request: string): Promise<Deno.Conn[]> {
  const connecting = Array.from({ length: MAX_CONNECTIONS }, () => Deno.connect({ transport: "unix", path }));
  const conns = await Promise.all(connecting);
  for (const conn of conns) await send(conn, request);
  return conns;
}

scenario(
  "HttpServer answers even when all its connections hold back the rest of a body",
  ["files", "network"],
  async () => {
    using folder = new Folder();
    const path = `${folder.path}/http.sock`;
    const { server, port } = await listen(LOOPBACK, `unix:${path}`);
    const conns = await fill(path, "POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\n1");
    // As a health check, which has an address of its own.
    const response = await fetch(`http://127.0.0.1:${port}/`);
    assertEquals(await response.text(), "GET / 127.0.0.1");
    for (const conn of conns) conn.close();
    await server.close();
  },
);

scenario("HttpServer answers even when all its connections read no response, if Deno can end them", [
  "files",
  "network",
], async () => {
  using folder = new Folder();
  const path = `${folder.path}/http.sock`;
  const { server, port } = await listen(LOOPBACK, `unix:${path}`);
  const answering = Promise.withResolvers<void>();
  let large = 0;
  server.serve(({ path }) => {
    if (path === "/large" && ++large === MAX_CONNECTIONS) answering.resolve();
    const body = path === "/large" ? "x".repeat(1024 ** 2) : "small";
    return Promise.resolve({ status: 200, type: "text/plain", body });
  });
  const conns = await fill(path, "GET /large HTTP/1.1\r\n\r\n");
  await answering.promise;
  const newcomer = fetch(`http://127.0.0.1:${port}/`).then((response) => response.text());
  if (compareVersions(Deno.version.deno, ENDS_WRITES) >= 0) assertEquals(await newcomer, "small");
  else await assertRejects(() => newcomer, Error);
  for (const conn of conns) conn.close();
  await server.close();
});

scenario("HttpServer refuses a large body without reading it, and says so", ["files", "network"], async () => {
  const { server, port } = await listen(LOOPBACK);
  const conn = await Deno.connect({ port });
  await send(conn, "POST / HTTP/1.1\r\nContent-Length: 100000000\r\n\r\n");
  assertEquals((await readAll(conn)).startsWith("HTTP/1.1 413 Content Too Large\r\n"), true);
  await server.close();
});
