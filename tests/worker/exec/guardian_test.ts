import { assertEquals } from "@std/assert";
import { Guardian } from "../../../lib/worker/exec/guardian.ts";
import { within } from "../../harness/deadline.ts";
import { scenario } from "../../harness/scenario.ts";

const NEEDS = ["shell", "proc"] as const;

/** Starts a process group that does not end by itself. */
function startGroup(): Deno.ChildProcess {
  return new Deno.Command("sleep", { args: ["1000"], detached: true, stdin: "null" }).spawn();
}

async function endOf(child: Deno.ChildProcess): Promise<Deno.Signal | null> {
  return (await within(child.status, () => "the end of a process")).signal;
}

scenario("Guardian kills the groups that it watches when it is disposed, and no other", NEEDS, async () => {
  const groups = Array.from({ length: 4 }, startGroup);
  const [first, second, third, fourth] = groups as [
    Deno.ChildProcess,
    Deno.ChildProcess,
    Deno.ChildProcess,
    Deno.ChildProcess,
  ];
  {
    await using guardian = new Guardian();
    for (const { pid } of [first, second, third]) guardian.watch(pid);
    for (const { pid } of [first, fourth]) guardian.release(pid);
    guardian.watch(fourth.pid);
    guardian.release(second.pid);
  }
  assertEquals([await endOf(third), await endOf(fourth)], ["SIGKILL", "SIGKILL"]);
  for (const group of [first, second]) {
    group.kill("SIGTERM");
    assertEquals(await endOf(group), "SIGTERM");
  }
});

scenario("Guardian does nothing when there was nothing to watch", [], async () => {
  await using _guardian = new Guardian();
});

/** The guardian's process, if it runs. */
async function guardianPid(): Promise<number | undefined> {
  const { stdout } = await new Deno.Command("pgrep", { args: ["-P", `${Deno.pid}`, "-f", "spworker-guardian"] })
    .output();
  const [pid] = new TextDecoder().decode(stdout).split("\n").filter((line) => line !== "");
  return pid === undefined ? undefined : Number(pid);
}

scenario("Guardian starts another process when somebody has killed its own", NEEDS, async () => {
  const [first, second] = [startGroup(), startGroup()];
  {
    await using guardian = new Guardian();
    guardian.watch(first.pid);
    const pid = (await guardianPid())!;
    Deno.kill(pid, "SIGKILL");
    // It is noticed when something is written to it.
    for (let found: number | undefined = pid; found === pid || found === undefined; found = await guardianPid()) {
      guardian.watch(second.pid);
    }
  }
  assertEquals([await endOf(first), await endOf(second)], ["SIGKILL", "SIGKILL"]);
});
