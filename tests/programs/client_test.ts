import { assertEquals, assertNotEquals } from "@std/assert";
import { type Peer, Peers } from "../harness/peers.ts";
import { ANY_PORT, startClient } from "../harness/programs.ts";
import { scenario } from "../harness/scenario.ts";

const NEEDS = ["programs", "ffi"] as const;

/** Waits for a request at a frontend that a test plays itself, and asserts its body. */
async function receiveRequest(frontend: Peer, ...body: string[]): Promise<string> {
  const [client, ...frames] = await frontend.receiveText();
  assertEquals(frames, ["", ...body]);
  return client!;
}

scenario("client sends numbers, reports each reply, and ends with 0 after its count", NEEDS, async () => {
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
    { level: "info", event: "connecting", endpoint: [frontend.endpoint] },
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
  scenario(`client reports a reply and does not accept it when it ${what}`, NEEDS, async () => {
    await using peers = await Peers.open();
    const frontend = peers.router({ bind: ANY_PORT });
    await using client = startClient(frontend.endpoint, ["--count", "1", "--timeout", "1s"]);
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
  await using client = startClient(frontend.endpoint, ["--count", "1", "--timeout", "1s"]);
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
  await using client = startClient(frontend.endpoint, ["--count", "0", "--timeout", "500ms", "--retries", "3"]);
  const connections = new Set<string>();
  for (let tries = 1; tries <= 3; tries++) connections.add(await receiveRequest(frontend, "1"));
  const { code, stdout } = await client.exit;
  assertEquals([code, stdout, connections.size, frontend.poll()], [3, "", 3, undefined]);
  const { level, event, reason } = client.lines.at(-1)!;
  assertEquals([level, event], ["error", "request failed"]);
  assertEquals(
    reason,
    `No reply from "${frontend.endpoint}" after 3 tries of 500 ms: ` +
      "connected, but no reply came: there is no worker, the job takes longer, or it fails",
  );
  assertEquals(client.count("no reply, trying again"), 2);
});

scenario("client without a count runs until a signal, on which it ends with 0", NEEDS, async () => {
  await using peers = await Peers.open();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    const frontend = peers.router({ bind: ANY_PORT });
    await using client = startClient(frontend.endpoint, ["--count", "0", "--timeout", "1h"]);
    for (let sequence = 1; sequence <= 50; sequence++) {
      frontend.send(await receiveRequest(frontend, `${sequence}`), "", `${sequence}`);
    }
    await receiveRequest(frontend, "51");
    client.kill(signal);
    const { code, stdout } = await client.exit;
    assertEquals([code, stdout, client.count("reply")], [0, "", 50]);
  }
});
