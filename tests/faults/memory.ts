/**
 * A process's memory, from Linux' `/proc`.
 *
 * @module
 */

/**
 * Gives the resident memory of a process.
 *
 * @param pid The process.
 * @returns The memory in MiB.
 */
export function residentMiB(pid: number): number {
  return memoryMiB(pid, "VmRSS");
}

/**
 * Gives the resident memory of a process without the pages of files. How many of those are resident is up to the system;
 * Deno's own files take 40 to 60 MiB.
 *
 * @param pid The process.
 * @returns The memory in MiB.
 */
export function anonymousMiB(pid: number): number {
  return memoryMiB(pid, "RssAnon");
}

/**
 * Reads a figure of `/proc/PID/status`.
 *
 * @param pid The process.
 * @param field Its name there.
 * @returns The memory in MiB.
 */
export function memoryMiB(pid: number, field: string): number {
  // Deno itself reads /proc only with all permissions; the tests may run programs.
  const { stdout } = new Deno.Command("cat", { args: [`/proc/${pid}/status`] }).outputSync();
  const [, kib] = new RegExp(`^${field}:\\s+(\\d+) kB$`, "m").exec(new TextDecoder().decode(stdout)) ?? [];
  if (kib === undefined) throw new Error(`Cannot read the memory of process ${pid}: it has ended`);
  return Math.round(Number(kib) / 1024);
}
