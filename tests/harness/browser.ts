/**
 * A browser for the page: Debian's chromium, driven by playwright-core. Needs `chromium`.
 *
 * @module
 */

import type { Browser } from "playwright-core";
import { CHROMIUM } from "./capabilities.ts";

/** Starts a browser without a window. */
export async function openBrowser(): Promise<Browser> {
  // Imported only here, since it reads the environment when it is loaded.
  const { chromium } = await import("playwright-core");
  // Without a sandbox, which root cannot have; it loads nothing but the page.
  return await chromium.launch({
    executablePath: CHROMIUM,
    args: ["--no-sandbox", "--disable-gpu", "--enable-precise-memory-info", "--js-flags=--expose-gc"],
  });
}
