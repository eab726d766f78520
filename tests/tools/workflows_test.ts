/** The workflows run what exists here, from sources that cannot change under their names. */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import config from "../../deno.json" with { type: "json" };
import { ROOT } from "../harness/capabilities.ts";
import { scenario } from "../harness/scenario.ts";

const FOLDER = new URL(".github/workflows/", ROOT);

async function readWorkflows(): Promise<ReadonlyMap<string, string>> {
  const names = (await Array.fromAsync(Deno.readDir(FOLDER))).map(({ name }) => name);
  const texts = names.map(async (name) => [name, await Deno.readTextFile(new URL(name, FOLDER))] as const);
  return new Map(await Promise.all(texts));
}

scenario("workflows name actions by the digest of a commit", ["files"], async () => {
  for (const [name, text] of await readWorkflows()) {
    const actions = [...text.matchAll(/uses: (.*)$/gm)].map(([, action]) => action!);
    assert(actions.length > 0, name);
    for (const action of actions) assertMatch(action, /^[\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/, name);
  }
});

scenario("workflows have no permissions but those that a job asks for", ["files"], async () => {
  for (const [name, text] of await readWorkflows()) {
    assertMatch(text, /^permissions: \{\}$/m, name);
    // Only the job that publishes may write.
    const jobs = text.slice(text.indexOf("\njobs:\n")).split(/^ {2}(?=[\w-]+:$)/m).slice(1);
    const writing = jobs.filter((job) => job.includes(": write\n")).map((job) => job.split(":", 1)[0]);
    assertEquals(writing, name === "release.yml" ? ["publish"] : [], name);
  }
});

scenario("workflows run tasks that exist", ["files"], async () => {
  for (const [name, text] of await readWorkflows()) {
    for (const [, task] of text.matchAll(/deno task ([\w:-]+)/g)) assert(task! in config.tasks, `${name}: ${task}`);
  }
});

scenario(
  "release.yml tries archives with a test that exists, and with the Deno that compiled them",
  ["files"],
  async () => {
    const text = (await readWorkflows()).get("release.yml")!;
    const [, filter] = /--filter "(.*)"/.exec(text)!;
    assertStringIncludes(
      await Deno.readTextFile(new URL("tests/programs/binary_test.ts", ROOT)),
      `scenario("${filter}`,
    );
    const versions = new Set([...text.matchAll(/deno-version: v?(\S+)/g)].map(([, version]) => version));
    assertEquals([...versions], ["2.6.10"]);
  },
);
