/** The program in docs/programs.md does what the text says of it. */

import { assertEquals, assertRejects } from "@std/assert";
import { JobError } from "../../lib/worker/job_error.ts";
import { PersistentExecutor } from "../../lib/worker/exec/persistent_executor.ts";
import { PYTHON, ROOT } from "../harness/capabilities.ts";
import { execute, framesOf, textsOf } from "../harness/jobs.ts";
import { scenario } from "../harness/scenario.ts";

scenario("docs/programs.md shows a program that stays", ["python", "files"], async () => {
  const text = await Deno.readTextFile(new URL("docs/programs.md", ROOT));
  const program = /```python\n(.*?)```/s.exec(text)![1]!;
  await using executor = new PersistentExecutor([PYTHON, "-c", program]);
  assertEquals(textsOf(await execute(executor, "hello")), ["907060870"]);
  await assertRejects(() => execute(executor, framesOf("a", "b")), JobError, "refused the job: ValueError");
  assertEquals(textsOf(await execute(executor, "hello")), ["907060870"]);
});
