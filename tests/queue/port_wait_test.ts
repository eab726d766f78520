import { assertEquals, assertRejects } from "@std/assert";
import { type AddressState, lookAtAddresses, startWhenFree, WaitEndedError } from "../../lib/queue/port_wait.ts";
import { loadLibrary } from "../../lib/zmq/library.ts";
import { listenOn } from "../../lib/zmq/unix_socket.ts";
import { Folder } from "../harness/folder.ts";
import { scenario } from "../harness/scenario.ts";

/** An error as a port that is taken gives it. */
class TakenError extends Error {
  readonly code = "EADDRINUSE";
}

const FREE: AddressState = { address: "tcp://127.0.0.1:1", state: "free" };
const TAKEN: AddressState = { address: "tcp://127.0.0.1:2", state: "taken" };
const NAMED: AddressState = { address: "tcp://lo:3", state: "unknown" };

/** A queue whose addresses change with each look, and whose starts fail so often. */
function rehearse(looks: readonly (readonly AddressState[])[], fails = 0) {
  const seen: string[] = [];
  let count = 0;
  return {
    seen,
    look: () => {
      seen.push("look");
      return looks[Math.min(count++, looks.length - 1)]!;
    },
    start: () => {
      seen.push("start");
      return seen.filter((what) => what === "start").length <= fails
        ? Promise.reject(new TakenError("It is taken"))
        : Promise.resolve("started");
    },
    onWait: (address: string) => void seen.push(`wait for ${address}`),
  };
}

Deno.test("startWhenFree() binds nothing until all addresses are free, and says once that it waits", async () => {
  const { start, seen, ...wait } = rehearse([[FREE, TAKEN], [TAKEN, TAKEN], [TAKEN, FREE], [FREE, FREE]]);
  assertEquals(await startWhenFree(start, { ...wait, timeoutMs: 60_000 }), "started");
  assertEquals(seen, ["look", `wait for ${TAKEN.address}`, "look", "look", "look", "start"]);
});

Deno.test("startWhenFree() keeps waiting when another queue was faster", async () => {
  const { start, seen, ...wait } = rehearse([[FREE], [TAKEN], [FREE]], 1);
  assertEquals(await startWhenFree(start, { ...wait, timeoutMs: 60_000 }), "started");
  assertEquals(seen, ["look", "start", "look", `wait for ${TAKEN.address}`, "look", "start"]);
});

Deno.test("startWhenFree() tries again where it cannot know whether an address is free", async () => {
  const { start, seen, ...wait } = rehearse([[NAMED]], 2);
  assertEquals(await startWhenFree(start, { ...wait, timeoutMs: 60_000 }), "started");
  assertEquals(seen.filter((what) => what !== "look"), ["start", `wait for ${NAMED.address}`, "start", "start"]);
});

Deno.test("startWhenFree() does not wait for an address that no process will release", async () => {
  const { start, seen, ...wait } = rehearse([[FREE]], 1);
  await assertRejects(() => startWhenFree(start, { ...wait, timeoutMs: 60_000 }), TakenError, "It is taken");
  assertEquals(seen, ["look", "start", "look"]);
  const failing = () => Promise.reject(new Error("There is no such address"));
  await assertRejects(() => startWhenFree(failing, { ...wait, timeoutMs: 60_000 }), Error, "no such address");
});

Deno.test("startWhenFree() names the option without it, and its time when that is over", async () => {
  const { start, seen, ...wait } = rehearse([[TAKEN]], Infinity);
  const without = await assertRejects(() => startWhenFree(start, { ...wait, timeoutMs: 0 }), TakenError);
  assertEquals(without.message, "It is taken; with --wait-for-ports 60s the queue waits until it is free");
  assertEquals(seen, ["start", "look"]);
  const late = await assertRejects(() => startWhenFree(start, { ...wait, timeoutMs: 50 }), TakenError);
  assertEquals(late.message, "It is taken, even after waiting 50ms (--wait-for-ports)");
});

Deno.test("startWhenFree() ends at once when its signal is aborted", async () => {
  const { start, seen, ...wait } = rehearse([[TAKEN]]);
  const ending = new AbortController();
  const onWait = () => queueMicrotask(() => ending.abort());
  await assertRejects(
    () => startWhenFree(start, { ...wait, onWait, timeoutMs: 60_000, signal: ending.signal }),
    WaitEndedError,
    `The queue was ended while it waited until ${TAKEN.address} is free`,
  );
  assertEquals(seen, ["look"]);
});

scenario("lookAtAddresses() checks every address of a queue", ["ffi", "files", "network"], async () => {
  const { symbols } = await loadLibrary();
  using folder = new Folder();
  const [front, back, http] = ["front", "back", "http"].map((name) => folder.file(name));
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  const look = () =>
    lookAtAddresses(symbols, [`tcp://127.0.0.1:${port}`, "tcp://*:*", `ipc://${front}`, `ipc://${back}`], [
      { kind: "unix", path: http! },
      { kind: "tcp", host: "127.0.0.1", port },
      { kind: "tcp", host: "localhost", port },
    ]).map(({ state }) => state);
  assertEquals(look(), ["free", "taken", "unknown", "taken", "free", "free", "free"]);
  const held = [listenOn(symbols, http!, 1, "Cannot listen"), listenOn(symbols, back!, 1, "Cannot listen")];
  assertEquals(look(), ["taken", "taken", "unknown", "taken", "free", "free", "taken"]);
  for (const fd of held) symbols.close(fd);
});
