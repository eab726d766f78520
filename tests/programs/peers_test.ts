import { assertEquals } from "@std/assert";
import { KeyFolder } from "../../lib/queue/commands/key_folder.ts";
import { loadLibrary } from "../../lib/zmq/library.ts";
import { Folder } from "../harness/folder.ts";
import { PEER_LANGUAGES, startForeignPeer } from "../harness/foreign_peers.ts";
import { Peers } from "../harness/peers.ts";
import { ANY_PORT, startClient, startQueue, startWorker } from "../harness/programs.ts";
import { scenario } from "../harness/scenario.ts";

const FAULTLESS = ["--work", "0", "--no-faults"];

for (const language of PEER_LANGUAGES) {
  const { name } = language;

  scenario(`queue serves an unmodified client on ${name}`, ["programs", language.need], async () => {
    await using queue = await startQueue();
    await using worker = startWorker(queue.backend, FAULTLESS);
    await using client = startForeignPeer(language, "client", [queue.frontend, "100"]);
    assertEquals((await client.exit).code, 0);
    assertEquals(client.lines.map(({ sequence }) => sequence), [...Array(100).keys()].map((index) => index + 1));
    await worker.events("job answered", 100);
  });

  for (const dialect of ["byte", "word"]) {
    scenario(`queue uses an unmodified worker on ${name} that sends READY as a ${dialect}`, [
      "programs",
      language.need,
    ], async () => {
      await using queue = await startQueue();
      await using worker = startForeignPeer(language, "worker", [queue.backend, dialect]);
      await worker.event("ready");
      await using client = startClient(queue.frontend, ["--count", "100"]);
      assertEquals((await client.exit).code, 0);
      assertEquals((await client.event("done")).retries, 0);
      // The client's identity, the delimiter, the body.
      assertEquals((await worker.events("job", 100)).at(-1), { event: "job", number: 100, frames: 3 });
    });
  }

  scenario(`queue with keys lets in a client and a worker on ${name}`, [
    "programs",
    "files",
    "ffi",
    language.need,
  ], async () => {
    using folder = new Folder();
    const keys = new KeyFolder(await loadLibrary(), folder.path);
    const workerKey = await keys.add({ name: "w", roles: ["worker"], publicKey: undefined });
    const clientKey = await keys.add({ name: "c", roles: ["client"], publicKey: undefined });
    await using queue = await startQueue(["--keys", folder.path]);
    await using worker = startForeignPeer(language, "worker", [queue.backend, "byte", workerKey!]);
    await using client = startForeignPeer(language, "client", [queue.frontend, "20", clientKey!]);
    assertEquals((await client.exit).code, 0);
    assertEquals(client.count("reply"), 20);
    await worker.events("job", 20);
  });

  scenario(`queue shares a job between workers on ${name} in both dialects and a client on it`, [
    "programs",
    language.need,
  ], async () => {
    await using queue = await startQueue();
    await using byte = startForeignPeer(language, "worker", [queue.backend, "byte"]);
    await using word = startForeignPeer(language, "worker", [queue.backend, "word"]);
    await Promise.all([byte.event("ready"), word.event("ready")]);
    // One after another they take turns, from when both are known.
    await using client = startForeignPeer(language, "client", [queue.frontend, "200"]);
    assertEquals((await client.exit).code, 0);
    await byte.events("job", 50);
    await word.events("job", 50);
    queue.kill();
    await queue.exit;
    assertEquals((await queue.event("ended")).answered, 200);
  });

  scenario(`queue answers in order when a DEALER on ${name} sends many requests ahead`, [
    "programs",
    language.need,
  ], async () => {
    await using queue = await startQueue();
    await using client = startForeignPeer(language, "dealer", [queue.frontend, "500"]);
    await using _worker = startWorker(queue.backend, FAULTLESS);
    assertEquals((await client.exit).code, 0);
    const { sequences } = await client.event("replies");
    assertEquals(sequences, [...Array(500).keys()].map((index) => index + 1));
  });

  scenario(`queue serves a client on ${name} behind another ROUTER and DEALER`, [
    "programs",
    "ffi",
    language.need,
  ], async () => {
    await using queue = await startQueue();
    await using peers = await Peers.open();
    const hopFrontend = peers.router({ bind: ANY_PORT });
    const hopBackend = peers.dealer({ connect: queue.frontend });
    hopFrontend.serve((message) => hopBackend.send(...message));
    hopBackend.serve((message) => hopFrontend.send(...message));
    await using worker = startForeignPeer(language, "worker", [queue.backend, "byte"]);
    await using client = startForeignPeer(language, "client", [hopFrontend.endpoint, "50"]);
    assertEquals((await client.exit).code, 0);
    assertEquals(client.count("reply"), 50);
    // The hop's identity, the client's, the delimiter, the body.
    assertEquals((await worker.event("job", { number: 50 })).frames, 4);
  });
}
