import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { statusOf } from "../../../lib/queue/status/status.ts";
import { widthOf } from "../../../lib/queue/top/cells.ts";
import { screenOf } from "../../../lib/queue/top/screen.ts";
import { firstState, type TopState, withAnswer, withKey } from "../../../lib/queue/top/state.ts";
import { busySnapshot, FACTS } from "../status/snapshot_of.ts";

const STATUS = statusOf(busySnapshot(), FACTS, { at: "2026-01-01T00:00:02.000Z", paused: null, drain: null });
const USUAL = { columns: 80, rows: 24, hasColors: false };

function stateOf(addresses: readonly string[]): TopState {
  const asked = firstState(addresses, 1000);
  return withAnswer(asked, { address: addresses[0]!, status: STATUS, error: undefined });
}

function plain(lines: readonly string[]): string {
  // deno-lint-ignore no-control-regex
  return lines.map((line) => line.replaceAll(/\x1b\[\d+m/g, "").trimEnd()).join("\n");
}

function typed(state: TopState, ...keys: string[]): TopState {
  return keys.reduce((state, key) => withKey(state, key, { count: 1, room: 4 }, undefined), state);
}

Deno.test("screenOf() fills any terminal, and no line is too wide", () => {
  const hostile = { ...STATUS, sentence: "paused by 日本\x1b[2J\n: why" };
  const states = [
    firstState(["a:1"], 1000),
    stateOf(["a:1"]),
    stateOf(["a:1", "unix:/run/with/a/long/path/to/the/socket/of/http.sock"]),
    withAnswer(stateOf(["a:1"]), { address: "a:1", status: hostile, error: undefined }),
    withAnswer(stateOf(["a:1"]), { address: "a:1", error: "Cannot reach it: refused" }),
    ...[["c"], ["x"], ["?"], ["/", "n", "o"], [" "]].map((keys) => typed(stateOf(["a:1"]), ...keys)),
  ];
  const sizes = [[1, 1], [10, 3], [40, 10], [80, 24], [200, 50]] as const;
  for (const state of states) {
    for (const [columns, rows] of sizes) {
      const { lines } = screenOf(state, { columns, rows, hasColors: true });
      assertEquals(lines.length, rows);
      for (const line of lines) assertEquals(widthOf(line) <= columns, true, `${columns}: ${line}`);
      // Nothing of what a peer chose sets the terminal.
      // deno-lint-ignore no-control-regex
      assertEquals(/\x1b(?!\[\d+m)|[\n\r]/.test(lines.join("")), false);
    }
  }
});

Deno.test("screenOf() shows the state, the numbers, and the workers", () => {
  const { lines, table } = screenOf(stateOf(["a:1"]), USUAL);
  const text = plain(lines);
  assertEquals(text.startsWith(STATUS.sentence), true);
  assertStringIncludes(text, "\naccount   4 accepted = ");
  assertMatch(text, /\n\[\d+ workers] \d+ clients +\d+ exhausted\nWORKER +STATE +JOB FORv +DONE/);
  assertMatch(text, /\nq quit {2}\? help {2}a:1 +every 1s$/);
  assertEquals([table.count, table.room > 5], [STATUS.workers.list.length, true]);
});

Deno.test("screenOf() shows in 40 columns and 10 rows what matters most", () => {
  const { lines, table } = screenOf(stateOf(["a:1"]), { columns: 40, rows: 10, hasColors: false });
  const text = plain(lines);
  assertMatch(text, /\nwaiting {3}1/);
  assertMatch(text, /\nWORKER +STATE +JOB FORv/);
  assertEquals(table.room >= 2, true);
  const help = plain(screenOf(typed(stateOf(["a:1"]), "?"), { columns: 40, rows: 10, hasColors: false }).lines);
  assertEquals(help.includes("~"), false, help);
  assertStringIncludes(help, "q, Ctrl-C  quit");
});

Deno.test("screenOf() shows clients, exhausted requests, and rows with a text only", () => {
  const [worker] = STATUS.workers.list;
  const text = (...keys: string[]) => plain(screenOf(typed(stateOf(["a:1"]), ...keys), USUAL).lines);
  assertMatch(text("c"), /\[\d+ clients]/);
  assertMatch(text("x"), /\[1 exhausted]\nCLIENT +AGOv +BYTES +FILE +WORKERS.*\n.+ 1 +- /);
  assertStringIncludes(text("/", ...worker!.name, "enter"), `with "${worker!.name}"`);
  assertEquals(screenOf(typed(stateOf(["a:1"]), "/", "?", "?"), USUAL).table.count, 0);
});

Deno.test("screenOf() shows the files of exhausted requests, and their folder, where they are kept", () => {
  const file = "/var/lib/spqueue/exhausted/20260101T000000.000Z-0123456789abcdef.body";
  const status = { ...STATUS, exhausted: STATUS.exhausted.map((request) => ({ ...request, file })) };
  const state = typed(withAnswer(stateOf(["a:1"]), { address: "a:1", status, error: undefined }), "x");
  const text = plain(screenOf(state, USUAL).lines);
  assertMatch(text, /\[1 exhausted] files in \/var\/lib\/spqueue\/exhausted\nCLIENT +AGOv +BYTES +FILE/);
  assertMatch(text, / 20260101T000000\.000Z-0123456789abcdef\.body/);
});

Deno.test("screenOf() lists several queues, marks one, and says which cannot be reached", () => {
  const lost = withAnswer(stateOf(["a:1", "b:1"]), { address: "b:1", error: "refused" });
  const { lines, marked } = screenOf({ ...lost, line: 1 }, USUAL);
  const text = plain(lines);
  assertMatch(text, /^2 queues, 1 cannot be reached\n {2}QUEUEv/);
  assertMatch(text, /\n {2}a:1 +\w.*\n> b:1 +unreachable /);
  assertEquals(marked, "b:1");
});

Deno.test("screenOf() keeps the last numbers of a queue that cannot be reached, and says so", () => {
  const lost = withAnswer(stateOf(["a:1"]), { address: "a:1", error: "Cannot reach it: refused" });
  const text = plain(screenOf(lost, USUAL).lines);
  assertMatch(text, /^unreachable, with its last numbers: Cannot reach it: refused\nwaiting/);
});

Deno.test("screenOf() has colours only where the terminal has", () => {
  // deno-lint-ignore no-control-regex
  const color = /\x1b\[3\d/;
  assertMatch(screenOf(stateOf(["a:1"]), { ...USUAL, hasColors: true }).lines.join(""), color);
  assertEquals(color.test(screenOf(stateOf(["a:1"]), USUAL).lines.join("")), false);
});
