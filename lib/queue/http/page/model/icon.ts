/**
 * The icon of the page's tab: the sign of the state, in its colour.
 *
 * @module
 */

import type { Tone } from "./first_glance.ts";

/** Colours that are visible on light and dark tabs, and signs as paths of 32 by 32. */
const ICONS: Readonly<Record<Tone, { readonly color: string; readonly sign: string }>> = {
  good: { color: "#1c8a4a", sign: "M8 17l6 6 10-13" },
  warn: { color: "#b87400", sign: "M16 7v11M16 23v2" },
  bad: { color: "#c62833", sign: "M10 10l12 12M22 10L10 22" },
  held: { color: "#4a5bc4", sign: "M11 9v14M21 9v14" },
  lost: { color: "#7a828e", sign: "M9 16h14" },
};

/**
 * Draws the icon.
 *
 * @param tone How good or bad the state is.
 * @returns A URL.
 */
export function iconOf(tone: Tone): string {
  const { color, sign } = ICONS[tone];
  const picture = [
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">',
    `<rect width="32" height="32" rx="9" fill="${color}"/>`,
    `<path d="${sign}" fill="none" stroke="#fff" stroke-width="4" stroke-linecap="round"/>`,
    "</svg>",
  ];
  return `data:image/svg+xml,${encodeURIComponent(picture.join(""))}`;
}
