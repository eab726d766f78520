/** The program in docs/programs.md does what the text says of it. */

import { assertEquals, assertRejects } from "@std/assert";
import { PersistentExecutor } from "../../lib/worker/exec/persistent_executor.ts";
import { JobError } from "../../lib/worker/job_error.ts";
import { PYTHON, ROOT } from "../harness/capabilities.ts";
import { execute, framesOf, textsOf } from "../harness/jobs.ts";
import { scenario } from "../harness/scenario.ts";

/** The program, with another line for what it does with a text. */
async function documented(calculation?: string): Promise<PersistentExecutor> {
  const text = await Deno.readTextFile(new URL("docs/programs.md", ROOT));
  const program = /```python\n(.*?)```/s.exec(text)![1]!;
  const changed = calculation === undefined ? program : program.replace(/^ {4}return .*$/m, `    ${calculation}`);
  return new PersistentExecutor([PYTHON, "-c", changed]);
}

scenario("docs/programs.md shows a persistent program that answers bad input", ["python", "files"], async () => {
  await using executor = await documented();
  assertEquals(textsOf(await execute(executor, "hello")), ["907060870"]);
  const inputs = [framesOf("a", "b"), [], [new Uint8Array([0xff])]];
  for (const input of inputs) {
    const [reply, ...more] = textsOf(await execute(executor, input));
    assertEquals([reply!.slice(0, 7), more], ["error: ", []]);
  }
  assertEquals(textsOf(await execute(executor, "hello")), ["907060870"]);
});

scenario(
  "docs/programs.md shows a program that hands back a request that another worker might do",
  ["python", "files"],
  async () => {
    await using executor = await documented('open("/nonexistent/file") if text == "bad" else None; return [text]');
    await assertRejects(() => execute(executor, "bad"), JobError, "refused the job: FileNotFoundError");
    assertEquals(textsOf(await execute(executor, "good")), ["good"]);
  },
);
