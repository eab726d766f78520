/**
 * A program that does nothing until SIGTERM: what Deno takes by itself, beside which a compiled queue is measured.
 *
 * @module
 */

Deno.addSignalListener("SIGTERM", () => Deno.exit(0));
// A listener alone does not keep every Deno alive.
setInterval(() => {}, 60_000);
Deno.stdout.writeSync(new TextEncoder().encode("listening nowhere nowhere\n"));
