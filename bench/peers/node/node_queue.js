// The Guide's Simple Pirate queue in Node, over zeromq.js.
//
//     node node_queue.js FRONTEND BACKEND
//     node node_queue.js --version
//
// Binds both endpoints, prints "listening FRONTEND BACKEND" with the real ports. --version prints the versions of Node,
// zeromq.js and libzmq.

import { createRequire } from "node:module";
import process from "node:process";
import { Router, version } from "zeromq";

function isReady(frames) {
  return frames.length === 1 && ["\x01", "READY"].includes(frames[0].toString("latin1"));
}

async function main(frontendEndpoint, backendEndpoint) {
  const frontend = new Router();
  const backend = new Router();
  await frontend.bind(frontendEndpoint);
  await backend.bind(backendEndpoint);
  process.stdout.write(`listening ${frontend.lastEndpoint} ${backend.lastEndpoint}\n`);

  const workers = [];
  let tellFree = () => {};

  async function serveBackend() {
    // [worker][""][READY] or [worker][""][client][""][reply...]
    for await (const [worker, , ...message] of backend) {
      workers.push(worker);
      tellFree();
      if (!isReady(message)) await frontend.send(message);
    }
  }

  async function serveFrontend() {
    for (;;) {
      // The frontend is served only while a worker is free.
      if (workers.length === 0) await new Promise((resolve) => tellFree = resolve);
      // [client][""][request...]
      const request = await frontend.receive();
      await backend.send([workers.shift(), "", ...request]);
    }
  }

  await Promise.all([serveBackend(), serveFrontend()]);
}

const args = process.argv.slice(2);
if (args.length === 1 && args[0] === "--version") {
  const require = createRequire(import.meta.url);
  const binding = `zeromq.js ${require("zeromq/package.json").version}, libzmq ${version}`;
  process.stdout.write(`Node ${process.versions.node}, ${binding}\n`);
} else if (args.length === 2) {
  await main(...args);
} else {
  process.stderr.write("usage: node node_queue.js FRONTEND BACKEND | --version\n");
  process.exitCode = 2;
}
