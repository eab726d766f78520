/** The page with few peers and many, with the worst names, at every width: nothing sticks out, and nothing overlaps. */

import { assertEquals } from "@std/assert";
import { plural } from "../../../../lib/words.ts";
import { crowdedStatus, fullHistory, LONG, MARKUP, showInstead } from "../../../harness/crowded_page.ts";
import { QueuePage } from "../../../harness/open_page.ts";
import { accessibilityProblems, overflows, overlaps } from "../../../harness/page_checks.ts";
import { scenario } from "../../../harness/scenario.ts";

const NEEDS = ["queue thread", "files", "chromium", "long run"] as const;
/** 640 is what 1280 are at a zoom of 200 %. */
const WIDTHS = [320, 390, 640, 1280, 3840];

for (const count of [0, 1, 16, 1000]) {
  scenario(
    `page: with ${plural(count, "worker")} nothing sticks out or overlaps, at any width, light and dark`,
    NEEDS,
    async () => {
      await using opened = await QueuePage.open({ httpActions: true });
      const { page, queue } = opened;
      const status = crowdedStatus(await queue.status(), count);
      await showInstead(page, status, fullHistory(status.at));
      if (count >= 16) {
        const names = await page.locator("#workers td.name").allInnerTexts();
        assertEquals([names.length, names.includes(MARKUP), names.includes(LONG)], [count, true, true]);
        assertEquals(await page.locator("main :is(img, b b, script)").count(), 0);
        assertEquals(await page.locator("#departed td.name").count(), status.departed.length);
        assertEquals(await page.locator("#exhausted td:nth-child(2)").nth(1).innerText(), status.exhausted[1]!.file);
      }
      const problems = async (what: string) => [what, await overflows(page), await overlaps(page)];
      for (const width of WIDTHS) {
        await page.setViewportSize({ width, height: 900 });
        assertEquals(await problems(`${width} px`), [`${width} px`, [], []]);
        for (const button of await page.locator("#tiles button").all()) {
          await button.focus();
          const { x, width: length } = (await page.locator(".meaning:visible").boundingBox())!;
          assertEquals([x >= 0, x + length <= width], [true, true], `${await button.innerText()} at ${width} px`);
        }
      }
      await page.setViewportSize({ width: 1280, height: 900 });
      await page.evaluate('document.documentElement.style.fontSize = "200%"');
      assertEquals(await problems("text of 200 %"), ["text of 200 %", [], []]);
      await page.evaluate('document.documentElement.style.fontSize = ""');
      if (count > 16) return;
      for (const colorScheme of ["light", "dark"] as const) {
        await page.emulateMedia({ colorScheme });
        assertEquals([colorScheme, await accessibilityProblems(page)], [colorScheme, []]);
      }
    },
  );
}
