/** Attacks on the queue's HTTP side do no harm to clients: connections, descriptors and memory are bounded. */

import { assertEquals } from "@std/assert";
import { MAX_CONNECTIONS } from "../../lib/http/server.ts";
import { residentMiB } from "../faults/memory.ts";
import { attackAgain, endlessHead, halfHead, idle, largeBody } from "../harness/http_attacks.ts";
import { Peers } from "../harness/peers.ts";
import { startQueue } from "../harness/programs.ts";
import { scenario } from "../harness/scenario.ts";

const NEEDS = ["programs", "ffi", "network", "proc"] as const;
/** Connections at a time. */
const ATTACKERS = 200;

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
