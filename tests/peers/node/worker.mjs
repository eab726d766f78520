// A worker as the Guide's, on Node's zeromq: worker.mjs ENDPOINT byte|word [KEY-FILE]. Echoes, and prints one JSON line an event.
import process from "node:process";
import { Request } from "zeromq";
import { keyOptions } from "./keys.mjs";
import { report } from "./report.mjs";

const [endpoint, dialect, keyFile] = process.argv.slice(2);
const worker = new Request(keyOptions(keyFile));
worker.connect(endpoint);
await worker.send({ byte: "\x01", word: "READY" }[dialect]);
report("ready", {});
for (let jobs = 1;; jobs++) {
  const request = await worker.receive();
  await worker.send(request);
  report("job", { number: jobs, frames: request.length });
}
