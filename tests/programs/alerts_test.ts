/** The alert rules and the dashboard in packaging/ are right, and name only what a queue serves. */

import { assert, assertEquals } from "@std/assert";
import { ROOT } from "../harness/capabilities.ts";
import { Folder } from "../harness/folder.ts";
import { Peers } from "../harness/peers.ts";
import { Program } from "../harness/program.ts";
import { startQueue } from "../harness/programs.ts";
import { Prometheus, until } from "../harness/prometheus.ts";
import { metricOf, selectorsOf } from "../harness/promql.ts";
import { scenario } from "../harness/scenario.ts";

const RULES = new URL("packaging/prometheus/rules.yml", ROOT);
const RULES_TEST = new URL("packaging/prometheus/rules_test.yml", ROOT);
const CONFIG = new URL("packaging/prometheus/prometheus.yml", ROOT);
const DASHBOARD = new URL("packaging/grafana/dashboard.json", ROOT);
const TOKEN = "a-token-that-nobody-guesses";

/** What this test reads of a dashboard. */
interface Dashboard {
  readonly templating: {
    readonly list: readonly { readonly type: string; readonly query: { readonly query: string } }[];
  };
  readonly panels: readonly Panel[];
}

interface Panel {
  readonly id: number;
  readonly title: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly { readonly expr: string }[];
}

async function readDashboard(): Promise<Dashboard> {
  return JSON.parse(await Deno.readTextFile(DASHBOARD));
}

/** The expressions of a dashboard, with Grafana's variables filled in. */
function expressionsOf({ panels, templating }: Dashboard): string[] {
  const ofPanels = panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));
  const ofVariables = templating.list.filter(({ type }) => type === "query").map(({ query }) => {
    const [, selector] = /^label_values\((.+), \w+\)$/.exec(query.query) ?? [];
    assert(selector !== undefined, `"${query.query}" lists no values of a label`);
    return selector;
  });
  return [...ofPanels, ...ofVariables].map((expression) =>
    expression.replaceAll("$__rate_interval", "1m").replaceAll(/\$\w+/g, ".*")
  );
}

function alertsIn(text: string, key: string): string[] {
  return Array.from(text.matchAll(new RegExp(`\\b${key}: (\\w+)`, "g")), ([, name]) => name!);
}

scenario(
  "promtool finds nothing wrong with the alert rules, and their tests hold",
  ["programs", "prometheus"],
  async () => {
    for (const args of [["check", "rules", RULES.pathname], ["test", "rules", RULES_TEST.pathname]]) {
      await using promtool = new Program("promtool", { args });
      const { code, stdout, stderr } = await promtool.exit;
      assertEquals([code, stderr], [0, ""], stdout);
      assert(stdout.includes("SUCCESS"), stdout);
    }
  },
);

scenario("each alert has a test, and docs/operating.md says what it means", ["files"], async () => {
  const alerts = alertsIn(await Deno.readTextFile(RULES), "alert");
  assertEquals(new Set(alertsIn(await Deno.readTextFile(RULES_TEST), "alertname")), new Set(alerts));
  const operating = await Deno.readTextFile(new URL("docs/operating.md", ROOT));
  assertEquals(new Set(Array.from(operating.matchAll(/^- \*\*`(Spq\w+)`/gm), ([, name]) => name!)), new Set(alerts));
});

scenario("the dashboard's panels have unique ids, and do not overlap", ["files"], async () => {
  const { panels } = await readDashboard();
  assertEquals(new Set(panels.map(({ id }) => id)).size, panels.length);
  const taken = new Map<string, string>();
  for (const { title, gridPos: { x, y, w, h } } of panels) {
    assert(x + w <= 24, `"${title}" is wider than the dashboard`);
    for (let row = y; row < y + h; row++) {
      for (let column = x; column < x + w; column++) {
        const cell = `${column}:${row}`;
        assert(!taken.has(cell), `"${title}" lies on "${taken.get(cell)}"`);
        taken.set(cell, title);
      }
    }
  }
});

scenario(
  "a Prometheus with the configuration in packaging/ knows every series of rules and dashboard, and who has no workers",
  ["programs", "ffi", "files", "network", "prometheus", "long run"],
  async () => {
    using folder = new Folder();
    const token = folder.file("spqueue.token");
    await Deno.writeTextFile(token, `${TOKEN}\n`, { mode: 0o600 });
    const options = ["--http", "127.0.0.1:0", "--http-token-file", token];
    await using served = await startQueue(options);
    await using deserted = await startQueue(options);
    await using peers = await Peers.open();
    peers.echoWorker(served.backend);
    await served.event("worker joined");
    const addresses = await Promise.all(
      [served, deserted].map(async (queue) => ((await queue.event("listening")).http as string[])[0]!),
    );

    await Deno.copyFile(RULES, folder.file("rules.yml"));
    const config = (await Deno.readTextFile(CONFIG))
      .replace('["queue.example:5557"]', JSON.stringify(addresses))
      .replace("scrape_interval: 15s", "scrape_interval: 1s");
    await Deno.writeTextFile(folder.file("prometheus.yml"), `global: { evaluation_interval: 1s }\n${config}`);
    await using prometheus = await Prometheus.start(folder.file("prometheus.yml"));
    await until(async () => (await prometheus.query("up == 1")).length === 2 || undefined, "both queues to be scraped");

    const rules = await until(async () => {
      const rules = await prometheus.rules();
      return rules.every(({ health }) => health !== "unknown") ? rules : undefined;
    }, "the rules to be evaluated");
    assertEquals(rules.filter(({ health }) => health !== "ok").map(({ name, lastError }) => [name, lastError]), []);
    assertEquals(rules.map(({ name }) => name), alertsIn(await Deno.readTextFile(RULES), "alert"));

    const metrics = await servedMetrics(addresses[0]!);
    const ofDashboard = expressionsOf(await readDashboard());
    for (const expression of [...rules.map(({ query }) => query), ...ofDashboard]) {
      const selectors = selectorsOf(expression);
      assert(selectors.length > 0, `"${expression}" names no metric`);
      for (const selector of selectors) {
        const name = metricOf(selector);
        assert(metrics.has(name) || name === "up", `The queue does not serve ${name} of "${expression}"`);
        assert((await prometheus.query(selector)).length > 0, `There is no series ${selector} of "${expression}"`);
      }
    }
    for (const expression of ofDashboard) {
      const query = async () => (await prometheus.query(expression)).length > 0 || undefined;
      await until(query, `a value of "${expression}"`);
    }

    const alert = await until(async () => {
      const rule = (await prometheus.rules()).find(({ name }) => name === "SpqNoWorkers");
      return rule!.alerts.length === 1 ? rule!.alerts[0] : undefined;
    }, "the alert of the queue without workers, and none of the other one");
    assertEquals([alert.labels.instance, alert.labels.severity], [addresses[1], "critical"]);
  },
);

/** The names of the metrics that a queue serves. */
async function servedMetrics(http: string): Promise<Set<string>> {
  const response = await fetch(`http://${http}/metrics`, { headers: { Authorization: `Bearer ${TOKEN}` } });
  return new Set(
    (await response.text()).split("\n").filter((line) => /^[a-z]/.test(line)).map((line) => /^\w+/.exec(line)![0]),
  );
}
