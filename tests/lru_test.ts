import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { LinkedList } from "../lib/linked_list.ts";
import { BYTES_READER, concatenate, isReadySignal, LruQueue, splitEnvelope, splitWorkerMessage } from "../lib/lru.ts";

interface Item {
  readonly name: string;
  list: object | null;
  previous: Item | null;
  next: Item | null;
}

function makeItem(name: string): Item {
  return { name, list: null, previous: null, next: null };
}

/** A frame from text, one character a byte. */
function frame(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text, (char) => char.charCodeAt(0));
}

function message(...texts: string[]): Uint8Array[] {
  return texts.map(frame);
}

const IDENTITY_OF_255_BYTES = "\xff".repeat(255);
const TWO_HUNDRED = Array.from({ length: 200 }, (_, i) => `frame ${i}`);

Deno.test("LruQueue.take() returns the worker that has been idle longest when there are several", () => {
  const idle = new LruQueue<Item>();
  const [a, b, c] = ["a", "b", "c"].map(makeItem) as [Item, Item, Item];
  for (const worker of [b, a, c]) assertEquals(idle.add(worker), true);
  assertEquals(idle.size, 3);
  assertEquals(Array.from(idle, ({ name }) => name), ["b", "a", "c"]);
  assertEquals(idle.take(), b);
  assertEquals(idle.add(b), true);
  assertEquals([idle.take(), idle.take(), idle.take(), idle.take()], [a, c, b, undefined]);
});

Deno.test("LruQueue.add() keeps a worker's place when it is already there", () => {
  const idle = new LruQueue<Item>();
  const [a, b] = ["a", "b"].map(makeItem) as [Item, Item];
  idle.add(a);
  idle.add(b);
  assertEquals(idle.add(a), false);
  assertEquals(Array.from(idle, ({ name }) => name), ["a", "b"]);
});

Deno.test("LruQueue.delete() removes a worker when it is there, and only then", () => {
  const idle = new LruQueue<Item>();
  const [a, b, c] = ["a", "b", "c"].map(makeItem) as [Item, Item, Item];
  for (const worker of [a, b, c]) idle.add(worker);
  assertEquals([idle.has(b), idle.delete(b), idle.has(b), idle.delete(b)], [true, true, false, false]);
  assertEquals(Array.from(idle, ({ name }) => name), ["a", "c"]);
});

Deno.test("LruQueue.add() throws when the worker is in another list", () => {
  const other = new LinkedList<Item>();
  const worker = makeItem("a");
  other.append(worker);
  assertThrows(() => new LruQueue<Item>().add(worker), Error, "it is already in one");
});

Deno.test("LruQueue does what a plain array does when workers come and go at random", () => {
  const step = fc.record({ does: fc.constantFrom("add", "take", "delete", "has"), worker: fc.nat(7) });
  fc.assert(fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
    const workers = Array.from({ length: 8 }, (_, i) => makeItem(`${i}`));
    const idle = new LruQueue<Item>();
    let model: Item[] = [];
    for (const step of steps) {
      const worker = workers[step.worker]!;
      const isThere = model.includes(worker);
      switch (step.does) {
        case "add":
          assertEquals(idle.add(worker), !isThere);
          if (!isThere) model.push(worker);
          break;
        case "take":
          assertEquals(idle.take()?.name, model.shift()?.name);
          break;
        case "delete":
          assertEquals(idle.delete(worker), isThere);
          model = model.filter((other) => other !== worker);
          break;
        default:
          assertEquals(idle.has(worker), isThere);
      }
      assertEquals(idle.size, model.length);
      assertEquals(Array.from(idle, ({ name }) => name), model.map(({ name }) => name));
    }
  }));
});

Deno.test("BYTES_READER reads bytes, each as one character", () => {
  const bytes = Uint8Array.from({ length: 256 }, (_, i) => i);
  assertEquals(BYTES_READER.size(bytes), 256);
  assertEquals(BYTES_READER.byteAt(bytes, 200), 200);
  const text = BYTES_READER.text(bytes);
  assertEquals(text.length, 256);
  assertEquals(frame(text), bytes);
  assertEquals(BYTES_READER.text(frame("")), "");
});

