/**
 * A key is removed: its peers are cut off, and nobody else.
 *
 * @module
 */

import { demand } from "../../../faults/fault.ts";
import { type Act, seconds } from "../act.ts";
import { KEYS } from "../production.ts";

/** Three times what docs/access.md promises. */
const OUT_WITHIN_MS = 3 * 2000;

/** A worker and a client of a temporary project, whose keys are removed. */
export const removedKey: Act = {
  name: "removed-key",
  play: async (production) => {
    const [worker, client] = [`worker-${++uses}`, `client-${uses}`];
    await production.key("add", "worker", worker);
    await production.key("add", "client", client);
    const [machine] = production.workerMachines;
    const { clientMachine, queue } = production;
    await using temporaryWorker = machine.start("worker", [
      ...["--connect", production.backendFor(machine), "--key", production.keyFile(worker)],
      ...["--no-faults", "--work", "0", "--log-format", "json"],
    ]);
    await using temporaryClient = clientMachine.start("client", [
      ...["--connect", production.frontendFor(clientMachine), "--key", production.keyFile(client)],
      ...["--count", "0", "--timeout", "2s", "--retries", "2", "--log-format", "json"],
    ]);
    await Promise.all([temporaryWorker.event("worker ready"), temporaryClient.events("reply", 3)]);
    const [connections, retries] = [await queue.connectionsOf(KEYS.workers), production.ourRetries];

    const start = performance.now();
    await production.key("remove", worker);
    await production.key("remove", client);
    await temporaryWorker.event("connection lost");
    const outMs = performance.now() - start;
    demand(outMs < OUT_WITHIN_MS, "A removed key loses its connections in time", { outMs });
    await temporaryWorker.event("cannot connect", { code: "NOT_PERMITTED" });
    const { code } = await temporaryClient.exit;
    const failed = await temporaryClient.event("request failed");
    demand(code === 3 && failed.reason !== undefined, "The client knows why it gets no reply", { code, failed });
    production.otherAnswers += temporaryClient.count("reply");
    production.otherFailures++;

    await production.everybodyAnswered();
    const stayed = await queue.connectionsOf(KEYS.workers);
    demand(stayed.join() === connections.join(), "No other worker loses its connection", { connections, stayed });
    const again = production.ourRetries - retries;
    demand(again === 0, "No other client has to send again", { again });
    return `worker and client were out after ${seconds(outMs)}, and both logged why; nobody else lost a connection`;
  },
};

let uses = 0;
