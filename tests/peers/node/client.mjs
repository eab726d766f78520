// A REQ client on Node's zeromq: client.mjs ENDPOINT COUNT [KEY-FILE]. Sends numbers, and prints one JSON line a reply.
import process from "node:process";
import { Request } from "zeromq";
import { keyOptions } from "./keys.mjs";
import { report } from "./report.mjs";

const [endpoint, count, keyFile] = process.argv.slice(2);
const client = new Request(keyOptions(keyFile));
client.connect(endpoint);
for (let sequence = 1; sequence <= Number(count); sequence++) {
  await client.send(`${sequence}`);
  const [reply] = await client.receive();
  report("reply", { sequence: Number(reply) });
}
client.close();
