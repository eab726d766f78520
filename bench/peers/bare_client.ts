/**
 * The least that a client on Deno takes: the loop of `python_client.py` over one REQ, without our client and its way of
 * waiting. `bare_client.ts FRONTEND`: each line of standard input is a request, and its reply is printed.
 *
 * @module
 */

import { concatenate } from "../../lib/lru.ts";
import { splitLines } from "../../lib/client/split_lines.ts";
import { inputChunks } from "../../lib/client/standard_input.ts";
import { writeOutput } from "../../lib/standard_output.ts";
import { SocketType } from "../../lib/zmq/constants.ts";
import { loadLibrary } from "../../lib/zmq/library.ts";
import { BlockingPoll } from "../../lib/zmq/poll.ts";
import { Context } from "../../lib/zmq/context.ts";
import type { Socket } from "../../lib/zmq/socket.ts";

const LINE_FEED = Uint8Array.of(10);

function ask(socket: Socket, poll: BlockingPoll, body: Uint8Array<ArrayBuffer>): void {
  socket.send([body]);
  let reply;
  do {
    poll.wait(-1);
    reply = socket.receive()?.[0];
  } while (reply === undefined);
  writeOutput(concatenate([reply, LINE_FEED]));
}

const library = await loadLibrary();
using context = Context.open(library);
using socket = context.socket(SocketType.REQ, 0);
socket.connect(Deno.args[0]!);
const poll = new BlockingPoll(library, [socket.fd]);
for await (const lines of splitLines(inputChunks(), Infinity)) for (const line of lines) ask(socket, poll, line);
