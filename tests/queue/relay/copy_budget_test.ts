import { assertEquals } from "@std/assert";
import { CopyBudget } from "../../../lib/queue/relay/copy_budget.ts";

const TOO_MANY = "more than 10 within a second";
const TOO_LARGE = "more than 16 MiB not yet written";
const MIB = 1024 * 1024;

Deno.test("CopyBudget.take() allows ten copies within any second", () => {
  const budget = new CopyBudget();
  for (let copy = 0; copy < 10; copy++) assertEquals(budget.take(1, 50 * copy), undefined);
  assertEquals([budget.take(1, 500), budget.take(1, 999.5)], [TOO_MANY, TOO_MANY]);
  assertEquals([budget.take(1, 1000), budget.take(1, 1000)], [undefined, TOO_MANY]);
  assertEquals([budget.take(1, 1050), budget.take(1, 1099)], [undefined, TOO_MANY]);
});

Deno.test("CopyBudget.take() allows 16 MiB of unwritten copies", () => {
  const budget = new CopyBudget();
  assertEquals(budget.take(16 * MIB + 1, 0), TOO_LARGE);
  assertEquals([budget.take(10 * MIB, 0), budget.take(6 * MIB, 0)], [undefined, undefined]);
  assertEquals([budget.take(0, 0), budget.take(1, 0)], [undefined, TOO_LARGE]);
  budget.release(10 * MIB);
  assertEquals([budget.take(10 * MIB, 0), budget.take(1, 0)], [undefined, TOO_LARGE]);
});
