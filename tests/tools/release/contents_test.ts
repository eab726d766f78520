/** An archive has what the documents in it name. */

import { assert, assertEquals } from "@std/assert";
import { contentsOf } from "../../../tools/release/contents.ts";
import { ROOT } from "../../harness/capabilities.ts";
import { readDocuments } from "../../harness/documents.ts";
import { scenario } from "../../harness/scenario.ts";

const DOC = "share/doc/simple-pirate/";
const PACKAGING = `${DOC}packaging/`;

scenario("contentsOf() has the images, the manifests, the alerts and the dashboard, where documents link to them", [
  "files",
], async () => {
  const files = (await contentsOf(ROOT)).map(({ to }) => to);
  assertEquals(new Set(files).size, files.length);
  const packaging = files.filter((path) => path.startsWith(PACKAGING)).map((path) => path.slice(PACKAGING.length));
  assertEquals(packaging.sort(), [
    "container/compose.yaml",
    "container/context",
    "container/grafana_dashboards.yml",
    "container/grafana_source.yml",
    "container/prometheus.yml",
    "container/queue.Dockerfile",
    "container/worker.Dockerfile",
    "grafana/dashboard.json",
    "kubernetes/base/deployment.yaml",
    "kubernetes/base/kustomization.yaml",
    "kubernetes/base/service.yaml",
    "kubernetes/linked_queues/kustomization.yaml",
    "kubernetes/policies/disruption_budget.yaml",
    "kubernetes/policies/kustomization.yaml",
    "kubernetes/policies/network_policy.yaml",
    "kubernetes/queue/kustomization.yaml",
    "kubernetes/spread/kustomization.yaml",
    "kubernetes/two_queues/a/kustomization.yaml",
    "kubernetes/two_queues/b/kustomization.yaml",
    "kubernetes/two_queues/kustomization.yaml",
    "kubernetes/workers/deployment.yaml",
    "kubernetes/workers/kustomization.yaml",
    "kubernetes/workers/scaled_object.yaml",
    "prometheus/prometheus.yml",
    "prometheus/rules.yml",
    "prometheus/rules_test.yml",
  ]);
  for (const { path, links } of (await readDocuments()).filter(({ path }) => path.startsWith("docs/"))) {
    for (const link of links.filter((link) => /^\.\.\/(SECURITY\.md|packaging\/(?!systemd))/.test(link))) {
      const target = DOC + link.slice("../".length);
      assert(
        files.some((file) => file === target || file.startsWith(`${target.replace(/\/$/, "")}/`)),
        `${path}: ${link}`,
      );
    }
  }
});

scenario("files that mount or include other files have them in the archive", ["files"], async () => {
  const files = await contentsOf(ROOT);
  const places = files.map(({ to }) => to);
  const isThere = (path: string) => places.some((file) => file === path || file.startsWith(`${path}/`));
  for (const { from, to } of files.filter(({ to }) => to.startsWith(PACKAGING) && /\.ya?ml$/.test(to))) {
    const text = await Deno.readTextFile(from);
    // A folder or file beside it, except what its user makes (keys, data).
    for (const [, path] of text.matchAll(/(?:^|[\s"[-])(\.\.\/[\w./]+)/gm)) {
      const target = new URL(path!, `file:///${to}`).pathname.slice(1).replace(/\/$/, "");
      assert(isThere(target), `${to} needs ${path}`);
    }
  }
});
