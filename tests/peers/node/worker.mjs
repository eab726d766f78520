// A worker as the Guide's, on Node's zeromq: worker.mjs ENDPOINT byte|word. Echoes, and prints one JSON line an event.
import process from "node:process";
import { Request } from "zeromq";
import { report } from "./report.mjs";

const [endpoint, dialect] = process.argv.slice(2);
const worker = new Request();
worker.connect(endpoint);
await worker.send({ byte: "\x01", word: "READY" }[dialect]);
report("ready", {});
for (let jobs = 1;; jobs++) {
  const request = await worker.receive();
  await worker.send(request);
  report("job", { number: jobs, frames: request.length });
}