const READY = { kind: "ready" } as const;
const MALFORMED = { kind: "malformed" } as const;
const replyAt = (client: number) => ({ kind: "reply", client }) as const;

const WORKER_MESSAGES: [string, readonly string[], ReturnType<typeof splitWorkerMessage>][] = [
  ["the byte 1 (C, Go, Haxe, Java, Python)", ["", "\x01"], READY],
  ["the word READY (C++, C#, Lua, PHP, Tcl)", ["", "READY"], READY],
  ["the byte 1 behind two empty frames (Haskell)", ["", "", "\x01"], READY],
  ["the word READY behind two empty frames", ["", "", "READY"], READY],
  ["the byte 1 without a delimiter (a DEALER)", ["\x01"], READY],
  ["the word READY without a delimiter", ["READY"], READY],
  ["no frame", [], MALFORMED],
  ["one empty frame", [""], MALFORMED],
  ["two empty frames", ["", ""], MALFORMED],
  ["one frame that is another byte", ["", "\x02"], MALFORMED],
  ["one frame that is the character 1", ["", "1"], MALFORMED],
  ["one frame that is the byte 0", ["", "\0"], MALFORMED],
  ["one frame in lower case", ["", "ready"], MALFORMED],
  ["one frame that begins with READY", ["", "READY\0"], MALFORMED],
  ["one frame that begins with the byte 1", ["", "\x01\x01"], MALFORMED],
  ["one frame of five other bytes", ["", "READ\xd9"], MALFORMED],
  ["one frame of 255 bytes", [IDENTITY_OF_255_BYTES], MALFORMED],
  ["a reply", ["", "client", "", "body"], replyAt(1)],
  ["a reply without a delimiter before it (a DEALER)", ["client", "", "body"], replyAt(0)],
  ["a reply behind two empty frames", ["", "", "client", "", "body"], replyAt(2)],
  ["a reply with an empty body", ["", "client", "", ""], replyAt(1)],
  ["a reply without a body", ["", "client", ""], replyAt(1)],
  ["a reply without a delimiter behind the client", ["", "client", "body"], replyAt(1)],
  ["a reply whose body is READY", ["", "client", "", "READY"], replyAt(1)],
  ["a reply whose body is the byte 1", ["", "client", "", "\x01"], replyAt(1)],
  ["a reply to the client \\x01", ["", "\x01", "", "body"], replyAt(1)],
  ["a reply without a body to the client \\x01", ["", "\x01", ""], replyAt(1)],
  ["a reply to the client READY", ["", "READY", "", "body"], replyAt(1)],
  ["a reply with two delimiters", ["", "client", "", "", "body"], replyAt(1)],
  ["a reply through two hops", ["", "hop", "hop2", "client", "", "body"], replyAt(1)],
  ["a reply to a binary identity", ["", "\0\x80\xff\x01\n", "", "body"], replyAt(1)],
  ["a reply to an identity of 255 bytes", ["", IDENTITY_OF_255_BYTES, "", "body"], replyAt(1)],
  ["a reply of 200 frames", ["", "client", "", ...TWO_HUNDRED], replyAt(1)],
  ["READY twice in one message", ["", "READY", "READY"], replyAt(1)],
];

for (const [name, frames, expected] of WORKER_MESSAGES) {
  Deno.test(`splitWorkerMessage() returns ${expected.kind} when the message is ${name}`, () => {
    assertEquals(splitWorkerMessage(message(...frames), BYTES_READER), expected);
  });
}

Deno.test("isReadySignal() distinguishes READY from every other single byte", () => {
  const signals = Array.from({ length: 256 }, (_, byte) => byte).filter((byte) =>
    isReadySignal(Uint8Array.of(byte), BYTES_READER)
  );
  assertEquals(signals, [1]);
  assertEquals(isReadySignal(frame(""), BYTES_READER), false);
  assertEquals(isReadySignal(frame("READY"), BYTES_READER), true);
});

