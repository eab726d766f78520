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

/** A page that is open in a browser. Problems of the page fail the test at the end. */
export class OpenPage implements AsyncDisposable {
  /** The page. */
  readonly page: Page;
  /** The browser's complaints. */
  readonly problems: string[] = [];
  readonly #browser: Browser;

  /**
   * Opens a page.
   *
   * @param browser The browser, which is closed with the page.
   * @param page An empty page of it.
   */
  protected constructor(browser: Browser, page: Page) {
    this.#browser = browser;
    this.page = page;
    page.on("pageerror", ({ message }) => this.problems.push(message));
    page.on("console", (message) => {
      // The browser itself logs responses such as 401, and refused connections.
      if (message.type() === "error" && !/Failed to load resource/.test(message.text())) {
        this.problems.push(message.text());
      }
    });
    page.setDefaultTimeout(WAIT_MS);
  }

  /**
   * Opens the page of a running queue.
   *
   * @param url The page's URL.
   */
  static async at(url: string): Promise<OpenPage> {
    const browser = await openBrowser();
    const opened = new OpenPage(browser, await browser.newPage(READER));
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

  /** Closes the browser. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#browser.close();
    assertEquals(this.problems, []);
  }
}

/** A queue in the test's process, with its page. */
export class QueuePage extends OpenPage {
  /** The queue. */
  readonly queue: ProgramQueue;

  private constructor(queue: ProgramQueue, browser: Browser, page: Page) {
    super(browser, page);
    this.queue = queue;
  }

  /**
   * Starts a queue, and opens its page.
   *
   * @param options Options of the queue that differ from those of {@linkcode startPageQueue}.
   */
  static async open(options: QueueOptions = {}): Promise<QueuePage> {
    const queue = await startPageQueue(options);
    const browser = await openBrowser();
    const opened = new QueuePage(queue, browser, await browser.newPage(READER));
    await opened.page.goto(`http://${queue.http[0]}/`);
    return opened;
  }

  /** Closes the browser, and ends the queue. */
  override async [Symbol.asyncDispose](): Promise<void> {
    try {
      await super[Symbol.asyncDispose]();
    } finally {
      await this.queue[Symbol.asyncDispose]();
    }
  }
}

const READER = { locale: "en-GB" };

/**
 * Starts a queue that serves its page, on free ports of the loopback interface.
 *
 * @param options Options that differ from these and from the defaults.
 */
export async function startPageQueue(options: QueueOptions = {}): Promise<ProgramQueue> {
  const defaults = { frontend: ANY_PORT, backend: ANY_PORT, http: "127.0.0.1:0", drainTimeout: 0 };
  return await startProgramQueue({ ...defaults, ...options });
}
