import { assertEquals } from "@std/assert";
import { ROOT } from "../harness/capabilities.ts";
import { scenario } from "../harness/scenario.ts";

const SOURCE = `
const start = Date.now();
setTimeout(() => {}, 1);
const text = { Deno: 1 }.Deno;
function next(random = Math.random) { return random() + Math.random(); }
`;

scenario("deno lint reports clocks, timers and randomness when a module is pure", ["files"], async () => {
  const { default: plugin } = await import("../../tools/lint_pure.ts");
  const lint = (module: string) =>
    Deno.lint.runPlugin(plugin, decodeURIComponent(new URL(module, ROOT).pathname), SOURCE)
      .map(({ message }) => message.split(" in a ")[0]);
  assertEquals(lint("lib/queue/broker/broker.ts"), ["Date", "setTimeout", "Math.random()"]);
  assertEquals(lint("lib/queue/relay/relay.ts"), []);
});
