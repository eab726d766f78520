import { assertEquals } from "@std/assert";
import { formatZapReply, parseZapRequest } from "../../lib/access/zap.ts";

const text = (value: string) => new TextEncoder().encode(value);
const KEY = new Uint8Array(32).fill(7);
const ENVELOPE = [new Uint8Array([0, 1, 2, 3, 4]), text("")];
const REQUEST = [...ENVELOPE, ...["1.0", "42", "backend", "192.0.2.7", "", "CURVE"].map(text), KEY];

Deno.test("parseZapRequest() reads a request of libzmq", () => {
  assertEquals(parseZapRequest(REQUEST), {
    envelope: ENVELOPE,
    requestId: text("42"),
    domain: "backend",
    address: "192.0.2.7",
    mechanism: "CURVE",
    key: KEY,
  });
  const plain = [...ENVELOPE, ...["1.0", "42", "frontend", "::1", "", "PLAIN", "user", "password"].map(text)];
  assertEquals(parseZapRequest(plain)?.key, undefined);
});

Deno.test("parseZapRequest() is undefined when the message is not a request of version 1.0", () => {
  assertEquals(parseZapRequest([]), undefined);
  assertEquals(parseZapRequest([text("1.0"), text("42")]), undefined);
  assertEquals(parseZapRequest([text(""), text("2.0"), ...REQUEST.slice(3)]), undefined);
  assertEquals(parseZapRequest(REQUEST.slice(0, 6)), undefined);
});

Deno.test("formatZapReply() refuses with 300, after which libzmq's peers try again", () => {
  const reply = formatZapReply(parseZapRequest(REQUEST)!, { permitted: false });
  assertEquals(reply, [...ENVELOPE, ...["1.0", "42", "300", "not permitted", "", ""].map(text)]);
});

Deno.test("formatZapReply() carries the user's name and the identity", () => {
  const request = parseZapRequest(REQUEST)!;
  assertEquals(
    formatZapReply(request, { permitted: true, userId: "thumb1" }).slice(4).map((f) => new TextDecoder().decode(f)),
    [
      "200",
      "OK",
      "thumb1",
      "",
    ],
  );
  const metadata = formatZapReply(request, { permitted: true, userId: "thumb1", identity: text("ab") }).at(-1);
  assertEquals(metadata, new Uint8Array([8, ...text("Identity"), 0, 0, 0, 2, ...text("ab")]));
});
