/** The Kubernetes manifests: by published schemas, and by what the programs know. */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { parseCommandLine } from "../../lib/cli/parse.ts";
import { VARIABLES } from "../../lib/cli/variables.ts";
import { parseHttpAddress } from "../../lib/http/address.ts";
import { QUEUE_PROGRAM } from "../../lib/queue/options.ts";
import { parseDuration } from "../../lib/units.ts";
import { KEDA_MODULE, PYTHON, ROOT } from "../harness/capabilities.ts";
import { scenario } from "../harness/scenario.ts";

const NEEDS = ["long run", "programs", "files", "kubernetes schemas", "keda schemas"] as const;
/** What is applied, each by `kubectl apply -k`. */
const FOLDERS = ["queue", "two_queues", "two_queues/a", "two_queues/b", "linked_queues", "workers"] as const;

interface Container {
  readonly args?: readonly string[];
  readonly env: readonly { readonly name: string; readonly value: string }[];
  readonly ports: readonly { readonly name: string; readonly containerPort: number }[];
  readonly lifecycle?: { readonly preStop: { readonly sleep: { readonly seconds: number } } };
  readonly readinessProbe: { readonly httpGet: { readonly path: string; readonly port: string } };
  readonly livenessProbe: { readonly httpGet: { readonly path: string; readonly port: string } };
  readonly volumeMounts: readonly { readonly mountPath: string }[];
}

/** What the tests look at of a manifest; which parts there are depends on its kind. */
interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly replicas?: number;
    readonly strategy?: { readonly type: string };
    readonly template: {
      readonly metadata: { readonly labels: Readonly<Record<string, string>> };
      readonly spec: { readonly terminationGracePeriodSeconds: number; readonly containers: readonly Container[] };
    };
    readonly selector: Readonly<Record<string, string>>;
    readonly ports: readonly { readonly targetPort: string; readonly port: number }[];
    readonly ingress: readonly { readonly ports: readonly { readonly port: string }[] }[];
    readonly scaleTargetRef: { readonly name: string };
    readonly triggers: readonly { readonly metadata: { readonly query: string; readonly threshold: string } }[];
  };
}

