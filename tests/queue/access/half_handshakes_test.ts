import { assert, assertEquals } from "@std/assert";
import { delay } from "../../../lib/delay.ts";
import { countFreeDescriptors } from "../../../lib/zmq/descriptors.ts";
import { loadLibrary } from "../../../lib/zmq/library.ts";
import { assertAnswered, KeyedQueue } from "../../harness/keyed_queue.ts";
import { statisticsWith } from "../../harness/local_queue.ts";
import { WAIT_MS } from "../../harness/deadline.ts";
import { greeting, RawPeer } from "../../harness/raw_peer.ts";
import { scenario } from "../../harness/scenario.ts";

const COUNT = 1000;
/** What an address may have in handshake for long. */
const KEPT = 64;

scenario(
  "queue serves a permitted client while 1,000 half handshakes come from its address, and has all descriptors back",
  ["queue thread", "files", "own process"],
  async () => {
    const { symbols } = await loadLibrary();
    await using queue = await KeyedQueue.start();
    queue.peers.echoWorker(queue.backend, { keys: await queue.keysOf("w") });
    const client = queue.peers.req({ connect: queue.frontend, keys: await queue.keysOf("c") });
    await assertAnswered(client, "before");
    const before = countFreeDescriptors(symbols, Infinity);
    const stack = new DisposableStack();
    const peers: RawPeer[] = [];
    for (let index = 0; index < COUNT; index++) {
      const peer = stack.use(await RawPeer.dial(queue.frontend));
      peers.push(peer);
      // The queue may have closed it already.
      await peer.sendBytes(greeting("CURVE")).catch(() => undefined);
      if (index % 100 === 0) await assertAnswered(client, `during ${index}`);
    }
    await Promise.all(peers.map((peer) => peer.ended()));
    // A slow machine may take longer than a handshake's time to connect them; then the first ones have made room for others.
    const { excessHandshakes } = await queue.queue.statistics();
    assert(excessHandshakes >= COUNT / 2 && excessHandshakes <= COUNT - KEPT, `${excessHandshakes}`);
    await statisticsWith(queue.queue, { failedHandshakes: COUNT - excessHandshakes });
    stack.dispose();
    const deadline = performance.now() + WAIT_MS;
    while (countFreeDescriptors(symbols, Infinity) < before && performance.now() < deadline) await delay(10);
    assertEquals(countFreeDescriptors(symbols, Infinity), before);
    const lines = queue.log.entries.filter(({ event }) => event === "handshake failed");
    const sum = lines.reduce((sum, { fields }) => sum + Number(fields.count ?? 1), 0);
    assert(lines.length <= 3 && sum <= COUNT, JSON.stringify(lines));
    const newcomer = queue.peers.req({ connect: queue.frontend, keys: await queue.keysOf("c") });
    await assertAnswered(newcomer, "after");
    await assertAnswered(client, "after");
  },
);
