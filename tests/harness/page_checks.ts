/**
 * What can be wrong with how a page looks: found in the browser that has it open.
 *
 * @module
 */

import type { Page } from "playwright-core";

/** Finds what sticks out of the page, or of the box that it is in. */
export async function overflows(page: Page): Promise<string[]> {
  return await page.evaluate(`(() => {
    const found = [];
    const { scrollWidth, clientWidth } = document.documentElement;
    if (scrollWidth > clientWidth) found.push("document " + scrollWidth);
    for (const element of document.querySelectorAll("header *, .tiles > div > dd, .card, .chart, button, input, select, h2, .sum")) {
      if (element.closest(".scroll, .meaning, .hidden, [hidden]") !== null) continue;
      const { left, right } = element.getBoundingClientRect();
      if (left < 0 || right > clientWidth + 1 || element.scrollWidth > element.clientWidth + 1 && element.matches(".card, .tiles > div > dd")) {
        found.push(element.tagName + " " + element.id + " " + element.className);
      }
    }
    return found;
  })()`);
}

/** Finds what axe has to say: what keeps somebody from using the page. */
export async function accessibilityProblems(page: Page): Promise<string[]> {
  const { source } = (await import("axe-core")).default;
  await page.evaluate(source);
  return await page.evaluate(`axe.run({ resultTypes: ["violations"] }).then(({ violations }) =>
    violations.flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => id + ": " + html.slice(0, 200) + failureSummary)))`);
}
