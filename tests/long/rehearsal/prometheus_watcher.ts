/**
 * A Prometheus that scrapes the queue all day, with the alert rules of this repository.
 *
 * @module
 */

import { ROOT } from "../../harness/capabilities.ts";
import { Prometheus, until } from "../../harness/prometheus.ts";
import { demand } from "../../faults/fault.ts";
import type { Production } from "./production.ts";
import type { Watcher } from "./watcher.ts";

const ANSWERED = `sum(spq_requests_ended_total{job="spqueue",how="answered"})`;

/** It. */
export class PrometheusWatcher implements Watcher {
  readonly name = "prometheus";
  readonly #prometheus: Prometheus;

  private constructor(prometheus: Prometheus) {
    this.#prometheus = prometheus;
  }

  /**
   * Starts it.
   *
   * @param production What it watches.
   */
  static async open(production: Production): Promise<PrometheusWatcher> {
    const config = `${production.settings.folder}/prometheus.yml`;
    await Deno.writeTextFile(
      config,
      JSON.stringify({
        global: { scrape_interval: "1s", evaluation_interval: "5s" },
        rule_files: [decodeURIComponent(new URL("packaging/prometheus/rules.yml", ROOT).pathname)],
        scrape_configs: [{ job_name: "spqueue", static_configs: [{ targets: [production.queue.http] }] }],
      }),
    );
    return new PrometheusWatcher(await Prometheus.start(config));
  }

  /** Checks that its figures are the queue's, and that it can evaluate the alerts. */
  check = async ({ queue }: Production): Promise<string> => {
    // The status is renewed each second.
    const answered = await until(async () => {
      const { account } = await queue.status();
      return await this.#value(ANSWERED) === account.answered ? account.answered : undefined;
    }, "Prometheus to have the queue's figure");
    const scrapes = await this.#value(`count_over_time(up{job="spqueue"}[7d])`) ?? 0;
    const successes = await this.#value(`sum_over_time(up{job="spqueue"}[7d])`) ?? 0;
    const rules = await this.#prometheus.rules();
    const bad = rules.filter(({ health }) => health === "err").map(({ name, lastError }) => `${name}: ${lastError}`);
    demand(bad.length === 0 && rules.length > 0, "Prometheus can evaluate all alerts", bad);
    return `${successes} of ${scrapes} scrapes succeeded (none can while no queue listens); last figure is the queue's: ${answered} answered`;
  };

  /** Ends it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#prometheus[Symbol.asyncDispose]();
  }

  async #value(expression: string): Promise<number | undefined> {
    return (await this.#prometheus.query(expression))[0]?.value;
  }
}
