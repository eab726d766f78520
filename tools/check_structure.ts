/**
 * Checks that the code has the structure that docs/architecture.md describes. Part of `deno task check`.
 *
 * The imports, including those of types, come from `deno info --json`. What else a pure module may use is checked by
 * `deno lint` with lint_pure.ts.
 *
 * @module
 */

import config from "../deno.json" with { type: "json" };
import { printError } from "../lib/standard_error.ts";
import { PROGRAMS as PROGRAMS_IN_BINARIES } from "./compile.ts";
import { type Layer, layerOf, PURE, readLayers } from "./layers.ts";
import { TESTED_ELSEWHERE } from "./tested_elsewhere.ts";

/** The imports of each module: paths from the repository's folder, or specifiers of packages. */
export type ImportGraph = ReadonlyMap<string, ReadonlySet<string>>;

/** The programs, by role. */
const PROGRAMS: readonly string[] = ["queue.ts", "worker.ts", "client.ts"];
/** Modules that are started by URL, each with the module that starts it, which counts as importing it. */
const STARTED_BY_URL: readonly (readonly [module: string, starter: string])[] = [
  ["lib/queue/relay/thread.ts", "lib/queue/queue.ts"],
];
/** Modules that are bundled into a file, each with the module that imports the file. */
const BUNDLED: readonly (readonly [module: string, importer: string])[] = [
  ["lib/queue/http/page/page.ts", "lib/queue/http/page.ts"],
];
/** The module that every program must use: the worker queue, and the splitting of messages. */
const USED_BY_ALL = "lib/lru.ts";
const ROLES: readonly string[] = ["queue", "worker", "client"];

/**
 * Finds circles of imports.
 *
 * @param graph The imports.
 * @returns One sentence for each circle that a depth-first search finds.
 */
export function findCircles(graph: ImportGraph): string[] {
  const problems: string[] = [];
  const done = new Set<string>();
  const visit = (module: string, path: readonly string[]): void => {
    if (done.has(module)) return;
    const start = path.indexOf(module);
    if (start >= 0) {
      problems.push(`Import circle: ${[...path.slice(start), module].join(" -> ")}`);
      return;
    }
    for (const imported of graph.get(module) ?? []) visit(imported, [...path, module]);
    done.add(module);
  };
  for (const module of graph.keys()) visit(module, []);
  return problems;
}

/**
 * Finds imports that a layer does not allow.
 *
 * @param graph The imports.
 * @param layers All layers.
 */
export function findForbiddenImports(graph: ImportGraph, layers: readonly Layer[]): string[] {
  const problems: string[] = [];
  for (const [module, imports] of graph) {
    const layer = layerOf(module, layers);
    if (layer === undefined) continue;
    for (const imported of imports) {
      const target = layerOf(imported, layers);
      // Packages may do anything, so a pure module may import only those that the table names.
      const name = target?.name ?? (layer.name === PURE ? imported : undefined);
      if (name === undefined || layer.mayImport.includes(name) || layer.mayImport.includes(imported)) continue;
      if (name === layer.name) continue;
      problems.push(`${module} (${layer.name}) must not import ${imported}${target ? ` (${target.name})` : ""}`);
    }
  }
  return problems;
}

/**
 * Finds modules of one role that another role imports.
 *
 * @param graph The imports.
 */
export function findSharedRoleModules(graph: ImportGraph): string[] {
  const problems: string[] = [];
  for (const [module, imports] of graph) {
    for (const imported of imports) {
      const role = roleOf(imported);
      if (role === undefined || module === `${role}.ts` || module.startsWith(`lib/${role}/`)) continue;
      problems.push(`${module} must not import ${imported}: what others use does not belong in lib/${role}/`);
    }
  }
  return problems;
}

/**
 * Finds modules directly in lib/ that only one role uses.
 *
 * @param graph The imports.
 * @param modules All modules of lib/.
 */
export function findUnshared(graph: ImportGraph, modules: readonly string[]): string[] {
  const problems: string[] = [];
  const reached = ROLES.map((role) => reachedFrom([`${role}.ts`], graph));
  for (const module of modules.filter((module) => /^lib\/[^/]+$/.test(module))) {
    const users = ROLES.filter((_, index) => reached[index]!.has(module));
    if (users.length === 1) problems.push(`${module} is used by only one role: it belongs in lib/${users[0]}/`);
  }
  return problems;
}

/**
 * Finds programs that do not use the worker queue, and modules that no program uses.
 *
 * @param graph The imports.
 * @param modules All modules of lib/.
 */
export function findUnreached(graph: ImportGraph, modules: readonly string[]): string[] {
  const problems: string[] = [];
  for (const program of PROGRAMS) {
    if (!reachedFrom([program], graph).has(USED_BY_ALL)) {
      problems.push(`${program} does not use ${USED_BY_ALL}`);
    }
  }
  const used = reachedFrom(PROGRAMS, graph);
  for (const module of modules) if (!used.has(module)) problems.push(`${module} is used by no program`);
  return problems;
}

/**
 * Finds npm packages that a program imports but its binary lacks, and those that a binary contains but its program does
 * not import.
 *
 * @param graph The imports.
 * @param packages For each program, such as `queue.ts`, the packages in its binary, such as `npm:shlex@3.0.0`.
 */