const ENVELOPES: [string, readonly string[], readonly string[], readonly string[]][] = [
  ["is empty", [], [], []],
  ["has one frame", ["client"], ["client"], []],
  ["has one empty frame", [""], [""], []],
  ["has no delimiter", ["client", "a", "b"], ["client"], ["a", "b"]],
  ["is a request", ["client", "", "body"], ["client", ""], ["body"]],
  ["has two delimiters", ["client", "", "a", "", "b"], ["client", ""], ["a", "", "b"]],
  ["has two delimiters in a row", ["client", "", "", "b"], ["client", ""], ["", "b"]],
  ["begins with the delimiter", ["", "body"], [""], ["body"]],
  ["has an empty body", ["client", "", ""], ["client", ""], [""]],
  ["has no body", ["client", ""], ["client", ""], []],
  ["has a binary identity", ["\0\xff\x80", "", "body"], ["\0\xff\x80", ""], ["body"]],
  ["has the identity \\x01", ["\x01", "", "body"], ["\x01", ""], ["body"]],
  ["came through two hops", ["hop", "hop2", "client", "", "body"], ["hop", "hop2", "client", ""], ["body"]],
  ["is nested behind a REQ", ["hop", "", "client", "", "body"], ["hop", ""], ["client", "", "body"]],
  ["has 200 frames", ["client", "", ...TWO_HUNDRED], ["client", ""], TWO_HUNDRED],
];

for (const [name, frames, envelope, body] of ENVELOPES) {
  Deno.test(`splitEnvelope() returns envelope and body when the message ${name}`, () => {
    const split = splitEnvelope(message(...frames), BYTES_READER);
    assertEquals(split, { envelope: message(...envelope), body: message(...body) });
  });
}

/** Frames as peers send them: often empty, often READY, of any bytes. */
const anyFrame = fc.oneof(
  fc.constantFrom("", "", "\x01", "READY", "client").map(frame),
  fc.uint8Array({ maxLength: 8 }),
);
const anyMessage = fc.array(anyFrame, { maxLength: 12 });

Deno.test("splitEnvelope() loses and copies nothing, whatever the message", () => {
  fc.assert(fc.property(anyMessage, (frames) => {
    const { envelope, body } = splitEnvelope(frames, BYTES_READER);
    const joined = [...envelope, ...body];
    assertEquals(joined.length, frames.length);
    joined.forEach((part, i) => assertEquals(part === frames[i], true));
    // Nothing but the envelope's last frame is a delimiter.
    assertEquals(envelope.slice(0, -1).every((part) => part.length > 0), true);
    if (envelope.length > 1) assertEquals(envelope.at(-1)?.length, 0);
  }));
});

Deno.test("splitEnvelope() finds the envelope again in front of another body", () => {
  fc.assert(fc.property(anyMessage, anyMessage, (frames, reply) => {
    const { envelope } = splitEnvelope([frame("client"), ...frames, frame("")], BYTES_READER);
    assertEquals(splitEnvelope([...envelope, ...reply], BYTES_READER), { envelope, body: reply });
  }));
});

Deno.test("splitWorkerMessage() never mistakes a reply for READY, or READY for a reply, whatever the frames", () => {
  const leading = fc.array(fc.constant(frame("")), { maxLength: 3 });
  const identity = fc.uint8Array({ minLength: 1, maxLength: 255 });
  fc.assert(fc.property(leading, identity, anyMessage, (empty, client, rest) => {
    const expected = { kind: "reply", client: empty.length } as const;
    assertEquals(splitWorkerMessage([...empty, client, frame(""), ...rest], BYTES_READER), expected);
    const alone = splitWorkerMessage([...empty, client], BYTES_READER).kind;
    assertEquals(alone, isReadySignal(client, BYTES_READER) ? "ready" : "malformed");
    assertEquals(splitWorkerMessage(empty, BYTES_READER).kind, "malformed");
  }));
});

Deno.test("concatenate() puts pieces one after the other", () => {
  assertEquals(concatenate([]), new Uint8Array());
  assertEquals(concatenate([frame("a")]), frame("a"));
  assertEquals(concatenate([frame("a"), frame(""), frame("bc")]), frame("abc"));
});
