/**
 * Reading an environment variable that a program can do without.
 *
 * @module
 */

/**
 * Reads an environment variable as far as Deno permits it: whoever runs a program with fewer permissions than its task has, or
 * embeds it, need not permit all that it could use.
 *
 * @param variable Its name.
 * @returns Its value, `undefined` when it is not set or may not be read.
 */
export function permittedVariable(variable: string): string | undefined {
  const { state } = Deno.permissions.querySync({ name: "env", variable });
  return state === "granted" ? Deno.env.get(variable) : undefined;
}