export function findMissingPackages(graph: ImportGraph, packages: ReadonlyMap<string, readonly string[]>): string[] {
  const problems: string[] = [];
  for (const [program, specifiers] of packages) {
    const declared = specifiers.map(packageOf);
    // The packages behind @std are in every binary.
    const reached = new Set(
      [...reachedFrom([program], graph)].filter((name) => /^npm:(?!deno-std@)/.test(name)).map(packageOf),
    );
    for (const name of [...reached].filter((name) => !declared.includes(name))) {
      problems.push(`${program} imports ${name}: name it in tools/compile.ts, or the binary lacks it`);
    }
    for (const name of declared.filter((name) => !reached.has(name))) {
      problems.push(`${program} does not import ${name}, which tools/compile.ts puts into its binary`);
    }
  }
  return problems;
}

/** The package of a module. A module inside a package is npm:NAME@VERSION/PATH, or npm:/NAME@VERSION/PATH. */
function packageOf(specifier: string): string {
  return specifier.replace(/^npm:\/?((?:@[^/]+\/)?[^/]+).*$/, "npm:$1");
}

/**
 * Finds modules of lib/ that have no test.
 *
 * @param modules All modules of lib/.
 * @param tests All tests.
 * @param elsewhere For modules without a test of the same name: the test that covers them, and the reason.
 */
export function findUntested(
  modules: readonly string[],
  tests: ReadonlySet<string>,
  elsewhere: Readonly<Record<string, readonly [test: string, reason: string]>>,
): string[] {
  const problems = Object.keys(elsewhere).filter((module) => !modules.includes(module)).map((module) =>
    `${module} is named in tools/tested_elsewhere.ts, but does not exist`
  );
  for (const module of modules) {
    const own = module.replace(/^lib\//, "tests/").replace(/\.ts$/, "_test.ts");
    if (tests.has(own)) {
      if (module in elsewhere) {
        problems.push(`${module} has a test of the same name: remove it from tools/tested_elsewhere.ts`);
      }
      continue;
    }
    const other = elsewhere[module]?.[0];
    if (other !== undefined && (other === "" || tests.has(other))) continue;
    problems.push(`${module} has no test: ${own} is missing${other ? `, and so is ${other}` : ""}; write one, or name \
in tools/tested_elsewhere.ts the test that covers it`);
  }
  return problems;
}

/** The role to whose folder a module belongs. */
function roleOf(module: string): string | undefined {
  return ROLES.find((role) => module.startsWith(`lib/${role}/`));
}

function reachedFrom(start: readonly string[], graph: ImportGraph): Set<string> {
  const reached = new Set(start);
  // Iterating over a set includes elements that are added meanwhile.
  for (const module of reached) for (const imported of graph.get(module) ?? []) reached.add(imported);
  return reached;
}

const ROOT = new URL("../", import.meta.url);

/** The part of the output of `deno info --json` for a module that is used here. */
interface ModuleInfo {
  readonly specifier: string;
  readonly dependencies?: readonly {
    readonly code?: { readonly specifier?: string };
    readonly type?: { readonly specifier?: string };
  }[];
}

/** Reads the imports of the programs, and of modules that they do not import. */
async function readGraph(modules: readonly string[]): Promise<ImportGraph> {
  const graph = new Map<string, Set<string>>();
  for (const root of [...PROGRAMS, ...modules]) {
    if (graph.has(root)) continue;
    for (const { specifier, dependencies = [] } of await moduleInfos(root)) {
      const targets = dependencies.flatMap(({ code, type }) => [code?.specifier, type?.specifier]);
      const imports = targets.filter((target) => target !== undefined).map(pathOf);
      graph.set(pathOf(specifier), new Set(imports));
    }
  }
  for (const [module, starter] of STARTED_BY_URL) graph.get(starter)!.add(module);
  return graph;
}

async function moduleInfos(module: string): Promise<readonly ModuleInfo[]> {
  const command = new Deno.Command(Deno.execPath(), { args: ["info", "--json", module], cwd: ROOT });
  const { success, stdout, stderr } = await command.output();
  if (!success) throw new Error(`Cannot read the imports of ${module}: ${new TextDecoder().decode(stderr)}`);
  return (JSON.parse(new TextDecoder().decode(stdout)) as { modules: ModuleInfo[] }).modules;
}

function pathOf(specifier: string): string {
  return specifier.startsWith(ROOT.href) ? decodeURIComponent(specifier.slice(ROOT.href.length)) : specifier;
}

async function* filesIn(folder: string): AsyncGenerator<string> {
  for await (const { name, isDirectory } of Deno.readDir(new URL(folder, ROOT))) {
    if (isDirectory) yield* filesIn(`${folder}${name}/`);
    else yield `${folder}${name}`;
  }
}

async function checkStructure(): Promise<string[]> {
  const modules = (await Array.fromAsync(filesIn("lib/"))).filter((file) => /(?<!\.d)\.ts$/.test(file)).sort();
  const tests = new Set(await Array.fromAsync(filesIn("tests/")));
  const ownGraph = await readGraph(modules);
  const graph = new Map(ownGraph);
  for (const [module, importer] of BUNDLED) graph.set(importer, new Set([...graph.get(importer)!, module]));
  return [
    ...findCircles(graph),
    ...findForbiddenImports(graph, readLayers()),
    ...findSharedRoleModules(graph),
    ...findUnshared(graph, modules),
    ...findUnreached(graph, modules),
    ...findMissingPackages(
      ownGraph,
      new Map(
        PROGRAMS_IN_BINARIES.map(({ role, imports }) => [`${role}.ts`, imports.map((name) => config.imports[name])]),
      ),
    ),
    ...findUntested(modules, tests, TESTED_ELSEWHERE),
  ];
}

if (import.meta.main) {
  const problems = await checkStructure();
  for (const problem of problems) printError(`${problem}\n`);
  Deno.exitCode = problems.length === 0 ? 0 : 1;
}
