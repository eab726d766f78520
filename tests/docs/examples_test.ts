/** The workers in `examples/`, with a queue. */

import { assertEquals, assertLess } from "@std/assert";
// @ts-types="../../examples/jimp.d.ts"
import { Jimp } from "jimp";
import { classify } from "../../examples/classify.ts";
import { thumbnail } from "../../examples/thumbnail.ts";
import { ROOT } from "../harness/capabilities.ts";
import { framesOf, textsOf } from "../harness/jobs.ts";
import { Peers } from "../harness/peers.ts";
import { Program } from "../harness/program.ts";
import { taskFlags } from "../../tools/task_flags.ts";
import { type QueueProgram, startQueue } from "../harness/programs.ts";
import { scenario } from "../harness/scenario.ts";

const NEEDS = ["programs", "ffi"] as const;

/** Starts an example from source, for a queue that its argument or its variable names. */
function startExample(file: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): Program {
  return new Program(Deno.execPath(), {
    args: ["run", "--allow-ffi", "--allow-env", "--no-prompt", `examples/${file}`, ...args],
    env: { ...Deno.env.toObject(), ...env },
    cwd: ROOT,
  });
}

/** Sends requests one after another, once the worker is there. */
async function ask(queue: QueueProgram, worker: Program, requests: readonly Uint8Array<ArrayBuffer>[]) {
  await worker.event("worker ready");
  await using peers = await Peers.open();
  await using client = peers.req({ connect: queue.frontend });
  const replies: Uint8Array<ArrayBuffer>[] = [];
  for (const request of requests) {
    client.send(request);
    replies.push(...await client.receive());
  }
  return replies;
}

async function pngOf(width: number, height: number): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await new Jimp({ width, height, color: 0xff8000ff }).getBuffer("image/png"));
}

scenario("examples/thumbnail.ts answers an image with a small JPEG", NEEDS, async () => {
  await using queue = await startQueue();
  await using worker = startExample("thumbnail.ts", [queue.backend]);
  const images = [await pngOf(1024, 512), await pngOf(100, 50)];
  const sizes: unknown[] = [];
  for (const reply of await ask(queue, worker, images)) {
    const { mime, width, height } = await Jimp.read(reply.buffer);
    sizes.push([mime, width, height]);
  }
  assertEquals(sizes, [["image/jpeg", 256, 128], ["image/jpeg", 100, 50]]);
  worker.kill("SIGTERM");
  assertEquals((await worker.exit).code, 0);
});

Deno.test("examples/thumbnail.ts answers anything but an image with a text that says so", async () => {
  for (const request of [framesOf("no image"), []]) {
    const [reply, ...more] = textsOf(await thumbnail(request));
    assertEquals([reply!.slice(0, 21), more], ["error: not an image: ", []]);
  }
});

scenario("examples/classify.ts answers a text with its category", NEEDS, async () => {
  await using queue = await startQueue();
  await using worker = startExample("classify.ts", [], { SPQ_WORKER_CONNECT: queue.backend });
  const texts = ["where is my parcel", "please refund the invoice", "my password is not accepted"];
  assertEquals(textsOf(await ask(queue, worker, framesOf(...texts))), ["delivery", "billing", "account"]);
  worker.kill("SIGINT");
  assertEquals((await worker.exit).code, 0);
});

Deno.test("examples/classify.ts reads a text of several frames as one", () => {
  assertEquals(textsOf(classify(framesOf("the tracking number", "shows no parcel"))), ["delivery"]);
});

scenario("examples/word_count.sh answers a text with its most frequent words", [...NEEDS, "shell"], async () => {
  await using queue = await startQueue();
  const run = [Deno.execPath(), "run", ...taskFlags("worker"), "worker.ts"].join(" ");
  await using worker = new Program("examples/word_count.sh", {
    args: ["--connect", queue.backend],
    env: { ...Deno.env.toObject(), SPWORKER: run },
    cwd: ROOT,
  });
  const many = Array.from({ length: 1000 }, (_, index) => `word${index}`).join(" ");
  const replies = await ask(queue, worker, framesOf("To be, or not to be:\nthat is Ärger?", "", many));
  const [few, none, ten] = textsOf(replies);
  assertEquals(few, "2 be\n2 to\n1 is\n1 not\n1 or\n1 that\n1 Ärger\n");
  assertEquals(none, "");
  assertEquals(ten!.trimEnd().split("\n").length, 10);
});

scenario("examples have less than 40 lines each", ["files"], async () => {
  for await (const { name } of Deno.readDir(new URL("examples/", ROOT))) {
    if (name.endsWith(".md")) continue;
    const text = await Deno.readTextFile(new URL(`examples/${name}`, ROOT));
    assertLess(text.trimEnd().split("\n").length, 40, name);
  }
});
