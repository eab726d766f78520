/**
 * A process's memory, from Linux' `/proc`.
 *
 * @module
 */

/**
 * The resident memory of a process.
 *
 * @param pid The process.
 * @returns MiB.
 */
export function residentMiB(pid: number): number {
  return memoryMiB(pid, "VmRSS");
}

/**
 * The resident memory of a process without the pages of its files, which are as many as the system likes: a Deno's own are
 * 40 to 60 MiB.
 *
 * @param pid The process.
 * @returns MiB.
 */
export function anonymousMiB(pid: number): number {
  return memoryMiB(pid, "RssAnon");
}

function memoryMiB(pid: number, field: string): number {
  // Deno itself reads /proc only with all permissions; the tests may run programs.
  const { stdout } = new Deno.Command("cat", { args: [`/proc/${pid}/status`] }).outputSync();
  const [, kib] = new RegExp(`^${field}:\\s+(\\d+) kB$`, "m").exec(new TextDecoder().decode(stdout)) ?? [];
  if (kib === undefined) throw new Error(`Cannot read the memory of process ${pid}: it has ended`);
  return Math.round(Number(kib) / 1024);
}
