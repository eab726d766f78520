import { assert, assertEquals, assertRejects } from "@std/assert";
import { denoDial } from "../../../lib/queue/link/connections.ts";
import { NatsTransport } from "../../../lib/queue/link/nats_transport.ts";
import type { Server } from "@nats-io/nats-core";
import { FakeNats, greet } from "../../harness/fake_nats.ts";
import { scenario } from "../../harness/scenario.ts";

function serverAt(port: number): Server {
  const state = { reconnects: 0, lastConnect: 0, gossiped: false, didConnect: false };
  return { hostname: "127.0.0.1", port, listen: `127.0.0.1:${port}`, src: "", tlsName: "", ...state };
}

function transport(needsTls = false): NatsTransport {
  return new NatsTransport({
    version: "1",
    needsTls: () => needsTls,
    dial: denoDial(undefined),
    hasCertificate: false,
  });
}

/** A transport that has connected, and the server's side. */
async function connected(nats: FakeNats) {
  const client = transport();
  const connecting = client.connect(serverAt(nats.port), {});
  const server = await nats.accept();
  await server.write(greet());
  await connecting;
  return { client, server };
}

scenario(
  "NatsTransport reads a greeting that comes in pieces, and passes on what comes and goes",
  ["network"],
  async () => {
    using nats = new FakeNats();
    const client = transport();
    const connecting = client.connect(serverAt(nats.port), {});
    const server = await nats.accept();
    const greeting = greet();
    await server.write(greeting.slice(0, 20));
    await server.write(greeting.slice(20));
    await connecting;
    assertEquals(client.isEncrypted(), false);
    let received = "";
    const reading = (async () => {
      for await (const bytes of client) received += new TextDecoder().decode(bytes);
    })();
    const encoder = new TextEncoder();
    for (let i = 0; i < 20; i++) client.send(encoder.encode(`PUB subject.${i} 100000\r\n${"x".repeat(100_000)}\r\n`));
    for (let i = 0; i < 20; i++) assertEquals((await server.next("PUB")).words[0], `subject.${i}`);
    // What was sent before is written before it is closed.
    client.send(encoder.encode("PUB last 0\r\n\r\n"));
    await client.close();
    await server.next("PUB", ({ words }) => words[0] === "last");
    await server.over();
    await reading;
    assert(received.startsWith("INFO {") && client.isClosed, received);
  },
);

scenario("NatsTransport says why a server is not a NATS server", ["network"], async () => {
  const refuses = async (needsTls: boolean, said: string, why: string) => {
    using nats = new FakeNats();
    const connecting = transport(needsTls).connect(serverAt(nats.port), {});
    const refused = assertRejects(() => connecting, Error, why);
    const server = await nats.accept();
    await server.write(said);
    if (said === "") server.close();
    await refused;
  };
  await refuses(false, "", "the server closed the connection");
  await refuses(false, "HTTP/1.1 400 Bad Request\r\n", "the server does not speak NATS");
  await refuses(true, greet(), "the server does not speak TLS");
  await refuses(true, greet({ tls_available: true, tls_verify: true }), "name one with --nats-cert and --nats-key");
});

scenario("NatsTransport ends when the server does, and when it is given up", ["network"], async () => {
  using nats = new FakeNats();
  const { client, server } = await connected(nats);
  const reading = (async () => {
    for await (const _ of client);
  })();
  server.close();
  await reading;
  assertEquals([await client.closed(), client.isClosed], [undefined, true]);
  const given = transport();
  // The server says nothing.
  const hanging = assertRejects(() => given.connect(serverAt(nats.port), {}), Error);
  const silent = await nats.accept();
  given.discard();
  await hanging;
  await silent.over();
});

scenario("NatsTransport ends when the client reads no further, since it does not understand what comes", [
  "network",
], async () => {
  using nats = new FakeNats();
  const { client, server } = await connected(nats);
  await server.write("nonsense\r\n");
  for await (const bytes of client) if (new TextDecoder().decode(bytes).includes("nonsense")) break;
  await server.over();
  assertEquals(client.isClosed, true);
});
