import { assertEquals } from "@std/assert";
import {
  findCircles,
  findForbiddenImports,
  findMissingPackages,
  findSharedRoleModules,
  findUnreached,
  findUnshared,
  findUntested,
  type ImportGraph,
} from "../../tools/check_structure.ts";
import { layerOf, parseLayers } from "../../tools/layers.ts";

const LAYERS = parseLayers(`
| layer | modules                    | may import        |
| ----- | -------------------------- | ----------------- |
| pure  | \`lib/lru.ts\`, \`lib/q/b/\` | pure, \`npm:good\` |
| edge  | \`lib/\`                     | pure              |
`);

function graphOf(imports: Record<string, string[]>): ImportGraph {
  return new Map(Object.entries(imports).map(([module, imported]) => [module, new Set(imported)]));
}

Deno.test("findCircles() names each circle once when modules import each other", () => {
  assertEquals(findCircles(graphOf({ a: ["b", "c"], b: ["c"], c: [] })), []);
  assertEquals(findCircles(graphOf({ a: ["b"], b: ["c"], c: ["b"] })), ["Import circle: b -> c -> b"]);
  assertEquals(findCircles(graphOf({ a: ["a"] })), ["Import circle: a -> a"]);
});

Deno.test("parseLayers() reads modules and allowed imports of each row", () => {
  assertEquals(LAYERS, [
    { name: "pure", modules: ["lib/lru.ts", "lib/q/b/"], mayImport: ["pure", "npm:good"] },
    { name: "edge", modules: ["lib/"], mayImport: ["pure"] },
  ]);
});

Deno.test("layerOf() takes the innermost folder when several layers match", () => {
  const names = ["lib/lru.ts", "lib/q/b/broker.ts", "lib/q/relay.ts", "queue.ts"].map((module) =>
    layerOf(module, LAYERS)?.name
  );
  assertEquals(names, ["pure", "pure", "edge", undefined]);
});

Deno.test("findForbiddenImports() reports what the table does not allow, packages of pure modules too", () => {
  const allowed = { "lib/lru.ts": ["lib/q/b/x.ts", "npm:good"], "lib/log.ts": ["lib/lru.ts", "npm:any", "lib/q/y.ts"] };
  assertEquals(findForbiddenImports(graphOf(allowed), LAYERS), []);
  assertEquals(findForbiddenImports(graphOf({ "lib/lru.ts": ["lib/log.ts", "node:fs"] }), LAYERS), [
    "lib/lru.ts (pure) must not import lib/log.ts (edge)",
    "lib/lru.ts (pure) must not import node:fs",
  ]);
});

Deno.test("findSharedRoleModules() reports a role's module when another role imports it", () => {
  assertEquals(
    findSharedRoleModules(graphOf({ "queue.ts": ["lib/queue/a.ts"], "lib/queue/a.ts": ["lib/queue/b.ts"] })),
    [],
  );
  assertEquals(findSharedRoleModules(graphOf({ "lib/worker/a.ts": ["lib/queue/a.ts"] })), [
    "lib/worker/a.ts must not import lib/queue/a.ts: what others use does not belong in lib/queue/",
  ]);
});

Deno.test("findUnshared() reports a module directly in lib/ when only one role uses it", () => {
  const imports = {
    "queue.ts": ["lib/a.ts", "lib/queue/options.ts"],
    "worker.ts": ["lib/a.ts"],
    "lib/queue/options.ts": ["lib/b.ts"],
  };
  assertEquals(findUnshared(graphOf(imports), ["lib/a.ts", "lib/b.ts", "lib/zmq/c.ts"]), [
    "lib/b.ts is used by only one role: it belongs in lib/queue/",
  ]);
});

Deno.test("findUnreached() reports a program without the worker queue and a module without a program", () => {
  const imports = {
    "queue.ts": ["lib/lru.ts"],
    "worker.ts": ["lib/a.ts"],
    "lib/a.ts": ["lib/lru.ts"],
    "client.ts": [],
  };
  assertEquals(findUnreached(graphOf(imports), ["lib/lru.ts", "lib/a.ts", "lib/b.ts"]), [
    "client.ts does not use lib/lru.ts",
    "lib/b.ts is used by no program",
  ]);
});

Deno.test("findUntested() requires a test with the module's name, or an existing one that the list names", () => {
  const tests = new Set(["tests/a_test.ts", "tests/other_test.ts"]);
  const elsewhere = {
    "lib/b.ts": ["tests/other_test.ts", "reason"],
    "lib/c.ts": ["tests/gone_test.ts", "reason"],
  } as const;
  assertEquals(findUntested(["lib/a.ts", "lib/b.ts"], tests, { "lib/b.ts": elsewhere["lib/b.ts"] }), []);
  assertEquals(
    findUntested(["lib/b.ts", "lib/c.ts", "lib/d.ts"], tests, elsewhere).map((problem) => problem.split(";")[0]),
    [
      "lib/c.ts has no test: tests/c_test.ts is missing, and so is tests/gone_test.ts",
      "lib/d.ts has no test: tests/d_test.ts is missing",
    ],
  );
});

Deno.test("findUntested() reports entries of the list that are not needed", () => {
  const elsewhere = { "lib/a.ts": ["tests/b_test.ts", "reason"], "lib/gone.ts": ["", "reason"] } as const;
  assertEquals(findUntested(["lib/a.ts"], new Set(["tests/a_test.ts", "tests/b_test.ts"]), elsewhere), [
    "lib/gone.ts is named in tools/tested_elsewhere.ts, but does not exist",
    "lib/a.ts has a test of the same name: remove it from tools/tested_elsewhere.ts",
  ]);
});

Deno.test("findMissingPackages() names packages that a binary lacks, and those that it has needlessly", () => {
  const graph = graphOf({ "queue.ts": ["lib/a.ts", "npm:deno-std@1.0.0/x.js"], "lib/a.ts": ["npm:a@1.0.0"] });
  assertEquals(findMissingPackages(graph, new Map([["queue.ts", ["npm:a@1.0.0"]]])), []);
  assertEquals(findMissingPackages(graph, new Map([["queue.ts", ["npm:b@1.0.0"]]])), [
    "queue.ts imports npm:a@1.0.0: name it in tools/compile.ts, or the binary lacks it",
    "queue.ts does not import npm:b@1.0.0, which tools/compile.ts puts into its binary",
  ]);
});
