import { assertEquals, assertRejects } from "@std/assert";
import {
  BadRequestError,
  type ByteStream,
  MAX_BODY_BYTES,
  readRequest,
  writeResponse,
} from "../../lib/http/request.ts";

/** A connection from which pieces of text come, and which notes what is written: at most 7 bytes at a time. */
class Script implements ByteStream {
  readonly pieces: string[];
  written = "";

  constructor(...pieces: readonly string[]) {
    this.pieces = [...pieces];
  }

  read(target: Uint8Array<ArrayBuffer>): Promise<number | null> {
    const piece = this.pieces.shift();
    if (piece === undefined) return Promise.resolve(null);
    const { read, written } = new TextEncoder().encodeInto(piece, target);
    if (read < piece.length) this.pieces.unshift(piece.slice(read));
    return Promise.resolve(written);
  }

  write(bytes: Uint8Array): Promise<number> {
    const part = bytes.subarray(0, 7);
    this.written += new TextDecoder().decode(part);
    return Promise.resolve(part.length);
  }
}

async function refusalOf(script: Script): Promise<number> {
  const error = await assertRejects(() => readRequest(script), BadRequestError);
  return error.status;
}

Deno.test("readRequest() reads method, path, headers and body, however they are cut", async () => {
  const text = "POST /pause?x=1 HTTP/1.1\r\nHost: a\r\nX-One: 1\r\nContent-Length: 4\r\n\r\nbody";
  for (const pieces of [[text], [...text]]) {
    const request = await readRequest(new Script(...pieces));
    assertEquals([request?.method, request?.path], ["POST", "/pause"]);
    assertEquals([request?.headers.get("x-one"), new TextDecoder().decode(request?.body)], ["1", "body"]);
  }
});

Deno.test("readRequest() is undefined when the connection ends before its request has come", async () => {
  assertEquals(await readRequest(new Script()), undefined);
  assertEquals(await readRequest(new Script("GET / HTTP/1.1\r\nHost: a")), undefined);
});

Deno.test("readRequest() refuses what is not HTTP", async () => {
  assertEquals(await refusalOf(new Script("\x16\x03\x01\x00\xa5\x01\r\n\r\n")), 400);
  assertEquals(await refusalOf(new Script("hello\r\n\r\n")), 400);
});

Deno.test("readRequest() refuses endless headers, and a body that is too large without reading it", async () => {
  assertEquals(await refusalOf(new Script(`GET / HTTP/1.1\r\nX: ${"x".repeat(9000)}`, "y".repeat(9000))), 431);
  const script = new Script(`POST / HTTP/1.1\r\nContent-Length: ${MAX_BODY_BYTES + 1}\r\n\r\n`, "unread");
  assertEquals([await refusalOf(script), script.pieces], [413, ["unread"]]);
  const chunk = `${(3000).toString(16)}\r\n${"x".repeat(3000)}\r\n`;
  const chunked = new Script("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", chunk, chunk, "unread");
  assertEquals([await refusalOf(chunked), chunked.pieces], [413, ["unread"]]);
});

Deno.test("writeResponse() writes all of it, also in small parts, and no body for HEAD", async () => {
  const response = { status: 200, type: "text/plain", body: "grüße" };
  const [get, head] = [new Script(), new Script()];
  await writeResponse(get, response, false);
  await writeResponse(head, response, true);
  assertEquals(get.written, `${head.written}grüße`);
  assertEquals(head.written.startsWith("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 7\r\n"), true);
  assertEquals(head.written.includes("Connection: close\r\n"), true);
});
