/** Attacks on the queue's HTTP side do no harm to clients: connections, descriptors and memory are bounded. */

import { assertEquals } from "@std/assert";
import { MAX_CONNECTIONS } from "../../lib/http/server.ts";
import { residentMiB } from "../faults/memory.ts";
import { Peers } from "../harness/peers.ts";
import { startQueue } from "../harness/programs.ts";
import { scenario } from "../harness/scenario.ts";

const NEEDS = ["programs", "ffi", "network", "proc"] as const;
/** Connections at a time. */
const ATTACKERS = 200;
const PIECE = new TextEncoder().encode("x".repeat(64 * 1024));

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
    Array.from({ length: ATTACKERS / 4 }, () => attackWith(attack))
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

  /** Connects again and again, until it is over. */
  async function attackWith(attack: (conn: Deno.Conn) => Promise<void>): Promise<void> {
    while (!isOver) {
      using conn = await Deno.connect({ port });
      // The queue ends the connection, which is an error or an end.
      await attack(conn).catch(() => {});
    }
  }
});

type Client = ReturnType<Peers["req"]>;

async function ask(client: Client): Promise<void> {
  client.send("hello");
  assertEquals(await client.receiveText(), ["hello"]);
}

/** Takes a place and says nothing, for a moment. */
async function idle(conn: Deno.Conn): Promise<void> {
  const timer = setTimeout(() => conn.closeWrite().catch(() => {}), 20);
  await conn.read(new Uint8Array(1));
  clearTimeout(timer);
}

async function halfHead(conn: Deno.Conn): Promise<void> {
  await conn.write(new TextEncoder().encode("GET /status.json HTTP/1.1\r\nHost: "));
  await idle(conn);
}

async function endlessHead(conn: Deno.Conn): Promise<void> {
  await conn.write(new TextEncoder().encode("GET / HTTP/1.1\r\nX: "));
  for (;;) await conn.write(PIECE);
}

async function largeBody(conn: Deno.Conn): Promise<void> {
  await conn.write(new TextEncoder().encode("POST /pause HTTP/1.1\r\nContent-Length: 100000000\r\n\r\n"));
  for (;;) await conn.write(PIECE);
}

function countDescriptors(pid: number): number {
  // Deno itself reads /proc only with all permissions.
  const { stdout } = new Deno.Command("ls", { args: [`/proc/${pid}/fd`] }).outputSync();
  return new TextDecoder().decode(stdout).trim().split("\n").length;
}
