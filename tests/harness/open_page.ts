/**
 * A queue's page, open in a browser. Needs `chromium`.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import type { Browser, Page } from "playwright-core";
import type { QueueOptions } from "../../lib/queue/config.ts";
import { type ProgramQueue, startProgramQueue } from "../../lib/queue/queue.ts";
import { openBrowser } from "./browser.ts";
import { WAIT_MS } from "./deadline.ts";
import { ANY_PORT } from "./programs.ts";

/** A queue with a page that is open in a browser. Problems of the page fail the test at the end. */
export class OpenPage implements AsyncDisposable {
  /** What the browser had to complain of. */
  readonly problems: string[] = [];
  /** What ends with it, besides the browser. */
  readonly #used = new AsyncDisposableStack();

  private constructor(readonly queue: ProgramQueue, readonly browser: Browser, readonly page: Page) {
    page.on("pageerror", ({ message }) => this.problems.push(message));
    page.on("console", (message) => {
      // The browser itself logs answers such as 401, and connections that are refused.
      if (message.type() === "error" && !/Failed to load resource/.test(message.text())) {
        this.problems.push(message.text());
      }
    });
    page.setDefaultTimeout(WAIT_MS);
  }

  /**
   * Starts a queue, and opens its page.
   *
   * @param options The queue's, where they are not those of {@linkcode startPageQueue}.
   */
  static async open(options: QueueOptions = {}): Promise<OpenPage> {
    const queue = await startPageQueue(options);
    const opened = await OpenPage.at(`http://${queue.http[0]}/`, queue);
    opened.#used.use(queue);
    return opened;
  }

  /**
   * Opens the page of a queue that runs.
   *
   * @param url The page's URL.
   * @param queue The queue, which goes on when the page is closed.
   */
  static async at(url: string, queue: ProgramQueue): Promise<OpenPage> {
    const browser = await openBrowser();
    const opened = new OpenPage(queue, browser, await browser.newPage({ locale: "en-GB" }));
    await opened.page.goto(url);
    return opened;
  }

  /** What an element says. */
  async text(selector: string): Promise<string> {
    return await this.page.locator(selector).innerText();
  }

  /** Waits until an element says something. */
  async says(selector: string, pattern: RegExp, timeout: number = WAIT_MS): Promise<void> {
    await this.page.locator(selector, { hasText: pattern }).first().waitFor({ timeout });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.browser.close();
    await this.#used.disposeAsync();
    assertEquals(this.problems, []);
  }
}

/**
 * Starts a queue that serves its page, on free ports of the loopback interface.
 *
 * @param options Options that differ from these and from the defaults.
 */
export async function startPageQueue(options: QueueOptions = {}): Promise<ProgramQueue> {
  const defaults = { frontend: ANY_PORT, backend: ANY_PORT, http: "127.0.0.1:0", drainTimeout: 0 };
  return await startProgramQueue({ ...defaults, ...options });
}
