/**
 * Describes the machine that the benchmark runs on.
 *
 * @module
 */

import { tryCommand } from "./build.ts";

/** A machine. */
export interface Machine {
  /** The processor's name. */
  readonly processor: string;
  readonly cores: number;
  readonly memoryBytes: number;
  /** The operating system's kernel. */
  readonly kernel: string;
}

/**
 * Reads a machine from what Linux says of it.
 *
 * @param cpuinfo `/proc/cpuinfo`.
 * @param rest `/proc/meminfo`, and what `uname -sr` prints.
 * @returns The machine; what is not said is `unknown`, or 0.
 */
export function parseMachine(
  cpuinfo: string,
  { meminfo, uname }: { readonly meminfo: string; readonly uname: string },
): Machine {
  return {
    processor: /^model name\s*:\s*(.+)$/m.exec(cpuinfo)?.[1] ?? "unknown",
    cores: cpuinfo.match(/^processor\s*:/gm)?.length ?? 0,
    memoryBytes: Number(/^MemTotal:\s*(\d+) kB$/m.exec(meminfo)?.[1] ?? 0) * 1024,
    kernel: uname === "" ? "unknown" : uname,
  };
}

/**
 * Describes this machine.
 *
 * @returns The machine.
 */
export async function thisMachine(): Promise<Machine> {
  // Deno itself may read /proc only with --allow-all.
  const read = async (command: string, args: readonly string[]) => (await tryCommand(command, args))?.stdout ?? "";
  return parseMachine(await read("cat", ["/proc/cpuinfo"]), {
    meminfo: await read("cat", ["/proc/meminfo"]),
    uname: await read("uname", ["-sr"]),
  });
}

/**
 * Writes a machine in one line.
 *
 * @param machine The machine.
 * @returns The line.
 */
export function machineText({ processor, cores, memoryBytes, kernel }: Machine): string {
  const gibibytes = (memoryBytes / 2 ** 30).toFixed(0);
  return `${processor}, ${cores} ${cores === 1 ? "core" : "cores"}, ${gibibytes} GiB of memory, ${kernel}`;
}
