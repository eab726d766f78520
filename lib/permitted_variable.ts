/**
 * Reads an environment variable that a program can do without.
 *
 * @module
 */

/**
 * Reads an environment variable if Deno permits it. Whoever runs a program with fewer permissions than its task grants,
 * or embeds it, need not permit everything that it could use.
 *
 * @param variable Its name.
 * @returns Its value, `undefined` when it is not set or may not be read.
 */
export function permittedVariable(variable: string): string | undefined {
  const { state } = Deno.permissions.querySync({ name: "env", variable });
  return state === "granted" ? Deno.env.get(variable) : undefined;
}
