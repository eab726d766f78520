import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import fc from "fast-check";
import type { Frames } from "../lib/lru.ts";
import { decodeFrames, encodeFrames, frameValue, parseJson } from "../lib/frame_json.ts";

const utf8 = (text: string) => new TextEncoder().encode(text);
const textOf = (frames: Frames, end?: "\n") => new TextDecoder().decode(encodeFrames(frames, end));

Deno.test("encodeFrames() writes UTF-8 as strings and everything else as base64", () => {
  const frames = [utf8("héllo\n"), new Uint8Array(0), new Uint8Array([0xff, 0]), utf8("\ufeffx"), new Uint8Array([0])];
  assertEquals(textOf(frames), String.raw`["h\u00e9llo\n","",{"base64":"/wA="},"\ufeffx","\u0000"]`);
  assertEquals(textOf([]), "[]");
  assertEquals(textOf([utf8("a")], "\n"), '["a"]\n');
  assertEquals(textOf([utf8("é\u{1f600}")], "\n"), String.raw`["\u00e9\ud83d\ude00"]` + "\n");
});

Deno.test("encodeFrames() writes base64 for what UTF-8 forbids", () => {
  // Overlong, half a surrogate pair, beyond Unicode, a character cut short.
  for (const bytes of [[0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xe2, 0x82]]) {
    const frames = [new Uint8Array(bytes)];
    assertEquals(Object.keys(JSON.parse(textOf(frames))[0]), ["base64"]);
    assertEquals(decodeFrames(JSON.parse(textOf(frames))), frames);
  }
});

Deno.test("decodeFrames() returns what encodeFrames() was given, whatever the bytes", () => {
  const bytes = fc.oneof(fc.uint8Array({ maxLength: 64 }), fc.string({ unit: "binary" }).map(utf8));
  fc.assert(fc.property(fc.array(bytes, { maxLength: 5 }), (frames) => {
    const copies = frames.map((frame) => new Uint8Array(frame));
    assertEquals(decodeFrames(parseJson(encodeFrames(copies))), copies);
  }));
});

Deno.test("encodeFrames() writes nothing but printable ASCII, and the line's end", () => {
  const text = fc.string({ unit: "binary", maxLength: 64 });
  fc.assert(fc.property(fc.array(text, { maxLength: 5 }), (texts) => {
    assertMatch(textOf(texts.map(utf8), "\n"), /^[ -~]*\n$/);
  }));
});

Deno.test("decodeFrames() also accepts base64 for frames that are UTF-8", () => {
  assertEquals(decodeFrames([{ base64: "aGk=" }, "hi", { base64: "" }]), [utf8("hi"), utf8("hi"), utf8("")]);
});

Deno.test("decodeFrames() throws an error with a sentence when the value is not a list of frames", () => {
  const cases: [unknown, string][] = [
    [{}, "frames must be an array, not an object"],
    ["a", "frames must be an array, not a string"],
    [null, "frames must be an array, not null"],
    [["a", 1], 'frame 1 must be a string or {"base64": "..."}, not a number'],
    [[null], 'frame 0 must be a string or {"base64": "..."}, not null'],
    [[["a"]], 'frame 0 must be a string or {"base64": "..."}, not an array'],
    [[{}], 'frame 0 must be a string or {"base64": "..."}, not an object'],
    [[{ base64: "", more: 1 }], 'frame 0 must be a string or {"base64": "..."}, not an object'],
    [[{ base64: 1 }], 'frame 0 must be a string or {"base64": "..."}, not an object'],
    [["", { base64: "a?" }], "frame 1 is not valid base64"],
    [[{ base64: "aGk" }, "\ud800"], "frame 1 has half a surrogate pair, which UTF-8 cannot have"],
  ];
  for (const [value, message] of cases) {
    assertEquals(assertThrows(() => decodeFrames(value), TypeError).message, message);
  }
});

Deno.test("parseJson() throws when the bytes are not JSON", () => {
  for (const bytes of [utf8(""), utf8("a"), utf8("[]]"), new Uint8Array([0x22, 0xff, 0x22]), utf8("\ufeff[]")]) {
    assertThrows(() => parseJson(bytes), SyntaxError);
  }
});

Deno.test("frameValue() is the text of a frame that is UTF-8, and base64 of any other", () => {
  assertEquals(frameValue(new TextEncoder().encode("é\n")), "é\n");
  assertEquals(frameValue(new Uint8Array([0, 0xff])), { base64: "AP8=" });
});
