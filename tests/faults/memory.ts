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
  // Deno itself reads /proc only with all permissions; the tests may run programs.
  const { stdout } = new Deno.Command("cat", { args: [`/proc/${pid}/status`] }).outputSync();
  const [, kib] = /^VmRSS:\s+(\d+) kB$/m.exec(new TextDecoder().decode(stdout)) ?? [];
  if (kib === undefined) throw new Error(`Cannot read the memory of process ${pid}: it has ended`);
  return Math.round(Number(kib) / 1024);
}
