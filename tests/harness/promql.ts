/**
 * Finds which series a PromQL expression names.
 *
 * @module
 */

/** Labels by which series are grouped. */
const GROUPING = /\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)/g;
const OPERATORS: readonly string[] = ["and", "or", "unless", "bool"];
/** A name that is not a function's, with its label matchers. */
const SELECTOR = /(?<!\w)[a-z_:][\w:]*\b(?:\{[^}]*\})?(?!\s*\()/gi;

/**
 * Lists the selectors in an expression.
 *
 * @param expression An expression, such as `rate(a{b="c"}[5m]) > 0 or d`.
 * @returns The selectors, such as `a{b="c"}` and `d`.
 */
export function selectorsOf(expression: string): string[] {
  const found = expression.replaceAll(GROUPING, " ").match(SELECTOR) ?? [];
  return found.filter((name) => !OPERATORS.includes(name));
}

/**
 * Gives the name of the metric that a selector selects.
 *
 * @param selector The selector.
 */
export function metricOf(selector: string): string {
  return selector.replace(/\{.*/, "");
}
