/**
 * A day in production, simulated (`deno task rehearsal`): a queue with workers and clients on other machines, which happens
 * what happens to such: deploys, an upgrade, overload, a machine that is lost, and more. At the end a table says of each act
 * what was seen; a miss is exit code 1.
 *
 * This file makes the surroundings, a network and a small disk of its own where root may, and runs the day in them.
 *
 * @module
 */

import { ExitCode, type OptionTable, type OptionValues, type Program } from "../../lib/cli/program.ts";
import { runProgram } from "../../lib/cli/run.ts";
import { listenForSignals } from "../../lib/cli/signals.ts";
import { whyNot } from "../harness/capabilities.ts";
import { Folder } from "../harness/folder.ts";
import { ACTS } from "./rehearsal/acts.ts";
import type { DaySettings } from "./rehearsal/settings.ts";

const ACT_NAMES = ACTS.map(({ name }) => name);
/** As large as the logs of a long day, and soon filled. */
const DISK = "8m";
/** In network and mount namespaces of its own: `$0` is the folder of the small disk. */
const SURROUNDINGS = `ip link set lo up && mount -t tmpfs -o size=${DISK} tmpfs "$0" && exec "$@"`;

/** The command line. */
export const REHEARSAL_PROGRAM = {
  name: "rehearsal",
  summary: [
    "Plays a day in production with real processes, and checks that every request is accounted for.",
    "Each act is played at least once, which takes two minutes; then again until the time is over.",
  ],
  options: {
    minutes: {
      kind: "number",
      defaultValue: 10,
      min: 0.01,
      max: 100_000,
      help: "How long to go on.",
    },
    act: {
      kind: "choices",
      choices: ACT_NAMES,
      defaultValue: ACT_NAMES,
      help: `Only this act: ${ACT_NAMES.join(", ")}.`,
      shownDefault: "all",
    },
  },
  exitCodes: [
    [0, "all went as promised"],
    [1, "something did not"],
    [2, "usage error"],
  ],
} as const satisfies Program<OptionTable>;

async function main({ minutes, act }: OptionValues<typeof REHEARSAL_PROGRAM.options>): Promise<number> {
  using folder = new Folder();
  const disk = folder.file("disk");
  await Deno.mkdir(disk);
  const ownNetwork = whyNot(["private networks"]) === undefined;
  const settings: DaySettings = { minutes, acts: act, folder: folder.path, disk, ownNetwork };
  const day = decodeURIComponent(new URL("rehearsal/day.ts", import.meta.url).pathname);
  const command = [Deno.execPath(), "run", "--allow-all", "--no-prompt", day, JSON.stringify(settings)];
  const [program, ...args] = ownNetwork
    ? ["unshare", "--net", "--mount", "sh", "-c", SURROUNDINGS, disk, ...command]
    : command;
  const child = new Deno.Command(program!, { args, stdin: "null" }).spawn();
  listenForSignals({ onFirst: () => child.kill("SIGTERM"), onSecond: () => Promise.resolve(child.kill("SIGKILL")) });
  const { code } = await child.status;
  return code === ExitCode.DONE ? ExitCode.DONE : ExitCode.FAILED;
}

if (import.meta.main) await runProgram(REHEARSAL_PROGRAM, main);
