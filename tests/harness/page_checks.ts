/**
 * Finds faults in the appearance of a page, in the browser in which it is open.
 *
 * @module
 */

import type { Page } from "playwright-core";

/** Finds elements that stick out of the page or of the box that contains them. */
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

/** Finds texts that overlap. Texts in tables are not checked, since cells cut off what is too long. */
export async function overlaps(page: Page): Promise<string[]> {
  return await page.evaluate(`(() => {
    const boxes = [];
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
      const { textContent, parentElement } = texts.currentNode;
      if (textContent.trim() === "" || parentElement.closest("td, .meaning, .hidden, #sentence, script, style, option, dialog") !== null) continue;
      const range = document.createRange();
      range.selectNodeContents(texts.currentNode);
      for (const { left, right, top, bottom } of range.getClientRects()) {
        if (right - left > 1) boxes.push({ text: textContent.trim().slice(0, 40), left, right, top, bottom });
      }
    }
    const found = [];
    for (const [index, one] of boxes.entries()) {
      for (const other of boxes.slice(index + 1)) {
        const width = Math.min(one.right, other.right) - Math.max(one.left, other.left);
        // Lines of text may touch.
        const height = Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top);
        if (width > 1 && height > 4) found.push(one.text + " | " + other.text);
      }
    }
    return found;
  })()`);
}

/** Finds accessibility problems, with axe. */
export async function accessibilityProblems(page: Page): Promise<string[]> {
  const { source } = (await import("axe-core")).default;
  await page.evaluate(source);
  return await page.evaluate(`axe.run({ resultTypes: ["violations"] }).then(({ violations }) =>
    violations.flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => id + ": " + html.slice(0, 200) + failureSummary)))`);
}
