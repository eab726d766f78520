import { assertEquals } from "@std/assert";
import { keysOf } from "../../../lib/queue/top/keys.ts";

Deno.test("keysOf() names keys, splits several in one read, and ignores unknown ones", () => {
  assertEquals(keysOf("\x1b[A\x1bOBq"), ["up", "down", "q"]);
  assertEquals(keysOf("\r\t\x7f\x03\x1a\x1b"), ["enter", "tab", "backspace", "ctrl-c", "ctrl-z", "escape"]);
  assertEquals(keysOf("\x1b[5~\x1b[6~\x1b[15~\x1b[1;5C"), ["page-up", "page-down"]);
  assertEquals(keysOf("é\x00\x1c日"), ["é", "日"]);
});
