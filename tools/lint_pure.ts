/**
 * A rule for `deno lint`: modules of the pure layer use nothing from the outside world.
 *
 * @module
 */

import { layerOf, PURE, readLayers } from "./layers.ts";

/** Names through which a program reads or changes something outside itself, or reads the time. */
const OUTSIDE: ReadonlySet<string> = new Set([
  "Date",
  "Deno",
  "console",
  "crypto",
  "fetch",
  "globalThis",
  "performance",
  "process",
  "queueMicrotask",
  "setInterval",
  "setTimeout",
]);

const ROOT = decodeURIComponent(new URL("../", import.meta.url).pathname);
const LAYERS = readLayers();

/** The plugin, which deno.json names. */
const plugin: Deno.lint.Plugin = {
  name: "structure",
  rules: {
    pure: {
      create(context): Deno.lint.LintVisitor {
        const module = context.filename.replace(ROOT, "");
        if (layerOf(module, LAYERS)?.name !== PURE) return {};
        return {
          Identifier(node): void {
            if (!OUTSIDE.has(node.name) || isProperty(node)) return;
            context.report({
              node,
              message: `${node.name} in a module of the pure layer (docs/architecture.md)`,
              hint: "Pass in its result, such as the time, or move this code to a module that may do input and output",
            });
          },
          // As the default of a parameter, it can be replaced in tests; a direct call cannot.
          'CallExpression[callee.object.name="Math"][callee.property.name="random"]'(
            node: Deno.lint.CallExpression,
          ): void {
            context.report({
              node,
              message: "Math.random() in a module of the pure layer (docs/architecture.md)",
              hint: "Take the source of random numbers as a parameter",
            });
          },
        };
      },
    },
  },
};

export default plugin;

/** Whether an identifier is the name of a property, as in `span.Date` or `{ Date: 1 }`. */
function isProperty(node: Deno.lint.Identifier): boolean {
  const { parent } = node;
  if (parent.type === "MemberExpression") return parent.property === node && !parent.computed;
  return parent.type === "Property" && parent.key === node && !parent.computed && !parent.shorthand;
}
