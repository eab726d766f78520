/**
 * Reads the layers from docs/architecture.md. Its table is the only place that defines which modules are pure, and
 * which may import which.
 *
 * @module
 */

/** One row of the table of layers. */
export interface Layer {
  /** Its name, such as `pure`. */
  readonly name: string;
  /** Its modules: files, and folders with a slash at the end. */
  readonly modules: readonly string[];
  /** What they may import: names of layers, modules, and packages. */
  readonly mayImport: readonly string[];
}

/** The layer whose modules do no input or output and do not read the time. */
export const PURE = "pure";

const ARCHITECTURE = new URL("../docs/architecture.md", import.meta.url);

/**
 * Reads the layers of this repository.
 *
 * @returns The rows of the table under "Layers" in docs/architecture.md.
 */
export function readLayers(): Layer[] {
  return parseLayers(Deno.readTextFileSync(ARCHITECTURE));
}

/**
 * Finds the table of layers in a text.
 *
 * @param markdown The text.
 * @returns Its rows.
 * @throws {Error} When the text has no such table.
 */
export function parseLayers(markdown: string): Layer[] {
  const [, table] = /^\| layer +\| modules +\| may import +\|\n\|[-| ]+\|\n((?:\|.*\|\n)+)/m.exec(markdown) ?? [];
  if (table === undefined) {
    throw new Error('Cannot find the table "layer, modules, may import" in docs/architecture.md');
  }
  return table.trimEnd().split("\n").map((row) => {
    const [, name, modules, mayImport] = row.split("|").map((cell) => cell.trim());
    return { name: name!, modules: listOf(modules!), mayImport: listOf(mayImport!) };
  });
}

/**
 * Finds a module's layer.
 *
 * @param module Its path from the repository's folder.
 * @param layers All layers.
 * @returns The layer that names the module, otherwise the one that names the innermost folder around it.
 */
export function layerOf(module: string, layers: readonly Layer[]): Layer | undefined {
  let [found, length]: [Layer | undefined, number] = [undefined, -1];
  for (const layer of layers) {
    for (const path of layer.modules) {
      const matches = path.endsWith("/") ? module.startsWith(path) : module === path;
      if (matches && path.length > length) [found, length] = [layer, path.length];
    }
  }
  return found;
}

/** The items of a cell: `a`, `b`. */
function listOf(cell: string): string[] {
  return cell.split(", ").map((item) => item.replaceAll("`", "")).filter((item) => item !== "");
}
