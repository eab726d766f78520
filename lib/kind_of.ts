/**
 * Names the type of a value, for error messages about a wrong one.
 *
 * @module
 */

/**
 * Names a value's type, as in "a string" or "a Uint16Array".
 *
 * @param value The value. It may be hostile: this function never throws.
 * @returns The type with its article.
 */
export function kindOf(value: unknown): string {
  if (value === null || value === undefined) return `${value}`;
  if (typeof value !== "object") return withArticle(typeof value);
  try {
    if (Array.isArray(value)) return "an array";
    const tag = /^\[object (\w+)\]$/.exec(Object.prototype.toString.call(value))?.[1] ?? "Object";
    return withArticle(tag === "Object" ? "object" : tag);
  } catch {
    // A getter that throws, or a revoked proxy.
    return "an object";
  }
}

/** "U" as in Uint8Array sounds like "you". */
function withArticle(name: string): string {
  return `${/^(?![Uu]int)[aeiouAEIOU]/.test(name) ? "an" : "a"} ${name}`;
}
