import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { HEADER_BYTES, MAX_FRAMES, PacketReader, PacketWriter } from "../../../lib/queue/link/payload.ts";

const SENDER = "00000000000000ab";
const OTHER = "ffffffffffffffff";

Deno.test("PacketReader.read() returns what a PacketWriter has written, in however many parts", () => {
  const frames = fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 5 });
  fc.assert(fc.property(fc.string(), frames, fc.integer({ min: 1, max: 400 }), (json, frames, room) => {
    const written = new PacketWriter(SENDER).write(
      { json, frames: frames as Uint8Array<ArrayBuffer>[] },
      HEADER_BYTES + room,
    );
    const reader = new PacketReader(10_000);
    const read = written.map((payload) => reader.read(payload));
    assertEquals(read.slice(0, -1).every((packet) => packet === undefined), true);
    const { json: readJson, frames: readFrames, sender } = read.at(-1)!;
    assertEquals({ sender, json: readJson }, { sender: SENDER, json: json.isWellFormed() ? json : readJson });
    assertEquals(readFrames.map((frame) => [...frame]), frames.map((frame) => [...frame]));
    assertEquals([reader.dropped, reader.unfinishedBytes], [0, 0]);
    assertEquals(written.every(({ length }) => length <= HEADER_BYTES + room), true);
  }));
});

Deno.test("PacketReader.read() survives any input, and keeps no more than its bound", () => {
  const payload = fc.oneof(
    fc.uint8Array({ maxLength: 60 }),
    // As one of ours, with single bytes changed.
    fc.tuple(fc.nat(3), fc.nat(1), fc.nat(2), fc.uint8Array({ maxLength: 40 })).map(([index, more, number, body]) =>
      Uint8Array.from([1, more, 0, 0, 0, 0, 0, 0, 0, 0, 0, number % 2, 0, 0, 0, number, 0, 0, 0, index, ...body])
    ),
  );
  fc.assert(fc.property(fc.array(payload, { maxLength: 40 }), (payloads) => {
    const reader = new PacketReader(100);
    for (const payload of payloads) {
      reader.read(payload as Uint8Array<ArrayBuffer>);
      assertEquals(reader.unfinishedBytes <= 100, true);
    }
  }));
});

Deno.test("PacketReader.read() drops a packet of which a part is missing, and takes the next one", () => {
  const writer = new PacketWriter(SENDER);
  const reader = new PacketReader(10_000);
  const parts = writer.write({ json: "lost", frames: [new Uint8Array(50)] }, HEADER_BYTES + 20);
  for (const [index, part] of parts.entries()) if (index !== 1) assertEquals(reader.read(part), undefined);
  assertEquals([reader.dropped, reader.unfinishedBytes], [parts.length - 2, 0]);
  const whole = writer.write({ json: "next", frames: [] }, 1000);
  assertEquals(reader.read(whole[0]!), { sender: SENDER, json: "next", frames: [] });
});

Deno.test("PacketReader.read() makes room for those who go on, at the cost of those who do not", () => {
  const reader = new PacketReader(100);
  const [begun] = new PacketWriter(OTHER).write({ json: "x", frames: [new Uint8Array(200)] }, HEADER_BYTES + 90);
  reader.read(begun!);
  const parts = new PacketWriter(SENDER).write({ json: "y", frames: [new Uint8Array(70)] }, HEADER_BYTES + 40);
  assertEquals(parts.map((part) => reader.read(part)?.json), [undefined, undefined, "y"].slice(-parts.length));
});

Deno.test("PacketReader.read() drops a packet of more frames than it takes, in one part and in several", () => {
  const writer = new PacketWriter(SENDER);
  const frames = new Array(MAX_FRAMES).fill(new Uint8Array());
  for (const room of [100_000, 1000]) {
    const reader = new PacketReader(100_000);
    const read = (count: number) =>
      writer.write({ json: "{}", frames: [...frames, ...frames].slice(0, count) }, room).map((part) =>
        reader.read(part)
      )
        .at(-1)?.frames.length;
    assertEquals([read(MAX_FRAMES), read(MAX_FRAMES + 1), reader.dropped], [MAX_FRAMES, undefined, 1]);
    assertEquals(reader.unfinishedBytes, 0);
  }
});
