/**
 * The functions of the system's C library that Deno has no equivalent for, or only with a permission that the programs do not
 * ask for.
 *
 * @module
 */

/** The functions with their C declarations, for {@linkcode Deno.dlopen}. Those that are optional exist on Linux only. */
const SYMBOLS = {
  // int sigaction (int signum, const struct sigaction *act, struct sigaction *oldact)
  sigaction: { parameters: ["i32", "pointer", "buffer"], result: "i32" },
  // int waitid (idtype_t idtype, id_t id, siginfo_t *infop, int options)
  waitid: { parameters: ["i32", "u32", "buffer", "i32"], result: "i32" },
} as const;

/** The functions under their C names. */
export type CSymbols = Deno.DynamicLibrary<typeof SYMBOLS>["symbols"];

/** musl's name is for distributions that build Deno for it. */
const FILES: readonly string[] = Deno.build.os === "darwin"
  ? ["libSystem.B.dylib"]
  : ["libc.so.6", `libc.musl-${Deno.build.arch}.so.1`];

let symbols: CSymbols | null | undefined;

/**
 * Opens the C library; it stays open.
 *
 * @returns Its functions; `undefined` where it cannot be found. What needs it must be dispensable.
 */
export function cLibrary(): CSymbols | undefined {
  symbols ??= open();
  return symbols ?? undefined;
}

function open(): CSymbols | null {
  for (const file of FILES) {
    try {
      return Deno.dlopen(file, SYMBOLS).symbols;
    } catch {
      // Not here, or not allowed; perhaps the next one.
    }
  }
  return null;
}
