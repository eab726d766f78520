import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  OutputClosedError,
  OutputError,
  type PartialStream,
  StandardOutput,
  writeOutput,
} from "../lib/standard_output.ts";

/** A stream that takes a few bytes at a time, as a pipe may, and now and then none. */
class SlowStream implements PartialStream {
  readonly bytes: number[] = [];
  #calls = 0;

  writeSync(bytes: Uint8Array): number {
    if (this.#calls++ % 3 === 1) throw new Deno.errors.WouldBlock("Resource temporarily unavailable (os error 11)");
    const part = bytes.subarray(0, 3);
    this.bytes.push(...part);
    return part.length;
  }

  get text(): string {
    return new TextDecoder().decode(Uint8Array.from(this.bytes));
  }
}

/** A stream that fails. */
function failing(error: Error): PartialStream {
  return {
    writeSync: () => {
      throw error;
    },
  };
}

/** As the system says it. */
const DISK_FULL = Object.assign(new Error("No space left on device (os error 28)"), { code: "ENOSPC" });

/** A descriptor that is ready now and then. */
class FickleDescriptor {
  readonly room = 2;
  waits = 0;
  #asked = 0;

  isReady(): boolean {
    return this.#asked++ % 2 === 0;
  }

  ready(): Promise<void> {
    this.waits++;
    return Promise.resolve();
  }
}

Deno.test("writeOutput() writes everything when the stream takes a few bytes at a time, or would block", () => {
  const stream = new SlowStream();
  writeOutput("zwölf Boxkämpfer\n", stream);
  assertEquals(stream.text, "zwölf Boxkämpfer\n");
});

Deno.test("writeOutput() throws OutputClosedError when the reader has gone", () => {
  assertThrows(() => writeOutput("text", failing(new Deno.errors.BrokenPipe())), OutputClosedError);
});

Deno.test("writeOutput() throws OutputError, which names standard output and the reason, when the stream fails", () => {
  assertThrows(
    () => writeOutput("text", failing(DISK_FULL)),
    OutputError,
    "Cannot write to standard output: no space left on device (ENOSPC)",
  );
});

Deno.test("StandardOutput.write() is done at once when the stream is ready", () => {
  const stream = new SlowStream();
  const output = new StandardOutput({
    isReady: () => true,
    ready: () => Promise.reject(new Error("not needed")),
    room: 2,
  }, {
    writeSync: (bytes) => stream.bytes.push(...bytes) && bytes.length,
  });
  assertEquals(output.write("text"), undefined);
  assertEquals(stream.text, "text");
});

Deno.test("StandardOutput.write() waits, and writes everything, when the stream is not ready or would block", async () => {
  const stream = new SlowStream();
  const descriptor = new FickleDescriptor();
  await new StandardOutput(descriptor, stream).write("a text of some length");
  assertEquals(stream.text, "a text of some length");
  assertEquals(descriptor.waits > 0, true);
});

Deno.test("StandardOutput.write() throws or rejects when the stream fails, at once or later", async () => {
  const ready = { isReady: () => true, ready: () => Promise.resolve(), room: 10 };
  assertThrows(() => new StandardOutput(ready, failing(DISK_FULL)).write("text"), OutputError, "ENOSPC");
  assertThrows(
    () => new StandardOutput(ready, failing(new Deno.errors.BrokenPipe())).write("text"),
    OutputClosedError,
  );
  let isFirst = true;
  const later = {
    room: 10,
    isReady: () => !isFirst,
    ready: () => {
      isFirst = false;
      return Promise.resolve();
    },
  };
  await assertRejects(async () => {
    await new StandardOutput(later, failing(DISK_FULL)).write("text");
  }, OutputError);
});