async function run(command: string, args: readonly string[], input = ""): Promise<string> {
  const process = new Deno.Command(command, {
    args: [...args],
    cwd: ROOT,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  })
    .spawn();
  const output = process.output();
  const writer = process.stdin.getWriter();
  await writer.write(new TextEncoder().encode(input));
  await writer.close();
  const { success, stdout, stderr } = await output;
  assert(success, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

async function built(folder: typeof FOLDERS[number]): Promise<string> {
  return await run("kubectl", ["kustomize", `packaging/kubernetes/${folder}`]);
}

async function validated(text: string): Promise<{ manifests: Manifest[]; problems: string[] }> {
  const { Dir } = JSON.parse(await run("go", ["mod", "download", "-json", KEDA_MODULE])) as { Dir: string };
  return JSON.parse(await run(PYTHON, ["tests/packaging/validate.py", `${Dir}/config/crd/bases`], text));
}

const checked = new Map<string, ReturnType<typeof validated>>();

/** What a folder comes to; each is checked once. */
async function manifestsOf(folder: typeof FOLDERS[number]): ReturnType<typeof validated> {
  if (!checked.has(folder)) checked.set(folder, validated(await built(folder)));
  return await checked.get(folder)!;
}

/** The containers' variables, by name. */
function variablesOf({ spec }: Manifest): Readonly<Record<string, string>> {
  return Object.fromEntries(
    spec.template.spec.containers.flatMap(({ env }) => env.map(({ name, value }) => [name, value])),
  );
}

scenario("Kubernetes' and KEDA's schemas accept the manifests", NEEDS, async () => {
  const kinds: Record<string, string[]> = {};
  for (const folder of FOLDERS) {
    const { manifests, problems } = await manifestsOf(folder);
    assertEquals(problems, [], folder);
    kinds[folder] = manifests.map(({ kind, metadata: { name } }) => `${kind} ${name}`).sort();
  }
  const policies = ["NetworkPolicy spqueue", "PodDisruptionBudget spqueue"];
  assertEquals(kinds, {
    "queue": ["Deployment spqueue", ...policies, "Service spqueue"],
    "two_queues": [
      "Deployment spqueue-a",
      "Deployment spqueue-b",
      ...policies,
      "Service spqueue-a",
      "Service spqueue-b",
    ],
    "two_queues/a": ["Deployment spqueue-a", "Service spqueue-a"],
    "two_queues/b": ["Deployment spqueue-b", "Service spqueue-b"],
    "linked_queues": ["Deployment spqueue", ...policies, "Service spqueue"],
    "workers": ["Deployment spworker", "ScaledObject spworker"],
  });
});

scenario("the schemas reject misspelled manifests", NEEDS, async () => {
  for (
    const [folder, right, wrong] of [
      ["workers", "maxReplicaCount", "maxReplicas"],
      ["workers", "readinessProbe", "readynessProbe"],
      ["linked_queues", "seconds: 5", "seconds: five"],
      ["queue", "policyTypes", "policyType"],
    ] as const
  ) {
    const text = await built(folder);
    assertStringIncludes(text, right);
    const { problems } = await validated(text.replace(right, wrong));
    assertEquals(problems.length, 1, wrong);
  }
});

scenario("queues' grace periods are the sum that docs/containers.md gives", NEEDS, async () => {
  for (const folder of ["queue", "two_queues", "linked_queues"] as const) {
    const { manifests } = await manifestsOf(folder);
    for (const queue of manifests.filter(({ kind }) => kind === "Deployment")) {
      const { terminationGracePeriodSeconds, containers: [container] } = queue.spec.template.spec;
      const sleep = container!.lifecycle?.preStop.sleep.seconds ?? 0;
      const drain = parseDuration(variablesOf(queue).SPQ_DRAIN_TIMEOUT!) / 1000;
      assertEquals(terminationGracePeriodSeconds, sleep + drain + 2, `${folder} ${queue.metadata.name}`);
    }
  }
});

scenario("the manifests name ports, paths and variables that exist", NEEDS, async () => {
  for (const folder of FOLDERS) {
    const { manifests } = await manifestsOf(folder);
    const ports = new Set<string>();
    for (const { spec } of manifests.filter(({ kind }) => kind === "Deployment")) {
      for (const container of spec.template.spec.containers) {
        for (const { name } of container.ports) ports.add(name);
        for (const { name, value } of container.env) {
          assert(VARIABLES.includes(name), name);
          const folder = /^(\/\w+)\//.exec(value)?.[1];
          if (folder !== undefined) assert(container.volumeMounts.some(({ mountPath }) => mountPath === folder), value);
        }
        const port = folder === "workers" ? "http" : "health";
        assertEquals(container.readinessProbe.httpGet, { path: "/ready", port });
        assertEquals(container.livenessProbe.httpGet, { path: "/alive", port });
        assert(container.ports.some(({ name }) => name === port), port);
      }
    }
    for (const { kind, spec } of manifests) {
      if (kind === "Service") { for (const { targetPort } of spec.ports) assert(ports.has(targetPort), targetPort); }
      if (kind === "NetworkPolicy") {
        assertEquals(spec.ingress.flatMap((rule) => rule.ports.map(({ port }) => port)), [
          "frontend",
          "backend",
          "http",
        ]);
      }
    }
  }
});

scenario(
  "queues serve HTTP at the ports that the manifests name: one for others, and one for the kubelet",
  NEEDS,
  async () => {
    for (const folder of ["queue", "two_queues", "linked_queues"] as const) {
      const { manifests } = await manifestsOf(folder);
      for (const queue of manifests.filter(({ kind }) => kind === "Deployment")) {
        const [container] = queue.spec.template.spec.containers;
        const { options } = parseCommandLine(QUEUE_PROGRAM, container!.args!, (name) => variablesOf(queue)[name]);
        const ports = container!.ports.filter(({ name }) => name === "http" || name === "health");
        assertEquals(
          options.http?.map((text) => parseHttpAddress(text)),
          ports.map(({ containerPort: port }) => ({ kind: "tcp" as const, host: "0.0.0.0", port })),
          `${folder} ${queue.metadata.name}`,
        );
      }
    }
  },
);

scenario("each service of two queues has only the pods of its own queue", NEEDS, async () => {
  const { manifests } = await manifestsOf("two_queues");
  const deployments = manifests.filter(({ kind }) => kind === "Deployment");
  for (const { metadata: { name }, spec } of manifests.filter(({ kind }) => kind === "Service")) {
    const chosen = deployments.filter(({ spec: { template: { metadata: { labels } } } }) =>
      Object.entries(spec.selector).every(([label, value]) => labels[label] === value)
    );
    assertEquals(chosen.map((deployment) => deployment.metadata.name), [name]);
  }
  for (const { spec } of deployments) assertEquals([spec.replicas, spec.strategy!.type], [1, "Recreate"]);
});

scenario("KEDA scales workers by a metric that the queue has, and by their concurrency", NEEDS, async () => {
  const { manifests } = await manifestsOf("workers");
  const workers = manifests.find(({ kind }) => kind === "Deployment")!;
  const { spec: { scaleTargetRef, triggers } } = manifests.find(({ kind }) => kind === "ScaledObject")!;
  assertEquals(scaleTargetRef.name, workers.metadata.name);
  assertEquals(triggers.length, 1);
  const { query, threshold } = triggers[0]!.metadata;
  assertEquals(threshold, variablesOf(workers).SPQ_WORKER_CONCURRENCY);
  const metrics = await Deno.readTextFile(new URL("lib/queue/http/metrics.ts", ROOT));
  for (const [name] of query.matchAll(/\bspq_\w+/g)) assertStringIncludes(metrics, `gauge("${name}"`);
});
