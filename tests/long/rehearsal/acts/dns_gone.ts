/**
 * The queue's name does not resolve any more on the workers' machine, for a while.
 *
 * @module
 */

import { demand } from "../../../faults/fault.ts";
import { type Act, seconds } from "../act.ts";
import { KEYS } from "../production.ts";

/** Who is connected stays so; who comes later gets in once the name is back. */
export const dnsGone: Act = {
  name: "dns-gone",
  whyNot: ({ clientMachine }) =>
    clientMachine.knowQueue === undefined ? "no machine with names of its own can be made here" : undefined,
  play: async (production) => {
    const [machine] = production.workerMachines;
    const { queue } = production;
    const connections = await queue.connectionsOf(KEYS.workers);
    const name = machine.queueHost;
    machine.knowQueue!(false);
    try {
      await using late = machine.start("worker", [
        ...["--connect", production.backendFor(machine), "--key", production.keyFile(KEYS.workers)],
        ...["--no-faults", "--work", "0", "--log-format", "json"],
      ]);
      await using client = machine.start("client", [
        ...["--connect", production.frontendFor(machine), "--key", production.keyFile(KEYS.clients)],
        ...["--timeout", "1s", "--retries", "2", "--log-format", "json", "hello"],
      ]);
      const { reason } = await late.event("cannot connect");
      demand(String(reason).includes(name), "The worker says which name does not resolve", { reason });
      const { code } = await client.exit;
      const failed = await client.event("request failed");
      demand(code === 3 && String(failed.reason).includes(name), "The client says which name", { code, failed });
      production.otherFailures++;
      await production.everybodyAnswered();
      demand(late.count("worker ready") === 0, "The name is gone", {});
      const stayed = await queue.connectionsOf(KEYS.workers);
      demand(stayed.join() === connections.join(), "Who is connected stays connected", { connections, stayed });
      machine.knowQueue!(true);
      const start = performance.now();
      await late.event("worker ready");
      const backMs = performance.now() - start;
      late.kill("SIGTERM");
      const exit = await late.exit;
      demand(exit.code === 0, "The late worker exits with 0", exit);
      await production.everybodyAnswered();
      return `connections stayed; a new worker and a new client said that the name does not resolve, ` +
        `and the worker was ready ${seconds(backMs)} after it did`;
    } finally {
      machine.knowQueue!(true);
    }
  },
};
