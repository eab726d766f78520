/** The demo, as a newcomer starts it. */

import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { ROOT } from "../harness/capabilities.ts";
import { Program } from "../harness/program.ts";
import { scenario } from "../harness/scenario.ts";

const NEEDS = ["programs", "process groups"] as const;

/** Starts it as the first of a process group. */
function startDemo(...args: readonly string[]): Program {
  return new Program("setsid", { args: [Deno.execPath(), "task", "--quiet", "demo", ...args], cwd: ROOT });
}

/** Whether any process of a group is left. */
async function isLeft(group: number): Promise<boolean> {
  const { success } = await new Deno.Command("kill", { args: ["-0", "--", `-${group}`], stderr: "null" }).output();
  return success;
}

scenario("demo ends by itself with 0, a summary and every request answered", NEEDS, async () => {
  await using demo = startDemo();
  const { code, stdout, stderr } = await demo.exit;
  assertEquals({ code, stderr }, { code: 0, stderr: "" });
  assertMatch(
    stdout,
    /\n60 requests, all answered\. \d+ workers? crashed and .* gave \d+ requests? to other workers\. .* \d+ times?\.\n\nNext/,
  );
  for (const name of ["queue", "worker 4", "client 3"]) assertMatch(stdout, new RegExp(`^${name} +\\S`, "m"));
  assertEquals([stdout.includes("\x1b"), await isLeft(demo.pid)], [false, false]);
});

scenario("demo leaves nothing running when it gets Ctrl-C, however early", [...NEEDS, "long run"], async () => {
  for (const until of ["queue     listening", "client 1  reply sequence=1\n", "simulated crash"]) {
    await using demo = startDemo();
    await demo.text("stdout", new RegExp(until));
    Deno.kill(-demo.pid, "SIGINT");
    const { code, stdout, stderr } = await demo.exit;
    assertEquals({ code, stderr }, { code: 130, stderr: "" });
    assertStringIncludes(stdout, "\n60 requests, ");
    assertEquals(await isLeft(demo.pid), false);
  }
});

scenario(
  "demo with --stay runs until Ctrl-C, and serves the page that it names",
  [...NEEDS, "long run"],
  async () => {
    await using demo = startDemo("--stay");
    const [, url] = await demo.text("stdout", /Look at it in a browser: {2}(http:\/\/127\.0\.0\.1:\d+\/)\n/);
    const page = await fetch(url!);
    assertEquals([page.status, page.headers.get("content-type")], [200, "text/html; charset=utf-8"]);
    await page.body?.cancel();
    await demo.text("stdout", /client 1 {2}reply sequence=25\n/);
    Deno.kill(-demo.pid, "SIGINT");
    const { code } = await demo.exit;
    assertEquals([code, await isLeft(demo.pid)], [130, false]);
  },
);

scenario("demo refuses other options", NEEDS, async () => {
  await using demo = startDemo("--forever");
  const { code, stderr } = await demo.exit;
  assertEquals(code, 2);
  assertStringIncludes(stderr, "--forever");
});
