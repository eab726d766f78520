// A DEALER client on Node's zeromq that pipelines: dealer.mjs ENDPOINT COUNT. Sends all numbers, then prints all replies.
import process from "node:process";
import { Dealer } from "zeromq";
import { report } from "./report.mjs";

const [endpoint, count] = process.argv.slice(2);
const client = new Dealer();
client.connect(endpoint);
for (let sequence = 1; sequence <= Number(count); sequence++) await client.send(["", `${sequence}`]);
const sequences = [];
while (sequences.length < Number(count)) {
  const [, body] = await client.receive();
  sequences.push(Number(body));
}
report("replies", { sequences });
client.close();
