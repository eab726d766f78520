/** Attacks on the queue's HTTP side do no harm to clients: connections, descriptors and memory are bounded. */

import { assertEquals } from "@std/assert";
import { MAX_CONNECTIONS } from "../../lib/http/server.ts";
import { residentMiB } from "../faults/memory.ts";
import { within } from "../harness/deadline.ts";
import { attackAgain, endlessHead, halfHead, idle, largeBody } from "../harness/http_attacks.ts";
import { Peers } from "../harness/peers.ts";
import { startQueue } from "../harness/programs.ts";
import { scenario } from "../harness/scenario.ts";

const NEEDS = ["programs", "ffi", "network", "proc"] as const;
/** Connections at a time: more than may be open. */
const ATTACKERS = 100;
/** Connections that stand still, or nearly. */
const STANDING = 1000;
/** How often a slow request goes on. */
const SLOW_MS = 500;

scenario("a queue whose HTTP side is attacked answers its clients, and stays within its bounds", NEEDS, async () => {
  await using queue = await startQueue(["--http", "127.0.0.1:0"]);
  const [http] = (await queue.event("listening")).http as string[];
  const port = Number(http!.split(":").at(-1));
  await using peers = await Peers.open();
  peers.echoWorker(queue.backend);
  const client = peers.req({ connect: queue.frontend });
  await ask(client);
  const before = { descriptors: countDescriptors(queue.pid), miB: residentMiB(queue.pid) };
  let mostDescriptors = 0;
  let isOver = false;
  const attacks = [idle, halfHead, endlessHead, largeBody].flatMap((attack) =>
    Array.from({ length: ATTACKERS / 4 }, () => attackAgain(port, attack, () => isOver))
  );
  for (let n = 0; n < 300; n++) {
    await ask(client);
    if (n % 10 === 0) mostDescriptors = Math.max(mostDescriptors, countDescriptors(queue.pid));
  }
  isOver = true;
  await Promise.all(attacks);
  // Somebody who comes after them is answered.
  assertEquals(await (await fetch(`http://${http}/alive`)).text(), "ok\n");
  const more = mostDescriptors - before.descriptors;
  // One that is about to be closed is open beside those that are counted.
  assertEquals(more <= MAX_CONNECTIONS + 8, true, `${more} more descriptors`);
  const grownMiB = residentMiB(queue.pid) - before.miB;
  // Under attack a binary grew by 125 MiB within ten seconds, and then no more.
  assertEquals(grownMiB < 256, true, `it has grown by ${grownMiB} MiB`);
});

scenario("a queue answers questions despite 1,000 idle connections and 1,000 slow requests, and ends both", [
  ...NEEDS,
  "long run",
], async () => {
  await using queue = await startQueue(["--http", "127.0.0.1:0"]);
  const [http] = (await queue.event("listening")).http as string[];
  const port = Number(http!.split(":").at(-1));
  const get = async (path: string) => await (await fetch(`http://${http}${path}`)).text();
  await get("/metrics");
  const before = { descriptors: countDescriptors(queue.pid), miB: residentMiB(queue.pid) };
  for (const beginning of ["", "GET /status.json HTTP/1.1\r\nHost: "]) {
    const conns: Deno.Conn[] = [];
    while (conns.length < STANDING) conns.push(await Deno.connect({ port }));
    const begin = performance.now();
    const ends = conns.map((conn) => untilEnd(conn, beginning));
    assertEquals(await get("/alive"), "ok\n");
    assertEquals(JSON.parse(await get("/status.json")).state, "no workers");
    const more = countDescriptors(queue.pid) - before.descriptors;
    assertEquals(more <= MAX_CONNECTIONS + 8, true, `${more} more descriptors`);
    await within(Promise.all(ends), () => "the end of all of them");
    // Each has 5 s.
    const tookMs = performance.now() - begin;
    assertEquals(tookMs < 15_000, true, `the last one ended after ${tookMs} ms`);
  }
  const grownMiB = residentMiB(queue.pid) - before.miB;
  assertEquals(grownMiB < 256, true, `it has grown by ${grownMiB} MiB`);
});

scenario("a queue reads almost nothing of a body of 100 MB, whether its length is declared or not", NEEDS, async () => {
  await using queue = await startQueue(["--http", "127.0.0.1:0", "--http-actions"]);
  const [http] = (await queue.event("listening")).http as string[];
  const port = Number(http!.split(":").at(-1));
  const piece = new TextEncoder().encode("x".repeat(64 * 1024));
  const heads = ["Content-Length: 100000000", "Transfer-Encoding: chunked"];
  for (const head of heads) {
    using conn = await Deno.connect({ port });
    const send = async (text: string) => await conn.write(new TextEncoder().encode(text));
    await send(`POST /pause HTTP/1.1\r\nHost: localhost\r\n${head}\r\n\r\n`);
    if (head.startsWith("Transfer")) await send(`${(100_000_000).toString(16)}\r\n`);
    let sent = 0;
    try {
      while (sent < 100_000_000) sent += await conn.write(piece);
    } catch {
      // The queue has ended the connection.
    }
    // What the system keeps for a connection is less than this.
    assertEquals(sent < 50_000_000, true, `${sent} bytes were taken`);
    assertEquals(await (await fetch(`http://${http}/alive`)).text(), "ok\n");
  }
});

/** Waits until the queue ends a connection; something is sent again and again if it has a beginning. */
async function untilEnd(conn: Deno.Conn, beginning: string): Promise<void> {
  using _ = conn;
  let timer: ReturnType<typeof setInterval> | undefined;
  try {
    if (beginning !== "") {
      await conn.write(new TextEncoder().encode(beginning));
      timer = setInterval(() => void conn.write(new Uint8Array([0x61])).catch(() => {}), SLOW_MS);
    }
    while (await conn.read(new Uint8Array(1)) !== null);
  } catch {
    // It was reset.
  } finally {
    clearInterval(timer);
  }
}

type Client = ReturnType<Peers["req"]>;

async function ask(client: Client): Promise<void> {
  client.send("hello");
  assertEquals(await client.receiveText(), ["hello"]);
}

function countDescriptors(pid: number): number {
  // Deno itself reads /proc only with all permissions.
  const { stdout } = new Deno.Command("ls", { args: [`/proc/${pid}/fd`] }).outputSync();
  return new TextDecoder().decode(stdout).trim().split("\n").length;
}
