/**
 * Makes and changes elements of the page. All content is inserted as text, so that nothing from a peer is treated as markup.
 *
 * @module
 */

/// <reference lib="dom" />
/// <reference lib="dom.iterable" />

/**
 * Finds an element of the document.
 *
 * @param id Its id.
 * @throws {Error} When there is none.
 */
export function byId<T extends HTMLElement = HTMLElement>(id: string): T {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`The document has no element "${id}"`);
  return found as T;
}

/**
 * Makes an element.
 *
 * @param name Its name.
 * @param properties Its properties, such as `className` and `textContent`.
 * @param children What is in it; a string is text.
 */
export function make<K extends keyof HTMLElementTagNameMap>(
  name: K,
  properties: Partial<HTMLElementTagNameMap[K]> = {},
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[K] {
  const element = Object.assign(document.createElement(name), properties);
  element.append(...children);
  return element;
}

/**
 * Changes an element's text only if it differs, since each change costs a layout.
 *
 * @param element The element.
 * @param text The text.
 */
export function setText(element: HTMLElement, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}
