/** The units let a worker finish its jobs, as docs/services.md says. */

import { assert, assertEquals } from "@std/assert";
import { within } from "../harness/deadline.ts";
import { ROOT } from "../harness/capabilities.ts";
import { Folder } from "../harness/folder.ts";
import { Peers, toText } from "../harness/peers.ts";
import { startQueue, startWorker } from "../harness/programs.ts";
import { scenario } from "../harness/scenario.ts";

const NEEDS = ["programs", "ffi", "shell", "files"] as const;

/** What systemd sends SIGTERM to when it stops a unit: systemd.kill(5). */
const STOPS: Readonly<Record<string, readonly ("worker" | "program")[]>> = {
  "control-group": ["worker", "program"],
  mixed: ["worker"],
};

/** Stops a worker that runs a job as systemd would; resolves to whether the job was answered. */
async function stop(killMode: string): Promise<boolean> {
  using folder = new Folder();
  // The job is done when the test says so.
  const mayEnd = folder.file("may-end");
  await using queue = await startQueue(["--redeliveries", "0"]);
  await using worker = startWorker(
    queue.backend,
    ["--shell", "--exec", `until [ -e ${mayEnd} ]; do sleep 0.1; done; echo done`],
    { env: { PATH: Deno.env.get("PATH") ?? "/usr/bin:/bin" } },
  );
  await using peers = await Peers.open();
  await using client = peers.req({ connect: queue.frontend });
  await worker.event("worker ready");
  client.send("job");
  const pid = await programOf(worker.pid);
  const pids = { worker: worker.pid, program: pid };
  for (const target of STOPS[killMode]!) Deno.kill(pids[target], "SIGTERM");
  await Deno.writeTextFile(mayEnd, "");
  const answered = client.receive().then((reply) => toText(reply)[0] === "done\n");
  const { code } = await worker.exit;
  assertEquals(code, 0);
  const lost = queue.event("redelivery limit reached").then(() => false);
  lost.catch(() => {});
  return await within(Promise.race([answered, lost]), () => "the reply, or the loss of the request");
}

/** The worker's program, which is a shell as its guardian is. */
async function programOf(worker: number): Promise<number> {
  for (;;) {
    const args = ["-P", `${worker}`, "-f", "^/bin/sh -c until"];
    const { stdout } = await new Deno.Command("pgrep", { args }).output();
    const pid = Number(new TextDecoder().decode(stdout).trim());
    if (pid > 0) return pid;
  }
}

scenario("spworker@.service lets a worker finish its jobs", NEEDS, async () => {
  const unit = await Deno.readTextFile(new URL("packaging/systemd/spworker@.service", ROOT));
  const killMode = /^KillMode=(.*)$/m.exec(unit)![1]!;
  assert(await stop(killMode));
});

scenario("docs/services.md gives the reason: with systemd's default, the job is lost", NEEDS, async () => {
  assertEquals(await stop("control-group"), false);
});
