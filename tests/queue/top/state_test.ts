import { assertEquals } from "@std/assert";
import { statusOf } from "../../../lib/queue/status/status.ts";
import { firstState, shownTable, type TopState, withAnswer, withKey } from "../../../lib/queue/top/state.ts";
import { busySnapshot, FACTS } from "../status/snapshot_of.ts";

const STATUS = statusOf(busySnapshot(), FACTS, { at: "2026-01-01T00:00:02.000Z", paused: null, drain: null });
const ONE = firstState(["a:1"], 1000);
const TWO = firstState(["a:1", "b:1"], 1000);

function typed(state: TopState, ...keys: string[]): TopState {
  return keys.reduce((state, key) => withKey(state, key, { count: 10, room: 4 }, "b:1"), state);
}

Deno.test("firstState() opens the only queue, and lists several", () => {
  assertEquals([ONE.opened, shownTable(ONE)], ["a:1", "workers"]);
  assertEquals([TWO.opened, shownTable(TWO)], [undefined, "queues"]);
});

Deno.test("withAnswer() keeps the numbers of a queue that cannot be asked, until it is back", () => {
  const known = withAnswer(TWO, { address: "b:1", status: STATUS, error: undefined });
  const lost = withAnswer(known, { address: "b:1", error: "refused" });
  assertEquals(lost.queues, [{ address: "a:1" }, { address: "b:1", status: STATUS, error: "refused" }]);
  assertEquals(withAnswer(lost, { address: "b:1", status: STATUS, error: undefined }).queues[1]!.error, undefined);
});

Deno.test("withAnswer() changes nothing while it is frozen", () => {
  const frozen = typed(ONE, " ");
  assertEquals(withAnswer(frozen, { address: "a:1", error: "refused" }), frozen);
  assertEquals(typed(frozen, "f").isFrozen, false);
});

Deno.test("withKey() opens the marked queue, and goes back", () => {
  const opened = typed(TWO, "enter");
  assertEquals([opened.opened, shownTable(typed(opened, "c")), shownTable(typed(opened, "tab", "tab"))], [
    "b:1",
    "clients",
    "exhausted",
  ]);
  assertEquals(typed(opened, "escape").opened, undefined);
  assertEquals(typed(ONE, "escape").opened, "a:1");
});

Deno.test("withKey() moves within the table", () => {
  const lineAfter = (...keys: string[]) => typed(ONE, ...keys).line;
  assertEquals([lineAfter("up"), lineAfter("down", "j"), lineAfter("page-down", "page-down"), lineAfter("end")], [
    0,
    2,
    6,
    6,
  ]);
  assertEquals([lineAfter("end", "k"), lineAfter("end", "page-up", "home")], [5, 0]);
  // In the list of queues every line can be marked.
  assertEquals(typed(TWO, "end").line, 9);
});

Deno.test("withKey() sorts by the next column, and the other way round", () => {
  assertEquals(typed(ONE, "s", "r").orders.workers, { column: 3, isReversed: true });
  assertEquals(typed(ONE, "x", ..."ssssss").orders.exhausted.column, 1);
  assertEquals(typed(ONE, "s").orders.queues, ONE.orders.queues);
});

Deno.test("withKey() adds letters to the filter until Enter, and Escape clears it", () => {
  const typing = typed(ONE, "/", "q", "x", "backspace");
  assertEquals([typing.filter, typing.isTyping, typing.isOver], ["q", true, false]);
  assertEquals([typed(typing, "enter").filter, typed(typing, "enter").isTyping], ["q", false]);
  assertEquals([typed(typing, "escape").filter, typed(typing, "enter", "escape").filter], ["", ""]);
});

Deno.test("withKey() changes the interval between its limits", () => {
  assertEquals([typed(ONE, "+").intervalMs, typed(ONE, "-").intervalMs], [2000, 500]);
  assertEquals(typed(ONE, "-", "-", "-").intervalMs, 500);
  assertEquals(typed(ONE, ..."+++++++++").intervalMs, 60_000);
});

Deno.test("withKey() shows help until any key, and quits on q and Ctrl-C", () => {
  assertEquals([typed(ONE, "?").showsHelp, typed(ONE, "?", "x").showsHelp], [true, false]);
  for (const keys of [["q"], ["ctrl-c"], ["?", "q"], ["/", "ctrl-c"]]) assertEquals(typed(ONE, ...keys).isOver, true);
});
