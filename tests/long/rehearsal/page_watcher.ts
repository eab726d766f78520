/**
 * The page, open all day in a browser.
 *
 * @module
 */

import type { Browser, Page } from "playwright-core";
import { openBrowser } from "../../harness/browser.ts";
import { WAIT_MS } from "../../harness/deadline.ts";
import { until } from "../../harness/prometheus.ts";
import { demand } from "../../faults/fault.ts";
import type { Production } from "./production.ts";
import type { Watcher } from "./watcher.ts";

/** It. */
export class PageWatcher implements Watcher {
  readonly name = "page";
  readonly #browser: Browser;
  readonly #page: Page;
  readonly #problems: string[] = [];

  private constructor(browser: Browser, page: Page) {
    this.#browser = browser;
    this.#page = page;
    page.setDefaultTimeout(WAIT_MS);
    page.on("pageerror", ({ message }) => this.#problems.push(message));
  }

  /**
   * Opens it.
   *
   * @param production What it shows.
   */
  static async open({ queue }: Production): Promise<PageWatcher> {
    const browser = await openBrowser();
    try {
      const watcher = new PageWatcher(browser, await browser.newPage({ locale: "en-GB" }));
      await watcher.#page.goto(`http://${queue.http}/`);
      await watcher.#shows("serving");
      return watcher;
    } catch (error) {
      await browser.close();
      throw error;
    }
  }

  /** Checks that it shows the queue that runs now, and had no error. */
  check = async ({ queue }: Production): Promise<string> => {
    const { state } = await queue.status();
    await this.#shows(state);
    // Status and page are renewed each second.
    const accepted = await until(async () => {
      const { account } = await queue.status();
      const shown = await this.#page.locator("#accepted").innerText();
      return shown.replaceAll(/\D/g, "") === `${account.accepted}` ? account.accepted : undefined;
    }, "the page to show how many requests were accepted");
    demand(this.#problems.length === 0, "The page has no errors", this.#problems);
    return `open all day without an error; at the end it says "${state}", and ${accepted} accepted`;
  };

  /** Closes it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#browser.close();
  }

  async #shows(state: string): Promise<void> {
    await this.#page.locator("#sentence", { hasText: state }).waitFor();
  }
}
